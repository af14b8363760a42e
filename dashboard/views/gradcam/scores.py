"""The Grad-CAM page's tab on scores: how well the heatmaps fit the lesions, from the committed tables."""

import pandas as pd
import streamlit as st

from core.explain.study.aims import AIMS
from core.explain.study.summary import ALL
from core.inference.heatmaps import METHODS, HeatmapMethod
from dashboard.caches import explain, heatmaps
from dashboard.charts.cam_scores import by_diagnosis, fits
from dashboard.components.drawn import drawn
from dashboard.components.widgets import LINE_WIDTH, chart_block, download_table, folded_table
from dashboard.text.cam_methods import (
    PLACES,
    aims_sentence,
    methods_sentence,
    methods_source,
    methods_table,
    served_table,
)
from dashboard.text.cam_scores import fits_table
from dashboard.text.leaderboard import INTERVALS, sizes
from dashboard.text.models import model_label
from dashboard.text.phrases import listed
from dashboard.views.gradcam.checks import CHECKS_SOURCE, show_checks_table
from dashboard.views.gradcam.image import Display, method_note, method_option

QUESTIONS = {
    "energy": "What share of the heatmap lies inside the lesion?",
    "pointing": "Does the hottest point lie inside the lesion?",
    "iou": "How far does the lesion overlap with equally many of the hottest pixels (intersection over union)?",
}
OTHER_HELP = (
    "Score of the heatmaps that the same model shows for other images (four, of other lesions), against this image's "
    "lesion: they are as coarse and as central, but know nothing of this image."
)
AIMS_HELP = f"On average over the test images: {'; '.join(aim.text for aim in AIMS)}."
SPOT_HELP = "A fixed spot in the middle of every image, fitted on the masks of the training images."
CLEAR_HELP = (
    "After Holm's correction: among many models, some differences look clear by chance, so more evidence is asked for."
)
HELP = {
    "Heatmap": st.column_config.TextColumn(help="Mean score of the model's heatmaps."),
    "Another image's": st.column_config.TextColumn(help=OTHER_HELP),
    "Heatmap minus another's": st.column_config.TextColumn(help="In percentage points, on the same images."),
    "Against another's": st.column_config.TextColumn(help=CLEAR_HELP),
    "Central spot": st.column_config.TextColumn(help=SPOT_HELP),
    "Uniform map": st.column_config.TextColumn(help="Score of a map with the same value everywhere."),
    "Heatmap minus spot": st.column_config.TextColumn(help="In percentage points, on the same images."),
    "Against the spot": st.column_config.TextColumn(help=CLEAR_HELP),
    "Right minus wrong": st.column_config.TextColumn(help="Images predicted right minus images predicted wrong."),
    "Aims reached": st.column_config.TextColumn(help=AIMS_HELP),
    "Right minus wrong, minus another's": st.column_config.TextColumn(
        help="The same after subtracting other images' scores, which removes most of the effect of lesion size."
    ),
}
SERVED_HELP = {
    "Heat inside": st.column_config.TextColumn(help="Share of the heatmap inside the lesion."),
    "Hottest point inside": st.column_config.TextColumn(help="Share of images whose hottest point is inside."),
    "Overlap": st.column_config.TextColumn(
        help="Of the lesion with equally many of the hottest pixels (intersection over union)."
    ),
    "Minus another image's": st.column_config.TextColumn(help=f"Heat inside, less that of: {OTHER_HELP}"),
    "Minus the central spot": st.column_config.TextColumn(help=f"Heat inside, less that of: {SPOT_HELP}"),
    "Aims reached": st.column_config.TextColumn(help=AIMS_HELP),
}
METHODS_HELP = {
    "Grid": st.column_config.TextColumn(help="Rows and columns of the heatmap."),
    "Insertion": st.column_config.TextColumn(help="Area under the insertion curve; higher is better."),
    "Deletion": st.column_config.TextColumn(help="Area under the deletion curve; lower is better."),
    "Weights shuffled": st.column_config.TextColumn(
        help="Rank correlation with the heatmap of the same network with all weights shuffled; should be near 0."
    ),
    "Accuracy": st.column_config.TextColumn(help="Of the network as the method runs it, on the image as it is."),
    "Time": st.column_config.TextColumn(
        help="Forward passes in the exported graph, as a multiple of one for Grad-CAM. Classify runs four flips anyway."
    ),
}
AGAINST = {True: "Minus another image's", False: "Heatmap alone"}


def start() -> dict[str, object]:
    """Return where this tab's controls stand at first, by their keys."""
    return {"against": True}


