"""The Grad-CAM page's checks of one model: do the answers rest on what the heatmaps and the masks name?"""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from core.explain.study.checks import COVERED, CURVES, RANDOMISATION
from core.stats import DRAWS
from dashboard.caches import explain
from dashboard.charts.cam_checks import covers, curves, randomisation
from dashboard.components.widgets import chart_block, open_tab
from dashboard.text.phrases import amount

TABS = ("Lesion covered", "Pixels in and out", "Weights spoilt")
TEXTS = {
    TABS[0]: "A part of each picture is painted over in the colour of the skin around the lesion. What is left "
    "when the lesion is gone is not about the lesion; its outline stays to be seen, so its box is covered too.",
    TABS[
        1
    ]: "A blurred picture is sharpened pixel by pixel, the hottest first, and the other way round. A heatmap that "
    "names what the answer rests on brings the probability up, or down, sooner than chance or the middle spot.",
    TABS[
        2
    ]: "The values of the weights are shuffled, layer by layer from the answer down. A heatmap that stays the same "
    "shows the picture and not the model.",
}


def show_checks(name: str) -> None:
    """A model's checks, one tab each."""
    table = explain.checks(name)
    if table is None:
        st.info(f"The checks of {name} have not been run yet.", icon=":material/rule:")
        st.code(f"python -m core explain checks {name}", language=None)
        return
    shows = zip(TABS, (_covered, _curves, _spoilt), strict=True)
    open_tab({title: partial(_explained, title, show, table) for title, show in shows}, "checks")


def _explained(title: str, show: Callable[[pd.DataFrame], None], table: pd.DataFrame) -> None:
    st.markdown(TEXTS[title])
    show(table)


def _covered(table: pd.DataFrame) -> None:
    chart_block(*covers(table), key="cam-covered", source=_source(table, COVERED, "Bissoto et al. 2019"))


def _curves(table: pd.DataFrame) -> None:
    for column, check in zip(st.columns(2, gap="medium"), CURVES, strict=True):
        with column:
            source = _source(table, check, "Petsiuk et al. 2018, a blurred picture for the baseline")
            chart_block(*curves(table, check), key=f"cam-{check}", title=check.capitalize(), source=source)


def _spoilt(table: pd.DataFrame) -> None:
    if not (table["check"] == RANDOMISATION).any():
        st.info("An ensemble has no weights of its own; look at its members.", icon=":material/rule:")
        return
    source = _source(table, RANDOMISATION, "Adebayo et al. 2018")
    chart_block(*randomisation(table), key="cam-spoilt", source=source)


def _source(table: pd.DataFrame, check: str, after: str) -> str:
    pictures = int(table.loc[table["check"] == check, "pictures"].max())
    drawn = ", taken in random order" if check == COVERED else ", drawn at random, one a lesion"
    return (
        f"HAM10000, test split, by lesion, n = {amount(pictures, 'pictures')}{drawn}; after {after}; 95% intervals "
        f"from {DRAWS:,} resamples of lesions"
    )
