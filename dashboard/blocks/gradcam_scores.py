"""The Grad-CAM page's upper blocks: what the heatmaps are worth, from the committed tables, without any picture."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.evaluation.bootstrap import DRAWS
from core.serving.cam_summary import ALL
from dashboard import explain_loaders
from dashboard.blocks.gradcam_checks import show_checks
from dashboard.charts.cam_scores import by_diagnosis, fits
from dashboard.charts.words import amount
from dashboard.widgets import chart_block, plain_errors

SCORES = {"energy": "Heat inside", "pointing": "Hottest point", "iou": "Overlap"}
WHAT = {
    "energy": "What share of the heatmap lies inside the lesion?",
    "pointing": "Does the hottest point lie inside the lesion?",
    "iou": "How far does the lesion overlap with as many of the hottest pixels as it has itself (intersection over "
    "union)?",
}
TARGETS = {"predicted": "Model's answer", "true": "True diagnosis"}
AGAINST = {True: "Against the middle", False: "As it is"}


class Choice(NamedTuple):
    """What is scored.

    Attributes:
        score: Key of SCORES.
        target: Key of TARGETS.
    """

    score: str
    target: str


def pick_score() -> Choice:
    """Which score of which heatmap."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        score = st.segmented_control(
            "Score", list(SCORES), default="energy", required=True, key="score", format_func=SCORES.get,
            bind="query-params",
        )  # fmt: skip
        target = st.segmented_control(
            "Heatmap for", list(TARGETS), default="predicted", required=True, key="scored", format_func=TARGETS.get
        )
    return Choice(str(score), str(target))


def show_scores() -> None:
    """All models side by side, then one by diagnosis; a sentence where nothing is scored yet."""
    read = explain_loaders.scores()
    for fault in read.faults.values():
        st.warning(fault, icon=":material/broken_image:")
    if not read.tables:
        st.info("No model's heatmaps are scored yet.", icon=":material/straighten:")
        st.code("python -m core explain NAME", language="bash")
        return
    st.subheader("Do the heatmaps find the lesion?")
    choice = pick_score()
    table = explain_loaders.summary()
    st.markdown(
        f"{WHAT[choice.score]} Lesions sit in the middle of their pictures, so any map that is hot there scores well: "
        "each model stands beside one fixed spot in the middle, fitted on training masks, and beside even heat."
    )
    chart = fits(table, *choice)
    chart_block(*chart, key="cam-fits", source=source_line(table))
    st.subheader("Right against wrong")
    name = _show_diagnoses(table, choice)
    st.subheader("Do the answers rest on it?")
    with plain_errors():
        show_checks(name)


def _show_diagnoses(table: pd.DataFrame, choice: Choice) -> str:
    names = table["model"].unique().tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.session_state.get("model")
        name = st.selectbox(
            "Model", names, index=names.index(asked) if asked in names else 0, key="scored-model", width=300
        )
        against = st.segmented_control(
            "Show", list(AGAINST), default=True, required=True, key="against", format_func=AGAINST.get
        )
    chart = by_diagnosis(table, str(name), *choice, against=bool(against))
    chart_block(*chart, key="cam-diagnoses", source=source_line(table[table["model"] == name]))
    st.caption(
        "Filled: the model is right; hollow: it is wrong. Right and wrong pictures show lesions of different size, "
        "which alone moves the score; against the middle spot on the same pictures that is taken out for the most "
        "part. Of many intervals at 95 %, one in twenty misses by chance."
    )
    return str(name)


def source_line(table: pd.DataFrame) -> str:
    """Which pictures the scores are of, and what was left out."""
    rows = table[(table["dx"] == ALL) & (table["side"] == ALL)].drop_duplicates("model")
    sizes = rows[["pictures", "lesions"]].drop_duplicates().to_dict("records")
    each = " or ".join(f"n = {amount(s['pictures'], 'pictures')} of {amount(s['lesions'], 'lesions')}" for s in sizes)
    none = " or ".join(f"{n:,}" for n in sorted(set(rows["without"])))
    return (
        f"HAM10000, test split, by lesion, {each}, Grad-CAM at the last convolution by the served models against the "
        f"lesion masks of Tschandl et al. 2020; pictures without positive evidence ({none}) count in no mean; 95 % "
        f"intervals from {DRAWS:,} resamples of lesions"
    )
