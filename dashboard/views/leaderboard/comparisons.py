"""The leaderboard page's block on wrong protocols: what mislabelled pictures and leaking lesions are worth."""

import streamlit as st

from core.errors import UserError
from core.evaluation.comparisons import load_comparisons
from core.evaluation.metrics import METRICS
from core.stats import DRAWS
from dashboard.charts.comparisons import paired_runs
from dashboard.components.widgets import chart_block
from dashboard.navigation import page_link
from dashboard.text.phrases import amount

QUESTIONS = {
    "labels": "What do wrong labels cost?",
    "leak": "What is a leaking split worth?",
}
TEXTS = {
    "labels": "The notebook balanced its training set with SMOTE over metadata and gave each synthetic row the picture "
    "of any training image. Both runs see as many rows and steps; in one, each synthetic row has a picture of its own "
    "diagnosis. Trained on the lesion split, for fewer steps than the models above.",
    "leak": "One recipe, trained twice on as many pictures: once on a split over images, where other pictures of a "
    "test lesion may stand in training, and once on a split over lesions. Both are scored on the pictures that are on "
    "the test side of both splits.",
}


def show_comparisons() -> None:
    """Both comparisons, one at a time."""
    try:
        table = load_comparisons()
    except UserError:
        st.info("No paired runs are there yet; trained_models/README.md has the commands.", icon=":material/compare:")
        return
    kinds = [kind for kind in QUESTIONS if kind in set(table["kind"])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Question", kinds, default=kinds[0], required=True, key="pair", format_func=QUESTIONS.get,
            bind="query-params",
        )  # fmt: skip
        rows = table[table["kind"] == kind]
        measures = [name for name in METRICS if name in set(rows["measure"])]
        measure = st.selectbox(
            "Measure", measures, index=measures.index("accuracy") if kind == "leak" else 0, key=f"pair-measure-{kind}",
            format_func=lambda name: METRICS[name].label, width=260,
        )  # fmt: skip
    st.markdown(TEXTS[kind])
    size = rows[rows["pictures_of"] == "all"].iloc[0]
    count = f"n = {amount(size['pictures'], 'pictures')} of {amount(size['lesions'], 'lesions')}"
    source = f"HAM10000, test split, by lesion, {count}; 95% intervals from {DRAWS:,} resamples of lesions, paired"
    chart_block(*paired_runs(table, kind, measure), key=f"pairs-{kind}", source=source)
    page_link("split_resampling", "The lesson on this, step by step", step="1")
