"""The metadata page's controls and blocks: what to count, what to keep, what to fill in, how to show it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.data.cleaning import Cleaning, changes, clean, fit_fill
from core.data.images import Image
from core.data.metadata import DX_TYPES, LOCALIZATIONS, SEXES, Dataset
from core.data.summary import Selection, sample_rows, schema, select
from core.data.weighted import describe
from core.errors import UserError
from core.labels import DX, NAMES
from dashboard import loaders
from dashboard.charts import eda_quality
from dashboard.charts.style import Chart
from dashboard.charts.words import CONFIRMED, amount
from dashboard.widgets import chart_block, download_table, fetch_data

FILTERS = {
    "dx": ("Diagnosis", DX, lambda dx: f"{dx}: {NAMES[dx]}"),
    "sex": ("Sex", SEXES, str),
    "localization": ("Body site", LOCALIZATIONS, str),
    "dx_type": ("Confirmed by", DX_TYPES, CONFIRMED.__getitem__),
}
OLDEST = 85
"""End of the age slider; it stands for everyone of that age and above."""
PER_DX = 4
PICTURE_WIDTH = 150
Section = Sequence[tuple[str, Callable[[pd.DataFrame, str], Chart]]]


@dataclass(frozen=True)
class Source:
    """What the page counts.

    Attributes:
        counts: Cells of images and lesions, see `core.data.summary.count`.
        text: The line that stands under every chart.
        dataset: The installed dataset if it is what is counted, else None.
    """

    counts: pd.DataFrame
    text: str
    dataset: Dataset | None


def pick_source() -> Source:
    """The installed dataset if there is one, else the committed counts; a choice where only a part is installed."""
    whole = loaders.committed_counts()
    size = f"all {amount(whole['images'].sum())} of {amount(whole['lesions'].sum(), 'lesions')}"
    committed = Source(whole, f"HAM10000, {size}, no split; counts that come with this app", None)
    try:
        installed = loaders.dataset()
    except UserError as error:
        st.error(f"{error} Shown instead: the counts that come with this app.", icon=":material/error:")
        return committed
    if installed is None:
        return committed
    counts = loaders.installed_counts()
    if len(installed.metadata) != whole["images"].sum():
        choices = ("Installed part", "All of HAM10000")
        if st.segmented_control("Counted", choices, default=choices[0], required=True, key="counted") == choices[1]:
            return committed
    return Source(counts, _describe(installed, counts, whole, size), installed)


def _describe(installed: Dataset, counts: pd.DataFrame, whole: pd.DataFrame, size: str) -> str:
    rows = counts["images"].sum()
    if rows == whole["images"].sum():
        text = f"HAM10000 as installed, {size}, no split"
    else:
        lesions = amount(counts["lesions"].sum(), "lesions")
        text = f"A part of HAM10000 as installed: {rows:,} of {amount(whole['images'].sum())}, {lesions}, no split"
    if installed.missing:
        text += f"; the pictures of {len(installed.missing):,} of these rows are missing"
    if counts["age"].isna().all() and (counts[["sex", "localization"]] == "unknown").all(axis=None):
        text += "; its files name no age, sex or body site"
    return text


def pick_view() -> tuple[str, bool]:
    """What a bar counts.

    Returns:
        "images" or "lesions", and whether count axes are logarithmic.
    """
    unit = st.segmented_control(
        "Count", ["images", "lesions"], default="images", required=True, key="unit", bind="query-params",
        help="Many lesions were photographed several times; a lesion counts where most of its images do.",
    )  # fmt: skip
    scale = st.segmented_control(
        "Scale", ["linear", "log"], default="linear", required=True, key="scale", bind="query-params"
    )
    return unit, scale == "log"


def pick_selection() -> Selection:
    """Filters in pop-overs; nothing picked means everything."""
    picked = {}
    for column, (label, options, name) in FILTERS.items():
        with st.popover(label, icon=":material/filter_alt:", key=f"filter-{column}"):
            picked[column] = st.pills(
                f"{label}: pick none to keep all", options, selection_mode="multi", format_func=name,
                key=column, bind="query-params",
            )  # fmt: skip
    with st.popover("Age", icon=":material/filter_alt:", key="filter-age"):
        low, high = st.slider("Age in years", 0, OLDEST, (0, OLDEST), 5, key="age", bind="query-params")
        st.caption("Images without an age stay in view only while the range is full.")
    age = None if (low, high) == (0, OLDEST) else (low, high if high < OLDEST else math.inf)
    return Selection(age=age, **{column: tuple(values) for column, values in picked.items()})


def pick_cleaning() -> Cleaning:
    """The notebook's three imputations, all off."""
    with st.popover("Cleaning", icon=":material/cleaning_services:", key="cleaning"):
        st.caption("How the source notebook fills in unknown values. All off: unknown stays unknown.")
        return Cleaning(
            age=st.toggle("Missing age: the median", key="clean-age"),
            sex=st.toggle("Unknown sex: the most frequent", key="clean-sex"),
            localization=st.toggle("Unknown site: the most frequent of its own diagnosis", key="clean-localization"),
        )


