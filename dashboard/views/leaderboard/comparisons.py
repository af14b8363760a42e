"""The leaderboard's tab on wrong protocols and chance: wrong labels, leaking lesions, another seed."""

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


def show_comparisons() -> None:
    """Show the comparisons, one at a time."""
    try:
        table = evaluation.comparisons()
    except UserError:
        st.info(
            "There are no paired runs yet; the commands are in trained_models/README.md.", icon=":material/compare:"
        )
        return
    kinds = [kind for kind in QUESTIONS if kind in set(table["kind"])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Question", kinds, default=kinds[0], required=True, key="pair", format_func=QUESTIONS.__getitem__,
            bind="query-params",
        )  # fmt: skip
        rows = table[table["kind"] == kind]
        measures = [name for name in METRICS if name in set(rows["measure"])]
        measure = st.selectbox(
            "Metric", measures, index=measures.index("accuracy") if kind == "leak" else 0, key=f"pair-measure-{kind}",
            bind="query-params",
            format_func=lambda name: METRICS[name].label, width=260,
        )  # fmt: skip
    st.markdown(TEXTS[kind])
    source = f"{test_set(rows[rows['images_of'] == 'all'].head(1))}; {INTERVALS}, paired"
    chart_block(*drawn(paired_runs, table, kind, measure), key=f"pairs-{kind}", source=source)
    page_link("lesson", "Lesson: how a leaky split inflates the score", step="same_lesion")
