"""The metadata page: charts side by side, images, tables, and a message if no row matches the filters."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.data.cleaning import Cleaning, changes, clean, fit_fill
from core.data.images import Image
from core.data.metadata import Dataset
from core.data.summary import UNITS, Selection, sample_rows, schema, select
from core.errors import UserError
from core.labels import DX, NAMES
from core.weighted import describe
from dashboard.caches import tables as table_caches
from dashboard.charts import eda, eda_quality
from dashboard.charts.style import Chart
from dashboard.components.download import fetch_data
from dashboard.components.drawn import drawn
from dashboard.components.widgets import about_synthetic, chart_block, download_table
from dashboard.text.eda_quality import cleaned_sentence, imputation_source
from dashboard.text.format import count
from dashboard.text.phrases import inside, kept
from dashboard.views.metadata.controls import Source, reset_selection

PER_DX = 4
IMAGE_WIDTH = 150
CaptionedImages = tuple[Sequence[Image | UserError], list[str]]
Section = Sequence[tuple[str, Callable[[pd.DataFrame, str], Chart]]]


def imbalance(log: bool = False) -> Section:
    """List the charts of the first section; `log` for logarithmic axes."""
    return [
        ("Diagnoses", partial(eda.dx_counts, log=log)),
        ("Imbalance ratio", partial(eda.imbalance_ratio, log=log)),
    ]


def lesions(log: bool = False) -> Section:
    """List the charts of the second section: every chart of the first one takes a first visitor 0.08 s."""
    return [
        ("Images and lesions", partial(eda.lesions_and_images, log=log)),
        ("Images per lesion", partial(eda.images_per_lesion, log=log)),
        ("How diagnoses were confirmed", eda.dx_by_dx_type),
    ]


def show_empty(unit: str) -> None:
    """Say that the filters leave nothing, and offer to clear them."""
    st.info(f"No {unit} match these filters. Remove one, or clear them all.", icon=":material/search_off:")
    st.button("Clear all filters", on_click=reset_selection, icon=":material/filter_alt_off:", key="clear")


def show_state(source: Source, view: pd.DataFrame, selection: Selection, choice: Cleaning) -> None:
    """Say what is shown with which filters, and what was filled in."""
    shares = [f"**{view[unit].sum():,}** of {count(source.counts[unit].sum(), unit)}" for unit in UNITS]
    st.markdown(f"Showing {' and '.join(shares)}{kept(selection)}.")
    if choice != Cleaning():
        text = cleaned_sentence(changes(source.counts, choice))
        leak = " The body site now reveals the diagnosis; see the tab “Unknown values”." if choice.localization else ""
        st.warning(text + leak, icon=":material/cleaning_services:")


def show_charts(section: Section, view: pd.DataFrame, unit: str, source: str) -> None:
    """Show a section's charts, two per row; on a phone one below the other."""
    for i in range(0, len(section), 2):
        for column, (title, build) in zip(st.columns(2, gap="medium"), section[i : i + 2], strict=False):
            with column:
                name = getattr(build, "func", build).__name__
                chart_block(*drawn(build, view, unit), key=name, title=title, source=source)


def sized_counts(source: Source) -> pd.DataFrame:
    """Return the counts with image sizes; without them, and with a message, if an image can't be read."""
    if source.dataset is None:
        return source.counts
    try:
        return table_caches.installed_counts(sized=True)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return source.counts


def show_unknown(view: pd.DataFrame, unit: str, source: str) -> None:
    """Show what is unknown, and how the third imputation reveals the diagnosis (measured on the whole dataset)."""
    left, right = st.columns(2, gap="medium")
    with left:
        chart_block(
            *drawn(eda_quality.unknown_values, view, unit), key="unknown", title="Unknown values", source=source
        )
    chart = drawn(eda_quality.imputation_leak, table_caches.imputation_leak())
    measured = imputation_source(chart.table.iloc[0])
    with right:
        chart_block(*chart, key="imputation_leak", title="Filling in the site reveals the diagnosis", source=measured)


