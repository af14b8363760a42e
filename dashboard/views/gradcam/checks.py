"""The Grad-CAM page's checks of one model: do its predictions rest on the lesion and on what heatmaps mark?"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.methods import SERVED
from core.explain.study.check_rows import RANDOMISATION
from core.explain.study.checks import COVERED, CURVES
from dashboard.caches import evaluation, explain
from dashboard.charts.cam_checks import covers, curves, randomized
from dashboard.charts.comparisons import paired_runs
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, open_tab
from dashboard.text.evaluation import INTERVALS, test_set
from dashboard.text.format import count
from dashboard.text.models import member_sentence

TABS = ("Lesion covered", "Pixels in and out", "Weights randomized")
TEXTS = (
    "Part of each image is painted over in the colour of the surrounding skin. What the model still predicts with the "
    "lesion covered can't come from the lesion. Its outline remains visible, so a second test covers the bounding "
    "box.",
    "Insertion: a blurred image is sharpened pixel by pixel, the hottest pixels first. Deletion: the other way round. "
    "If a heatmap marks what the prediction depends on, the probability rises, or falls, sooner than in other orders.",
    "The model's weights are shuffled step by step, starting at the output; a shuffled layer stays shuffled. A heatmap "
    "that doesn't change shows the image and not what the model learned. An ensemble's members are shuffled together, "
    "each down to the same share of its layers.",
)
TRAINED = (
    "A model has never seen painted-over images, so the chart above shows little of what could be learned from them. "
    "Here the same network was trained and tested on each kind of image: whole, with the lesion painted black to its "
    "outline, and under a black box that covers 70% of every image, so that its size says nothing about the lesion."
)


def show_checks(name: str) -> None:
    """Show a model's checks, one tab each."""
    table = explain.checks(name)
    if table is None and (members := explain.members(name)):
        st.info(member_sentence(members[0], "checks"), icon=":material/rule:")
        name, table = members[0], explain.checks(members[0])
    if table is None:
        st.info(f"The checks of {name} have not been run yet.", icon=":material/rule:")
        st.code(f"python -m core explain checks {name}", language=None)
        return
    _name_method(name)
    shows = zip(TABS, TEXTS, (_covered, _curves, _randomized), strict=True)
    open_tab({title: partial(_explained, text, show, table) for title, text, show in shows}, "checks")


def _name_method(name: str) -> None:
    """Say that the checks are of Grad-CAM, and where those of LayerCAM stand, if there are any."""
    methods = explain.methods(name)
    if methods is not None and (methods["method"] == SERVED.name).any():
        st.caption(
            "The heatmaps of these checks are Grad-CAM's. For LayerCAM, the table of methods on the Scores tab has "
            "insertion, deletion and shuffled weights."
        )


def _explained(text: str, show: Callable[[pd.DataFrame], None], table: pd.DataFrame) -> None:
    st.markdown(text)
    show(table)


def _covered(table: pd.DataFrame) -> None:
    chart_block(*drawn(covers, table), key="cam-covered", source=_source(table, COVERED, "Bissoto et al. 2019"))
    _trained_covered()


def _trained_covered() -> None:
    """Show networks that were also trained on covered images, if there are any."""
    with suppress(UserError):
        pairs = evaluation.comparisons()
        rows = pairs[(pairs["kind"] == "cover") & (pairs["measure"] == "balanced_accuracy")]
        if rows.empty:
            return
        st.markdown(f"## Trained without lesions: {rows['model'].iloc[0]}")
        st.markdown(TRAINED)
        source = f"{test_set(rows.head(1))}, lesions that the box covers; method: Bissoto et al. 2019; {INTERVALS}"
        chart_block(*drawn(paired_runs, pairs, "cover", "balanced_accuracy"), key="trained-covered", source=source)


def _curves(table: pd.DataFrame) -> None:
    for column, check in zip(st.columns(2, gap="medium"), CURVES, strict=True):
        with column:
            source = _source(table, check, "Petsiuk et al. 2018, with a blurred image as baseline")
            chart_block(*drawn(curves, table, check), key=f"cam-{check}", title=check.capitalize(), source=source)


def _randomized(table: pd.DataFrame) -> None:
    if not (table["check"] == RANDOMISATION).any():
        st.info("This model was added without weights that could be shuffled.", icon=":material/rule:")
        return
    source = _source(table, RANDOMISATION, "Adebayo et al. 2018")
    chart_block(*drawn(randomized, table), key="cam-randomized", source=source)


def _source(table: pd.DataFrame, check: str, after: str) -> str:
    n = int(table.loc[table["check"] == check, "images"].max())
    drawn = ", in random order" if check == COVERED else ", drawn at random, one per lesion"
    seeds = int(table.loc[table["check"] == check, "seeds"].max())
    if check == RANDOMISATION:
        drawn += f", {'one layer a step' if seeds > 1 else 'several layers a step'}, {count(seeds, 'random seeds')}"
    both = " and seeds" if seeds > 1 else ""
    return f"HAM10000, test split, by lesion, n = {count(n)}{drawn}; method: {after}; {INTERVALS}{both}"
