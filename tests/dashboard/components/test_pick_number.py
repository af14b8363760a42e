"""A number that stands in the address, and the button for the next one."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.pick_number import MOST


def page() -> None:
    import streamlit as st

    from dashboard.components.pick_number import pick_number

    st.write(f"Number {pick_number('Number', 'Another', 'example', 'another')}.")


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(page)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_the_next_one_and_its_address() -> None:
    app = opened()
    assert app.markdown[0].value == "Number 1." and not app.query_params
    app.button("another").click().run()
    assert app.markdown[0].value == "Number 2." and app.query_params["example"] == "2"


def test_after_the_last_one_the_first() -> None:
    app = opened(example=str(MOST))
    assert app.markdown[0].value == f"Number {MOST}."
    app.button("another").click().run()
    assert app.markdown[0].value == "Number 1."


@pytest.mark.parametrize("value", ["", "0", "-3", "1e9", "seven", "nan", "1;DROP"])
def test_nonsense_is_the_first_one(value: str) -> None:
    app = opened(example=value)
    assert app.markdown[0].value == "Number 1."