def show_images(source: Source, choice: Cleaning, selection: Selection, shown: list[str]) -> None:
    """Show a few images of each diagnosis; synthetic ones if no dataset is installed."""
    st.button("Other images", icon=":material/shuffle:", on_click=_next_sample)
    if source.dataset is None:
        about_synthetic()
        with st.expander("Download the real images", icon=":material/download:"):
            fetch_data()
    try:
        drawn = _draw(source, choice, selection, shown)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    kind = "" if source.dataset is None else "Dermatoscopic image, "  # a synthetic one's caption says so
    present = [dx for dx in DX if dx in drawn]
    for i in range(0, len(present), 2):
        for column, dx in zip(st.columns(2, gap="medium"), present[i : i + 2], strict=False):
            with column:
                st.markdown(f"**{NAMES[dx]}** ({dx})")
                _show_row(*drawn[dx], f"{kind}{inside(dx) if kind else NAMES[dx]}")


def _show_row(images: Sequence[Image | UserError], captions: list[str], alt: str) -> None:
    with st.container(horizontal=True):
        for image, caption in zip(images, captions, strict=True):
            if isinstance(image, UserError):
                st.error(str(image), icon=":material/error:", width=IMAGE_WIDTH)
                continue
            st.image(image, caption, width=IMAGE_WIDTH, output_format="JPEG", alt=f"{alt}: {caption}")


def _draw(source: Source, choice: Cleaning, selection: Selection, shown: list[str]) -> dict[str, CaptionedImages]:
    seed = st.session_state.get("sample", 0)
    if source.dataset is None:
        return {dx: table_caches.synthetic_images(dx, PER_DX, seed) for dx in shown}
    rows = select(clean(source.dataset.with_images, choice, fit_fill(source.counts)), selection)
    return {str(dx): _read(part, source.dataset) for dx, part in sample_rows(rows, PER_DX, seed).groupby("dx")}


def _next_sample() -> None:
    st.session_state["sample"] = st.session_state.get("sample", 0) + 1


def _read(rows: pd.DataFrame, dataset: Dataset) -> CaptionedImages:
    images = [_thumbnail(dataset.images[image_id]) for image_id in rows["image_id"]]
    ages = rows["age"].map(lambda age: "age unknown" if pd.isna(age) else f"{age:g} years")
    return images, (rows["image_id"] + ", " + ages + ", " + rows["sex"] + ", " + rows["localization"]).tolist()


def _thumbnail(path: Path) -> Image | UserError:
    """Read an image; one that can't be read takes nothing from the others."""
    try:
        return table_caches.thumbnail(str(path))
    except UserError as error:
        return error


def show_tables(source: Source, view: pd.DataFrame, choice: Cleaning, selection: Selection) -> None:
    """Show the notebook's head, info, describe and missing-value tables for the filtered rows."""
    st.markdown("## First rows")
    if source.dataset is None:
        st.info("The app doesn't contain single rows; install the dataset to see them.", icon=":material/table_rows:")
    else:
        head = select(clean(source.dataset.metadata, choice, fit_fill(source.counts)), selection).head()
        _table(head, "head", source)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("## Columns and missing values")
        _table(schema(view), "schema", source)
    with right:
        st.markdown("## Age statistics of the images")
        ages = describe(view["age"], view["images"]).rename("age")
        _table(ages.rename_axis("statistic").reset_index(), "age", source)
    st.markdown("## Counts behind the charts")
    _table(view.dropna(axis="columns", how="all"), "counts", source)


def _table(table: pd.DataFrame, name: str, source: Source) -> None:
    columns = table.select_dtypes("number").columns
    numbers = {str(column): st.column_config.NumberColumn(format="localized") for column in columns}
    st.dataframe(table, hide_index=True, width="stretch", column_config=numbers)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(source.text, width="stretch")
        download_table(table, name)
