"""The Grad-CAM page's checks of one model: do its predictions rest on the lesion and on what heatmaps mark?"""

from collections.abc import Callable, Mapping
from contextlib import suppress

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.study.check_rows import RANDOMISATION
from core.explain.study.checks import COVERED, CURVES
from core.inference.heatmaps import HeatmapMethod
from dashboard.caches import evaluation, explain, heatmaps
from dashboard.charts.cam_checks import covers, curves, randomized
from dashboard.charts.comparisons import paired_runs
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, folded_table, open_tab
from dashboard.text.cam_checks import CURVE_TITLES, Name, checks_table
from dashboard.text.cam_methods import PLACES
from dashboard.text.format import count
from dashboard.text.leaderboard import INTERVALS, test_set
from dashboard.text.models import member_sentence, model_label
from dashboard.views.gradcam.image import Display, method_note, method_option

TABS = ("Lesion covered", "Pixels in and out", "Weights randomized")
TEXTS = (
    "Part of each image is painted over in the colour of the surrounding skin. What the model still gets right doesn't "
    "come from inside the lesion. The outline remains visible, so a second test covers the bounding box.",
    "Insertion: a blurred image is sharpened pixel by pixel, the hottest pixels first. Deletion: a sharp image is "
    "blurred in that order. If a heatmap marks what the prediction depends on, the probability rises, or falls, sooner "
    "than in other orders.",
    "The model's weights are shuffled step by step, starting at the output; a shuffled layer stays shuffled. A heatmap "
    "that doesn't change shows the image and not what the model learned. An ensemble's members are shuffled together, "
    "each down to the same share of its layers.",
)
TRAINED = (
    "A model has never seen painted-over images, so the chart above shows little of what could be learned from them. "
    "Here the same network was trained and tested on each kind of image: whole, with the lesion painted black to its "
    "outline, and under a black box that covers 70% of every image, so that its size says nothing about the lesion."
)

CHECKS_HELP = {
    CURVE_TITLES["insertion"]: st.column_config.TextColumn(
        help="Area under the insertion curve in the order of the heatmap, minus that in the order of another image's; "
        "above zero, the heatmap marks what the prediction rests on."
    ),
    CURVE_TITLES["deletion"]: st.column_config.TextColumn(
        help="The same for the deletion curve; below zero, the heatmap marks what the prediction rests on."
    ),
    "Weights shuffled": st.column_config.TextColumn(
        help="Rank correlation with the heatmap of the same model with all weights shuffled."
    ),
    "Another image": st.column_config.TextColumn(
        help="Rank correlation of two images' heatmaps; with shuffled weights it should be no higher."
    ),
    "Images": st.column_config.TextColumn(help="For insertion and deletion, and for shuffled weights."),
    "Passed": st.column_config.TextColumn(
        help="Insertion and deletion: the 95% interval excludes zero. Weights: no more similar than another image's. "
        "What is undefined doesn't count: there the heatmaps show nothing once all weights are shuffled."
    ),
}
CHECKS_SOURCE = f"HAM10000, test split, by lesion, images drawn at random, at most one per lesion; {INTERVALS}"


def show_checks(name: str, display: Display) -> None:
    """Show a model's checks, one tab each.

    Args:
        name: The model.
        display: Which heatmaps are checked, if the model offers them.

    Raises:
        UserError: The model's files are faulty.
    """
    by = heatmaps.method_of(name, display.method)
    method_note(name, display)
    shows: dict[str, Callable[[], None]] = {
        TABS[0]: lambda: _with_table(name, "Grad-CAM", TEXTS[0], _covered),
        TABS[1]: lambda: _with_table(name, by, TEXTS[1], _curves),
        TABS[2]: lambda: _with_table(name, by, TEXTS[2], _randomized),
    }
    open_tab(shows, "checks")
    folded_table("Table: all models", "cam-checks-fold", lambda: _show_models(display.method))


def _show_models(method: HeatmapMethod) -> None:
    """Compare all models whose heatmaps by a method were checked."""
    show_checks_table(explain.all_checks(method), "Model", "cam-checks-table")
    st.caption(f"{PLACES[method]}. {CHECKS_SOURCE}")


def show_checks_table(tables: Mapping[Name, pd.DataFrame], head: str, key: str) -> None:
    """Show what the checks that depend on heatmaps found, one row per table."""
    rows = checks_table(tables, head)
    st.dataframe(rows, hide_index=True, key=key, column_config=CHECKS_HELP, height="content")


def _with_table(
    name: str, method: HeatmapMethod, text: str, show: Callable[[pd.DataFrame, HeatmapMethod], None]
) -> None:
    """Show a check of a model, or of an ensemble's first member if the ensemble has none; else how to run it."""
    st.markdown(text)
    table = explain.checks(name, method)
    if table is None and (members := explain.members(name)):
        st.info(member_sentence(members[0], "checks"), icon=":material/rule:")
        name, table = members[0], explain.checks(members[0], method)
    if table is None:
        st.info(f"The checks of {model_label(name)} have not been run yet.", icon=":material/rule:")
        st.code(f"python -m core explain checks {name}{method_option(method)}", language=None)
        return
    show(table, method)


def _covered(table: pd.DataFrame, _method: HeatmapMethod) -> None:
    chart_block(*drawn(covers, table), key="cam-covered", source=_source(table, COVERED, "Bissoto et al. 2019"))
    _trained_covered()


def _trained_covered() -> None:
    """Show networks that were also trained on covered images, if there are any."""
    with suppress(UserError):
        pairs = evaluation.comparisons()
        rows = pairs[(pairs["kind"] == "cover") & (pairs["measure"] == "balanced_accuracy")]
        if rows.empty:
            return
        st.markdown(f"## Trained without lesions: {model_label(rows['model'].iloc[0])}")
        st.markdown(TRAINED)
        source = f"{test_set(rows.head(1))}, lesions that the box covers; method: Bissoto et al. 2019; {INTERVALS}"
        chart_block(*drawn(paired_runs, pairs, "cover", "balanced_accuracy"), key="trained-covered", source=source)


def _curves(table: pd.DataFrame, method: HeatmapMethod) -> None:
    for column, check in zip(st.columns(2, gap="medium"), CURVES, strict=True):
        with column:
            source = _source(table, check, "Petsiuk et al. 2018, with a blurred image as baseline", method)
            chart_block(*drawn(curves, table, check), key=f"cam-{check}", title=check.capitalize(), source=source)


def _randomized(table: pd.DataFrame, method: HeatmapMethod) -> None:
    if not (table["check"] == RANDOMISATION).any():
        st.info("This model was added without weights that could be shuffled.", icon=":material/rule:")
        return
    source = _source(table, RANDOMISATION, "Adebayo et al. 2018", method)
    chart_block(*drawn(randomized, table, method), key="cam-randomized", source=source)


def _source(table: pd.DataFrame, check: str, after: str, method: HeatmapMethod | None = None) -> str:
    n = int(table.loc[table["check"] == check, "images"].max())
    drawn = ", in random order" if check == COVERED else ", drawn at random, at most one per lesion"
    seeds = int(table.loc[table["check"] == check, "seeds"].max())
    if check == RANDOMISATION:
        drawn += f", {'one layer a step' if seeds > 1 else 'several layers a step'}, {count(seeds, 'random seeds')}"
    both = " and seeds" if seeds > 1 else ""
    of = f"; {PLACES[method]}" if method else ""
    return f"HAM10000, test split, by lesion, n = {count(n)}{drawn}{of}; check: {after}; {INTERVALS}{both}"