def show_scores(name: str, display: Display) -> None:
    """Compare all models, then show one by diagnosis.

    Args:
        name: The model whose diagnoses are shown.
        display: Which score of which heatmap.
    """
    read = explain.scores(display.method)
    for fault in read.faults.values():
        st.warning(fault, icon=":material/broken_image:")
    if not read.tables:
        st.info(f"No model's heatmaps by {display.method} are scored yet.", icon=":material/straighten:")
        st.code(f"python -m core explain heatmaps NAME{method_option(display.method)}", language=None)
        return
    table = explain.summary(display.method)
    st.markdown(
        f"{QUESTIONS[display.score]} Lesions usually lie in the middle of the image, so any map that is hot there "
        "scores well. Compare each model first with the heatmaps that it shows for other images, then with a fixed "
        "central spot, fitted on training masks, and with a uniform map."
    )
    chart = drawn(fits, table, display.score, display.target)
    chart_block(
        *chart, key="cam-fits", title="Do the heatmaps find the lesion?", source=source_line(table, display.method)
    )
    folded_table("Table: all models", "cam-fits-fold", lambda: _show_models(table, display))
    if name in read.tables:
        _show_diagnoses(table, name, display)
    elif heatmaps.method_of(name, display.method) == display.method:
        st.info(f"The heatmaps of {model_label(name)} are not scored yet.", icon=":material/straighten:")
        st.code(f"python -m core explain heatmaps {name}{method_option(display.method)}", language=None)
    else:
        method_note(name, display)
    _show_methods(name, display)


def _show_methods(name: str, display: Display) -> None:
    """Compare the ways in which the app explains the model's predictions, then others, if that was done."""
    st.markdown(f"## Methods compared: {model_label(name)}")
    by = heatmaps.method_of(name, display.method)
    summaries = {method: explain.model_summary(name, method) for method in METHODS}
    rows = served_table(summaries, name, display.target)
    if len(rows):
        st.dataframe(rows, hide_index=True, key="cam-served-table", column_config=SERVED_HELP, height="content")
    st.markdown(aims_sentence(summaries[by], name, by, display.target), width=LINE_WIDTH)
    if len(rows):
        st.caption(source_line(summaries[by], by))
    if checks := {method: table for method in METHODS if (table := explain.checks(name, method)) is not None}:
        st.markdown("Does the prediction rest on what each method marks, and does the heatmap show what was learned?")
        show_checks_table(checks, "Method", "cam-method-checks")
        st.caption(f"{CHECKS_SOURCE}; the Checks tab shows the curves.")
    if (methods := explain.methods(name)) is not None:
        folded_table(
            "Table: other methods, on validation images", "cam-methods-fold", lambda: _methods_table(name, methods)
        )


def _methods_table(name: str, methods: pd.DataFrame) -> None:
    st.dataframe(
        methods_table(methods), hide_index=True, key="cam-methods-table", column_config=METHODS_HELP, height="content"
    )
    st.markdown(methods_sentence(methods))
    st.caption(f"{methods_source(methods)} Computed offline by `python -m core explain methods {name}`.")
    download_table(methods, f"cam_methods_{name}")


def _show_models(table: pd.DataFrame, display: Display) -> None:
    rows = fits_table(table, display.score, display.target)
    st.dataframe(rows, hide_index=True, key="cam-fits-table", column_config=HELP, height="content")


def _show_diagnoses(table: pd.DataFrame, name: str, display: Display) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"## Right and wrong predictions: {model_label(name)}", width="stretch")
        against = st.segmented_control(
            "Show", list(AGAINST), default=True, required=True, key="against", format_func=AGAINST.__getitem__,
            label_visibility="collapsed", bind="query-params",
        )  # fmt: skip
    chart = drawn(by_diagnosis, table, name, display.score, display.target, against=bool(against))
    chart_block(*chart, key="cam-diagnoses", source=source_line(table[table["model"] == name], display.method))
    st.caption(
        "Filled: the model is right; hollow: it is wrong. Lesion size alone changes the score; subtracting other "
        "images' heatmaps on the same lesions removes most of that. About one in twenty intervals misses the truth."
    )


def source_line(table: pd.DataFrame, method: HeatmapMethod) -> str:
    """Name the images behind the scores, and what was left out."""
    rows = table[(table["dx"] == ALL) & (table["outcome"] == ALL)].drop_duplicates("model")
    part = [name for name in rows["model"] if explain.is_sample(str(name), method)]
    drawn = f" ({listed(part)}: a random part of the test images)" if part else ""
    counts = [f"{n:,}" for n in sorted(set(rows["without"]))]
    none = counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} or {counts[-1]}, depending on the model"
    return (
        f"HAM10000, test split, by lesion, {sizes(rows)}{drawn}; {PLACES[method]} against the lesion "
        f"masks of Tschandl et al. 2020; images with an empty heatmap ({none}) are left out; {INTERVALS}"
    )