def show_empty(unit: str) -> None:
    """What stands in place of the charts where the filters leave nothing."""
    st.info(f"No {unit} fit these filters together. Take one back, or all of them.", icon=":material/search_off:")
    st.button("Clear all filters", on_click=_reset_selection, icon=":material/filter_alt_off:", key="clear")


def _reset_selection() -> None:
    for column in FILTERS:
        st.session_state[column] = []
    st.session_state["age"] = (0, OLDEST)


def show_state(source: Source, view: pd.DataFrame, choice: Cleaning) -> None:
    """One line on what is in view, and one on what was filled in."""
    shares = [
        f"**{view[unit].sum():,}** of {amount(source.counts[unit].sum(), unit)}" for unit in ("images", "lesions")
    ]
    st.markdown(f"In view: {' and '.join(shares)}.")
    if choice != Cleaning():
        leak = " The site then gives the diagnosis away: see “Unknown values”." if choice.localization else ""
        st.warning(
            eda_quality.cleaned_sentence(changes(source.counts, choice)) + leak, icon=":material/cleaning_services:"
        )


def show_charts(section: Section, view: pd.DataFrame, unit: str, source: str) -> None:
    """A section's charts in two columns, which stand below one another on a phone."""
    for i in range(0, len(section), 2):
        for column, (title, build) in zip(st.columns(2, gap="large"), section[i : i + 2], strict=False):
            with column:
                name = getattr(build, "func", build).__name__
                chart_block(*build(view, unit), key=name, title=title, source=source)


def sized_counts(source: Source) -> pd.DataFrame:
    """The counts with the pictures' sizes; without them, and saying why, where a picture cannot be read."""
    if source.dataset is None:
        return source.counts
    try:
        return loaders.installed_counts(sized=True)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return source.counts


def show_leak() -> None:
    """What the third imputation gives away, measured; the same for every view, since it is about the whole set."""
    chart = eda_quality.imputation_leak(loaders.imputation_leak())
    rows = chart.table.iloc[0]
    source = (
        f"HAM10000, test rows of the lesion split with an unknown site: {rows['rows']:,} images of "
        f"{rows['lesions']:,} lesions; fill and reader learned on training rows; 95 % bootstrap over lesions"
    )
    chart_block(*chart, key="imputation_leak", title="What filling in the site gives away", source=source)


def show_pictures(source: Source, choice: Cleaning, selection: Selection, shown: list[str]) -> None:
    """A few pictures of each diagnosis in view; synthetic ones where no dataset is installed."""
    st.button("Other pictures", icon=":material/shuffle:", on_click=_next_sample)
    seed = st.session_state.get("sample", 0)
    if source.dataset is None:
        st.info("No dataset is installed, so these lesions are **synthetic**: drawn at random from statistics "
                "of HAM10000, never photographed.", icon=":material/science:")  # fmt: skip
        with st.expander("Get the real pictures", icon=":material/download:"):
            fetch_data()
        drawn = {dx: loaders.phantoms(dx, PER_DX, seed) for dx in shown}
    else:
        rows = select(clean(source.dataset.with_pictures, choice, fit_fill(source.counts)), selection)
        drawn = {dx: _read(part, source.dataset) for dx, part in sample_rows(rows, PER_DX, seed).groupby("dx")}
    for column, dx in zip(st.columns(2, gap="large") * len(DX), [dx for dx in DX if dx in drawn], strict=False):
        with column:
            st.markdown(f"**{NAMES[dx]}** ({dx})")
            pictures, captions = drawn[dx]
            kind = "Synthetic lesion" if source.dataset is None else "Dermatoscopic picture"
            alt = [f"{kind}, {NAMES[dx]}: {caption}" for caption in captions]
            st.image(pictures, captions, width=PICTURE_WIDTH, output_format="JPEG", alt=alt)


def _next_sample() -> None:
    st.session_state["sample"] = st.session_state.get("sample", 0) + 1


def _read(rows: pd.DataFrame, dataset: Dataset) -> tuple[list[Image], list[str]]:
    pictures = [loaders.thumbnail(str(dataset.images[image_id])) for image_id in rows["image_id"]]
    ages = rows["age"].map(lambda age: "age unknown" if pd.isna(age) else f"{age:g} years")
    return pictures, (rows["image_id"] + ", " + ages + ", " + rows["sex"] + ", " + rows["localization"]).tolist()


def show_tables(source: Source, view: pd.DataFrame, choice: Cleaning, selection: Selection) -> None:
    """The notebook's head, info, describe and missing-value tables, of what is in view."""
    st.markdown("##### First rows")
    if source.dataset is None:
        st.info("Rows are not part of this app; install the dataset to see them.", icon=":material/table_rows:")
    else:
        head = select(clean(source.dataset.metadata, choice, fit_fill(source.counts)), selection).head()
        _table(head, "head", source)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Columns and missing values")
        _table(schema(view), "schema", source)
    with right:
        st.markdown("##### Age, described")
        _table(
            describe(view["age"], view["images"]).rename("age").rename_axis("statistic").reset_index(), "age", source
        )
    st.markdown("##### The counts that every chart is drawn from")
    _table(view, "counts", source)


def _table(table: pd.DataFrame, name: str, source: Source) -> None:
    st.dataframe(table, hide_index=True, width="stretch")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(source.text, width="stretch")
        download_table(table, name)
