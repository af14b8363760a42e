"""The confusion matrix of one model, or of one against another, beside the images of the selected cell."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.decisions import confusion_difference, confusion_table, in_cell, largest_confusion
from core.evaluation.metrics import POINTS, Point
from core.labels import DX, NAMES
from dashboard.caches import dataset, own_models, predictions, tables
from dashboard.caches.computed import computed, direct
from dashboard.charts.confusion import confusion_cells, difference_cells
from dashboard.components.confusion_matrix import PICKED, confusion_matrix
from dashboard.components.download import fetch_data
from dashboard.components.share import numbered
from dashboard.components.widgets import dataset_fault, folded_table, plain_errors
from dashboard.text.confusion import confusion_sentence, difference_sentence
from dashboard.text.format import count
from dashboard.text.models import model_label
from dashboard.text.phrases import PLURALS, plain
from dashboard.views.leaderboard.ranking import under

CELL = ("cell-true", "cell-predicted")
"""Keys of the chosen cell's true and predicted diagnosis."""
LARGEST = "cell-largest"
"""Session state: the cell that is shown where none was chosen."""
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
    call = direct if own_models.find(name) else computed
    table = call(confusion_table, predictions.decisions_of(name, point))
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Compare with", others, index=None, placeholder="No other model", format_func=model_label,
            key="against", width=300, disabled=not others, bind="query-params",
        )  # fmt: skip
        mode = st.segmented_control(
            "Cells", ["counts", "row shares"], default="counts", required=True, key="cells", bind="query-params",
            format_func=str.capitalize, disabled=other is not None,
        )  # fmt: skip
        wrong_only = st.toggle("Mistakes only", key="off-diagonal", bind="query-params")
    with right:  # before the matrix, which marks the cell that the address or a control names
        st.caption("Click a cell, or select one here.")
        whose = _pick_model(name, other)
        cell = _pick_cell(largest_confusion(table))
    with left:
        if other is None:
            cells = call(confusion_cells, table, shares=mode == "row shares", off_diagonal=wrong_only, cell=cell)
            sentence, note = call(confusion_sentence, table), "shaded by row share"
        else:
            table = confusion_difference(table, confusion_table(predictions.decisions_of(other, point)))
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
        _show_cell(predictions.decisions_of(whose, point), *cell, source)


def start(names: list[str]) -> dict[str, object]:
    """Return where the controls of the cell stand at first, by their keys."""
    largest = st.session_state.get(LARGEST)
    return {"cell-model": names[0], **numbered("page-", 1)} | (dict(zip(CELL, largest, strict=True)) if largest else {})


def _pick_model(name: str, other: str | None) -> str:
    """Pick whose images are shown where two models are compared."""
    if other is None:
        return name
    return st.segmented_control(
        "Predictions of", [name, other], default=name, required=True, key="cell-model", format_func=model_label,
        bind="query-params",
    )  # fmt: skip


def _pick_cell(largest: tuple[str, str]) -> tuple[str, str]:
    """Pick a cell of the matrix; without a choice it is the model's largest confusion, whichever model is open."""
    state = st.session_state
    if tuple(map(state.get, CELL)) == state.get(LARGEST) != largest:
        state.update(zip(CELL, largest, strict=True))
    state[LARGEST] = largest
    with st.container(horizontal=True):
        dx, predicted = (
            st.selectbox(label, DX, DX.index(first), format_func=NAMES.__getitem__, key=key, bind="query-params")
            for label, first, key in zip(("True", "Predicted"), largest, CELL, strict=True)
        )
    return dx, predicted


def _take_pick() -> None:
    picked = st.session_state["confusion"][PICKED]
    st.session_state.update(zip(CELL, (picked["dx"], picked["predicted"]), strict=True))


def _show_cell(decisions: pd.DataFrame, dx: str, predicted: str, source: str) -> None:
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
    return st.pagination(pages, key=f"{key}-{pages}", bind="query-params") if pages > 1 else 1


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
