"""The metadata page's controls: what to count, what to keep, what to fill in."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
import streamlit as st

from core.data.cleaning import Cleaning
from core.data.metadata import DX_TYPES, LOCALIZATIONS, SEXES, Dataset
from core.data.summary import Selection
from core.errors import UserError
from core.labels import DX, NAMES
from dashboard.caches import dataset, tables
from dashboard.text.format import count
from dashboard.text.phrases import CONFIRMED, CONFIRMED_HELP, diagnoses_help

FILTERS: dict[str, tuple[str, tuple[str, ...], Callable[[Any], str]]] = {
    "dx": ("Diagnosis", DX, lambda dx: f"{dx}: {NAMES[dx]}"),
    "sex": ("Sex", SEXES, str),
    "localization": ("Body site", LOCALIZATIONS, str),
    "dx_type": ("Confirmed by", DX_TYPES, CONFIRMED.__getitem__),
}
HELP = {"dx": diagnoses_help(), "dx_type": CONFIRMED_HELP}
COUNTED = ("Installed part", "All of HAM10000")
SHARES = "shares"
"""Key of the toggle, and its name in the address."""
OLDEST = 85
"""End of the age slider; it includes everyone older."""


@dataclass(frozen=True)
class Source:
    """The data that the page counts.

    Attributes:
        counts: Cells of images and lesions, see `core.data.summary.count`.
        text: The source line under every chart.
        dataset: The installed dataset if that is counted, else None.
    """

    counts: pd.DataFrame
    text: str
    dataset: Dataset | None


def pick_source() -> Source:
    """Return the installed dataset if there is one, else the committed counts; ask if only a part is installed."""
    whole = tables.committed_counts()
    size = f"all {count(whole['images'].sum())} of {count(whole['lesions'].sum(), 'lesions')}"
    committed = Source(whole, f"HAM10000, {size}, no split; counts included in the app", None)
    try:
        installed = dataset.installed()
    except UserError as error:
        st.error(f"{error} The page shows the counts included in the app instead.", icon=":material/error:")
        return committed
    if installed is None:
        return committed
    counts = tables.installed_counts()
    if len(installed.metadata) != whole["images"].sum():
        picked = st.segmented_control(
            "Data", COUNTED, default=COUNTED[0], required=True, key="counted", bind="query-params"
        )
        if picked == COUNTED[1]:
            return committed
    return Source(counts, _describe(installed, counts, whole, size), installed)


def _describe(installed: Dataset, counts: pd.DataFrame, whole: pd.DataFrame, size: str) -> str:
    rows = counts["images"].sum()
    if rows == whole["images"].sum():
        text = f"HAM10000 as installed, {size}, no split"
    else:
        lesions = count(counts["lesions"].sum(), "lesions")
        text = f"Installed part of HAM10000: {rows:,} of {count(whole['images'].sum())}, {lesions}, no split"
    if installed.missing:
        text += f"; {len(installed.missing):,} of these rows have no image file"
    if counts["age"].isna().all() and (counts[["sex", "localization"]] == "unknown").all(axis=None):
        text += "; its files contain no age, sex or body site"
    return text


def pick_view() -> tuple[str, bool]:
    """Pick what the bars count.

    Returns:
        "images" or "lesions", and whether count axes are logarithmic.
    """
    unit = st.segmented_control(
        "Count", ["images", "lesions"], default="images", required=True, key="unit", bind="query-params",
        help="Many lesions have several images. A lesion is counted with the value that most of its images have.",
    )  # fmt: skip
    scale = st.segmented_control(
        "Scale", ["linear", "log"], default="linear", required=True, key="scale", bind="query-params"
    )
    return unit, scale == "log"


def shares_wanted() -> bool:
    """Return whether diagnoses by age group and sex are shown as shares."""
    return bool(st.session_state.get(SHARES, st.query_params.get(SHARES) == "true"))


def pick_shares() -> None:
    """Let the visitor choose shares of each age group and sex in place of counts."""
    st.toggle(
        "Shares of each age group and sex", key=SHARES, bind="query-params",
        help="Diagnoses by age group and by sex: shares in place of counts, so that small groups can be compared.",
    )  # fmt: skip


def pick_selection() -> Selection:
    """Pick filters in popovers; nothing picked means everything."""
    picked = {}
    for column, (label, options, name) in FILTERS.items():
        with st.popover(label, icon=":material/filter_alt:", key=f"filter-{column}"):
            picked[column] = st.pills(
                f"{label} (none picked: all)", options, selection_mode="multi", format_func=name,
                key=column, bind="query-params", help=HELP.get(column),
            )  # fmt: skip
    with st.popover("Age", icon=":material/filter_alt:", key="filter-age"):
        st.session_state.setdefault("age", (0, OLDEST))
        ages = st.slider("Age in years", 0, OLDEST, step=5, key="age", bind="query-params")
        low, high = cast("tuple[int, int]", ages)
        st.caption("Images without an age are only included if the full range is selected.")
    age = None if (low, high) == (0, OLDEST) else (low, high if high < OLDEST else math.inf)
    return Selection(age=age, **{column: tuple(values) for column, values in picked.items()})


def pick_cleaning() -> Cleaning:
    """Pick among the notebook's three imputations, all off by default."""
    with st.popover("Cleaning", icon=":material/cleaning_services:", key="cleaning"):
        st.caption("How a public Kaggle notebook fills in unknown values. With all three off, unknown stays unknown.")
        return Cleaning(
            age=st.toggle("Missing age: use the median", key="clean-age", bind="query-params"),
            sex=st.toggle("Unknown sex: use the most frequent one", key="clean-sex", bind="query-params"),
            localization=st.toggle(
                "Unknown site: use the most frequent one of its diagnosis",
                key="clean-localization",
                bind="query-params",
            ),
        )


def start() -> dict[str, object]:
    """Return where the page's controls stand at first, by their keys."""
    cleaning = dict.fromkeys(("clean-age", "clean-sex", "clean-localization"), False)
    return {"counted": COUNTED[0], "unit": "images", "scale": "linear", SHARES: False} | cleaning | no_filters()


def no_filters() -> dict[str, object]:
    """Return where the filters stand when nothing is filtered."""
    return {**{column: [] for column in FILTERS}, "age": (0, OLDEST)}


def reset_selection() -> None:
    """Clear all filters; for a button's on_click."""
    st.session_state.update(no_filters())
