"""The classify page's folds: how reliable the set and the image check are."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.inference.fitted import ImageCheck
from core.inference.pipeline import Pipeline
from core.store.fitted_facts import Conformal
from dashboard.text.prediction import (
    image_check_rule,
    image_check_sentence,
    image_check_table,
    set_limits,
    set_table,
)


def _fold(label: str, icon: str, key: str, show: Callable[[], None]) -> None:
    """Show an expander that is filled once it is opened; it is seldom read, and would be drawn for each image."""
    fold = st.expander(label, icon=f":material/{icon}:", key=f"fold-{key}", on_change="rerun")
    if fold.open:
        with fold:
            show()


def show_set(name: str, members: Sequence[str], facts: Conformal) -> None:
    """Offer what the shortlist of diagnoses is worth.

    Args:
        name: Of the model.
        members: Diagnoses on the shortlist.
        facts: Of its conformal sets.
    """

    def show() -> None:
        st.markdown(set_limits(facts, with_table=True))
        st.dataframe(set_table(members, facts), hide_index=True, key=f"set-{name}")

    _fold("How reliable is the shortlist?", "rule", f"set-{name}", show)


def show_image_check(pipeline: Pipeline) -> None:
    """Offer how often the image check is right, or say that there is none."""
    check = pipeline.fitted.check
    if check:
        _fold("How reliable is the image check?", "fact_check", "image-check", lambda: _show_rates(check))
    else:
        st.caption(f"{pipeline.name} has no image check: it gives a prediction for any image.")


def _show_rates(check: ImageCheck) -> None:
    st.markdown(image_check_sentence(check.network.name))
    st.dataframe(image_check_table(check.facts), hide_index=True, key="image-check")
    st.caption(image_check_rule())
