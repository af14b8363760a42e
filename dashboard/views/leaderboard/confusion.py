"""The confusion matrix of one model, or of one against another, beside the pictures of the cell that was clicked."""

from typing import Any

import pandas as pd
import streamlit as st

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.decisions import confusion_difference, confusion_table, in_cell, largest_confusion
from core.evaluation.metrics import Point
from core.labels import DX, NAMES
from dashboard.caches import tables
from dashboard.charts.confusion import confusion_cells, confusion_sentence, difference_cells, difference_sentence
from dashboard.components.confusion_matrix import PICKED, confusion_matrix
from dashboard.components.widgets import fetch_data, folded_table
from dashboard.text.phrases import PLURALS, amount, plain
from dashboard.views.leaderboard.ranking import under

PER_PAGE = 12
PICTURE_WIDTH = 150


def show_confusion(name: str, others: list[str], point: Point, source: str) -> None:
    """The confusion matrix, and the pictures of one of its cells.

    Args:
        name: The model.
        others: Models that it can be compared with.
        point: Operating point.
        source: What stands under every figure.
    """
    left, right = st.columns([6, 5], gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            other = st.selectbox(
                "Against", others, index=None, placeholder="No other model", key="against", width=220,
                disabled=not others,
            )  # fmt: skip
            written = st.segmented_control(
                "Cells", ["counts", "row shares"], default="counts", required=True, key="cells",
                format_func=str.capitalize, disabled=other is not None,
            )  # fmt: skip
            wrong_only = st.toggle("Mistakes only", key="off-diagonal")
        table = confusion_table(tables.decisions_of(name, point))
        cell = _current_cell(table)
        if other is None:
            cells = confusion_cells(table, shares=written == "row shares", off_diagonal=wrong_only, cell=cell)
            sentence, note = confusion_sentence(table), "shaded by row share"
        else:
            table = confusion_difference(table, confusion_table(tables.decisions_of(other, point)))
            cells = difference_cells(table, off_diagonal=wrong_only, cell=cell)
            sentence, note = difference_sentence(table, name, other), f"row share of {name} minus {other}, in points"
        alt = f"Confusion matrix: {plain(sentence)}"
        confusion_matrix(cells, key="confusion", alt=alt, on_pick=_take_pick, diverging=other is not None)
        st.markdown(sentence)
        under(table, "confusion", f"{source}; {note}")
    with right:
        _show_cell(name, other, point, source)


def _current_cell(table: pd.DataFrame) -> tuple[str, str]:
    dx, called = largest_confusion(table)
    return st.session_state.setdefault("cell-true", dx), st.session_state.setdefault("cell-said", called)


def _take_pick() -> None:
    picked = st.session_state["confusion"][PICKED]
    st.session_state["cell-true"], st.session_state["cell-said"] = picked["dx"], picked["said"]


def _show_cell(name: str, other: str | None, point: Point, source: str) -> None:
    st.caption("Click a cell, or choose one here.")
    if other is not None:
        name = st.segmented_control("Pictures called so by", [name, other], default=name, required=True, key="caller")
    said = tables.decisions_of(name, point)
    with st.container(horizontal=True):
        dx = st.selectbox("True diagnosis", DX, format_func=NAMES.__getitem__, key="cell-true")
        called = st.selectbox("Said by the model", DX, format_func=NAMES.__getitem__, key="cell-said")
    rows = in_cell(said, dx, called)
    if rows.empty:
        st.markdown(f"**No picture**: none of the {PLURALS[dx]} is called one of the {PLURALS[called]}.")
        return
    lesions = amount(rows["group"].nunique(), "lesions")
    st.markdown(
        f"**{amount(len(rows), 'pictures')} of {lesions}**: {PLURALS[dx]} called {PLURALS[called]}, surest first."
    )
    _show_pictures(rows, f"page-{dx}-{called}")
    folded_table(
        "All of them with their probabilities", "cell-fold", lambda: _show_table(rows, f"{dx}_called_{called}", source)
    )


def _show_table(rows: pd.DataFrame, name: str, source: str) -> None:
    columns = {each: st.column_config.NumberColumn(format="%.3f") for each in DX}
    st.dataframe(rows[["image_id", *DX]], hide_index=True, column_config=columns, key="cell-table")
    under(rows, name, source)


def _pick_page(n: int, key: str) -> int:
    """Page of so many pictures; the gap in the control's numbers is faint, an ornament and nothing to press."""
    pages = -(-n // PER_PAGE)
    return st.pagination(pages, key=f"{key}-{pages}") if pages > 1 else 1


def _show_pictures(rows: pd.DataFrame, key: str) -> None:
    """Those of a cell's pictures that are installed, page by page, and where there are more, how to get them."""
    dataset = _installed()
    images = {} if dataset is None else dataset.images
    there = rows[rows["image_id"].isin(list(images))]
    if len(there):
        page = _pick_page(len(there), key)
        shown = there[PER_PAGE * (page - 1) : PER_PAGE * page]
        captions = [_caption(row) for row in shown.to_dict("records")]
        alt = [f"Dermatoscopic picture {caption}" for caption in captions]
        pictures = [tables.thumbnail(str(images[name])) for name in shown["image_id"]]
        st.image(pictures, captions, width=PICTURE_WIDTH, output_format="JPEG", alt=alt)
    if len(there) < len(rows):
        st.markdown(f"Pictures installed here: **{len(there):,} of {len(rows):,}**.")
        with st.popover("Get the pictures", icon=":material/download:"):
            fetch_data()


def _caption(row: dict[str, Any]) -> str:
    truth = f", {row['dx']} {row['p_true']:.2f}" if row["said"] != row["dx"] else ""
    return f"{row['image_id']}: {row['said']} {row['p_said']:.2f}{truth}"


def _installed() -> Dataset | None:
    try:
        return tables.dataset()
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None
