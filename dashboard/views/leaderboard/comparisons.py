"""The leaderboard's tab on wrong protocols and chance: wrong labels, leaking lesions, another seed."""

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.evaluation.metrics import METRICS
from dashboard.caches import evaluation
from dashboard.charts.comparisons import paired_runs
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block
from dashboard.navigation import page_link
from dashboard.text.leaderboard import INTERVALS, test_set

QUESTIONS = {
    "labels": "How much do wrong labels cost?",
    "leak": "How much does a leaky split inflate the score?",
    "seed": "How far do two trainings differ?",
}
TEXTS = {
    "labels": "A public Kaggle notebook balanced its training set with SMOTE on metadata and gave each synthetic row a "
    "random training image. Here one run does the same, and the other gives each synthetic row an image of its own "
    "diagnosis. Both use the lesion split and the same number of rows and steps, fewer than the models above.",
    "leak": "The same recipe is trained twice on the same number of images: once with a split by image, where other "
    "images of a test lesion can be in the training set, and once with a split by lesion. Both are scored on the "
    "images that are in the test set of both splits.",
    "seed": "One recipe is trained twice on the same images. Only the seed differs, which decides the first weights of "
    "the last layer, the order of the images and how each is rotated, cropped and recolored.",
}


MEASURE = "pair-measure-"
"""Beginning of the keys of the controls for the metric, one for each question."""


def start() -> dict[str, object]:
    """Return where the controls stand at first, by their keys."""
    try:
        table = evaluation.comparisons()
    except UserError:
        return {}
    asked = {str(key): str(key).removeprefix(MEASURE) for key in st.session_state if str(key).startswith(MEASURE)}
    return {"pair": _kinds(table)[0], **{key: _measures(table, kind)[0] for key, kind in asked.items()}}


def _kinds(table: pd.DataFrame) -> list[str]:
    return [kind for kind in QUESTIONS if kind in set(table["kind"])]


def _measures(table: pd.DataFrame, kind: str) -> list[str]:
    """List the metrics of a question's runs, first the one that is shown at first."""
    there = set(table.loc[table["kind"] == kind, "measure"])
    return sorted((name for name in METRICS if name in there), key=lambda name: kind == "leak" and name != "accuracy")


def show_comparisons() -> None:
    """Show the comparisons, one at a time."""
    try:
        table = evaluation.comparisons()
    except UserError:
        st.info(
            "There are no paired runs yet; the commands are in trained_models/README.md.", icon=":material/compare:"
        )
        return
    kinds = _kinds(table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Question", kinds, default=kinds[0], required=True, key="pair", format_func=QUESTIONS.__getitem__,
            bind="query-params",
        )  # fmt: skip
        rows = table[table["kind"] == kind]
        measure = st.selectbox(
            "Metric", _measures(table, kind), key=f"{MEASURE}{kind}", bind="query-params",
            format_func=lambda name: METRICS[name].label, width=260,
        )  # fmt: skip
    st.markdown(TEXTS[kind])
    source = f"{test_set(rows[rows['images_of'] == 'all'].head(1))}; {INTERVALS}, paired"
    chart_block(*drawn(paired_runs, table, kind, measure), key=f"pairs-{kind}", source=source)
    page_link("lesson", "Lesson: how a leaky split inflates the score", step="same_lesion")
