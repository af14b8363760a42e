"""The confusion matrix of one model, or of one against another, beside the images of the selected cell."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.decisions import confusion_difference, confusion_table, in_cell, largest_confusion
from core.evaluation.metrics import POINTS, Point
from core.labels import DX, NAMES
from dashboard.caches import dataset, own_models, tables
from dashboard.caches.computed import computed, direct
from dashboard.charts.confusion import confusion_cells, difference_cells
from dashboard.components.confusion_matrix import PICKED, confusion_matrix
from dashboard.components.widgets import dataset_fault, fetch_data, folded_table, plain_errors
from dashboard.text.confusion import confusion_sentence, difference_sentence
from dashboard.text.format import count
from dashboard.text.models import model_label
from dashboard.text.phrases import PLURALS, plain
from dashboard.views.leaderboard.ranking import under

PER_PAGE = 12
IMAGE_WIDTH = 150


def show_confusion(name: str, others: list[str], point: Point, source: str) -> None:
    """Show the confusion matrix, and the images of one of its cells.

    Args:
        name: The model.
        others: Models that it can be compared with.
        point: Operating point.
        source: The source line under every figure.
    """
    source = f"{source}, {POINTS[point]}"
    left, right = st.columns([6, 5], gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            other = st.selectbox(
                "Compare with", others, index=None, placeholder="No other model", format_func=model_label,
                key="against", width=300, disabled=not others, bind="query-params",
            )  # fmt: skip
            mode = st.segmented_control(
                "Cells", ["counts", "row shares"], default="counts", required=True, key="cells", bind="query-params",
                format_func=str.capitalize, disabled=other is not None,
            )  # fmt: skip
            wrong_only = st.toggle("Mistakes only", key="off-diagonal", bind="query-params")
        call = direct if own_models.find(name) else computed
        table = call(confusion_table, tables.decisions_of(name, point))
        cell = _current_cell(table)
        if other is None:
            cells = call(confusion_cells, table, shares=mode == "row shares", off_diagonal=wrong_only, cell=cell)
            sentence, note = call(confusion_sentence, table), "shaded by row share"
        else:
            table = confusion_difference(table, confusion_table(tables.decisions_of(other, point)))
            cells = difference_cells(table, off_diagonal=wrong_only, cell=cell)
            sentence, note = (
                difference_sentence(table, model_label(name), model_label(other)),
                f"row share of {model_label(name)} minus {model_label(other)}, in percentage points",
            )
        alt = f"Confusion matrix: {plain(sentence)}"
        confusion_matrix(cells, key="confusion", alt=alt, on_pick=_take_pick, diverging=other is not None)
        st.markdown(sentence)
        under(table, "confusion", f"{source}; {note}")
    with right:
        _show_cell(name, other, point, source)


def _current_cell(table: pd.DataFrame) -> tuple[str, str]:
    dx, predicted = largest_confusion(table)
    return st.session_state.setdefault("cell-true", dx), st.session_state.setdefault("cell-predicted", predicted)


def _take_pick() -> None:
    picked = st.session_state["confusion"][PICKED]
    st.session_state["cell-true"], st.session_state["cell-predicted"] = picked["dx"], picked["predicted"]


def _show_cell(name: str, other: str | None, point: Point, source: str) -> None:
    st.caption("Click a cell, or select one here.")
    if other is not None:
        name = st.segmented_control(
            "Predictions of", [name, other], default=name, required=True, key="cell-model", format_func=model_label
        )
    decisions = tables.decisions_of(name, point)
    with st.container(horizontal=True):
        dx = st.selectbox("True", DX, format_func=NAMES.__getitem__, key="cell-true")
        predicted = st.selectbox("Predicted", DX, format_func=NAMES.__getitem__, key="cell-predicted")
    rows = in_cell(decisions, dx, predicted)
    if rows.empty:
        st.markdown(f"**No images**: no {PLURALS[dx]} are predicted as {PLURALS[predicted]}.")
        return
    lesions = count(rows["group"].nunique(), "lesions")
    st.markdown(
        f"**{count(len(rows))} of {lesions}**: {PLURALS[dx]} predicted as {PLURALS[predicted]}, most confident first."
    )
    _show_images(rows, f"page-{dx}-{predicted}")
    folded_table(
        "Table of these images with probabilities",
        "cell-fold",
        lambda: _show_table(rows, f"{dx}_as_{predicted}", source),
    )


def _show_table(rows: pd.DataFrame, name: str, source: str) -> None:
    columns = {each: st.column_config.NumberColumn(format="%.3f") for each in DX}
    st.dataframe(rows[["image_id", *DX]], hide_index=True, column_config=columns, key="cell-table")
    under(rows, name, source)


def _pick_page(n: int, key: str) -> int:
    """Pick a page of images."""
    pages = -(-n // PER_PAGE)
    return st.pagination(pages, key=f"{key}-{pages}") if pages > 1 else 1


def _show_images(rows: pd.DataFrame, key: str) -> None:
    """Show a cell's installed images page by page; if some are missing, offer to download them."""
    dataset_fault()
    found = dataset.usable()
    images = {} if found is None else found.images
    installed = rows[rows["image_id"].isin(list(images))]
    if len(installed):
        page = _pick_page(len(installed), key)
        shown = installed[PER_PAGE * (page - 1) : PER_PAGE * page]
        captions = [_caption(row) for row in shown.to_dict("records")]
        alt = [f"Dermatoscopic image {caption}" for caption in captions]
        with plain_errors():
            thumbnails = [tables.thumbnail(str(images[name])) for name in shown["image_id"]]
            st.image(thumbnails, captions, width=IMAGE_WIDTH, output_format="JPEG", alt=alt)
    if len(installed) < len(rows):
        st.markdown(f"Installed: **{len(installed):,} of {count(len(rows))}**.")
        with st.popover("Download the images", icon=":material/download:"):
            fetch_data()


def _caption(row: Mapping[Any, Any]) -> str:
    truth = f", {row['dx']} {row['p_true']:.2f}" if row["predicted"] != row["dx"] else ""
    return f"{row['image_id']}: {row['predicted']} {row['p_predicted']:.2f}{truth}"
