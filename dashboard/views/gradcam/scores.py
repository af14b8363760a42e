"""The Grad-CAM page's upper blocks: what the heatmaps are worth, from the committed tables, without any picture."""

import pandas as pd
import streamlit as st

from core.explain.study.findings import findings
from core.explain.study.summary import ALL
from core.stats import DRAWS
from dashboard.caches import explain
from dashboard.charts.cam_scores import by_diagnosis, fits
from dashboard.components.widgets import chart_block
from dashboard.text.phrases import amount, listed
from dashboard.views.gradcam.picture import Look

WHAT = {
    "energy": "What share of the heatmap lies inside the lesion?",
    "pointing": "Does the hottest point lie inside the lesion?",
    "iou": "How far does the lesion overlap with as many of the hottest pixels as it has itself (intersection over "
    "union)?",
}


AGAINST = {True: "Against the middle", False: "As it is"}


def show_scores(name: str, look: Look) -> None:
    """All models side by side, then one by diagnosis; a sentence where nothing is scored yet.

    Args:
        name: The model whose diagnoses are shown.
        look: Which score of which heatmap.
    """
    read = explain.scores()
    for fault in read.faults.values():
        st.warning(fault, icon=":material/broken_image:")
    if not read.tables:
        st.info("No model's heatmaps are scored yet.", icon=":material/straighten:")
        st.code("python -m core explain heatmaps NAME", language=None)
        return
    table = explain.summary()
    st.markdown(
        f"{WHAT[look.score]} Lesions sit in the middle of their pictures, so any map that is hot there scores well: "
        "each model stands beside one fixed spot in the middle, fitted on training masks, and beside even heat."
    )
    chart = fits(table, look.score, look.target)
    chart_block(*chart, key="cam-fits", title="Do the heatmaps find the lesion?", source=source_line(table))
    with st.expander("Findings for every model", icon=":material/lightbulb:"):
        said = findings(table, look.score, look.target)
        st.markdown("\n".join(f"- {each}" for each in said))
    if name in read.tables:
        _show_diagnoses(table, name, look)
    else:
        st.info(f"The heatmaps of {name} are not scored yet.", icon=":material/straighten:")
        st.code(f"python -m core explain heatmaps {name}", language=None)


def _show_diagnoses(table: pd.DataFrame, name: str, look: Look) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"##### Right against wrong: {name}", width="stretch")
        against = st.segmented_control(
            "Show", list(AGAINST), default=True, required=True, key="against", format_func=AGAINST.get,
            label_visibility="collapsed",
        )  # fmt: skip
    chart = by_diagnosis(table, name, look.score, look.target, against=bool(against))
    chart_block(*chart, key="cam-diagnoses", source=source_line(table[table["model"] == name]))
    st.caption(
        "Filled: the model is right; hollow: it is wrong. Right and wrong pictures show lesions of different size, "
        "which alone moves the score; against the middle spot on the same pictures that is taken out for the most "
        "part. Of many intervals at 95%, one in twenty misses by chance."
    )


def source_line(table: pd.DataFrame) -> str:
    """Which pictures the scores are of, and what was left out."""
    rows = table[(table["dx"] == ALL) & (table["side"] == ALL)].drop_duplicates("model")
    sizes = rows[["pictures", "lesions"]].drop_duplicates().to_dict("records")
    each = " or ".join(f"n = {amount(s['pictures'], 'pictures')} of {amount(s['lesions'], 'lesions')}" for s in sizes)
    part = [name for name in rows["model"] if explain.is_sample(str(name))]
    drawn = f" ({listed(part)}: a part of the test pictures, drawn at random)" if part else ""
    none = " or ".join(f"{n:,}" for n in sorted(set(rows["without"])))
    return (
        f"HAM10000, test split, by lesion, {each}{drawn}, Grad-CAM at the last convolution by the served models "
        f"against the lesion masks of Tschandl et al. 2020; pictures without positive evidence ({none}) count in no "
        f"mean; 95% intervals from {DRAWS:,} resamples of lesions"
    )
