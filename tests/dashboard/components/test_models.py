"""Models are picked by their names; the address may hold their keys."""

import pytest
from streamlit.testing.v1 import AppTest

NAMES = ("baseline_cnn", "efficientnet_lite0", "mine (yours)")


def _page() -> None:
    import streamlit as st

    from dashboard.components.models import pick_model
    from tests.dashboard.components.test_models import NAMES

    st.markdown(str(pick_model("Model", NAMES, "model")))
    st.markdown(str(pick_model("Compare with", NAMES[1:], "other", none="No other model")))


def _open(**query: str) -> AppTest:
    page = AppTest.from_function(_page)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def _picked(page: AppTest) -> list[str]:
    return [each.value for each in page.markdown]


def test_the_list_shows_names_for_people() -> None:
    page = _open()
    assert page.selectbox("model").options == ["Baseline CNN", "EfficientNet-Lite0", "mine (yours)"]
    assert page.selectbox("other").options[0] == "No other model"
    assert _picked(page) == ["baseline_cnn", "None"]


@pytest.mark.parametrize("given", ["efficientnet_lite0", "EfficientNet-Lite0"])
def test_the_address_may_hold_the_key_or_the_name(given: str) -> None:
    page = _open(model=given, other=given)
    assert _picked(page) == ["efficientnet_lite0", "efficientnet_lite0"]
    for name in ("model", "other"):  # else a link that is copied loses it; AppTest has a list of what a page wrote
        assert page.query_params[name] in ("EfficientNet-Lite0", ["EfficientNet-Lite0"])


@pytest.mark.parametrize("given", ["nonsense", "<b>", ""])
def test_any_other_address_is_ignored(given: str) -> None:
    assert _picked(_open(model=given)) == ["baseline_cnn", "None"]


def test_what_is_picked_later_wins_over_the_address() -> None:
    page = _open(model="mine (yours)")
    page.selectbox("model").select("baseline_cnn").run()
    assert _picked(page)[0] == "baseline_cnn"
