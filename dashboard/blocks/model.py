"""The leaderboard page's blocks on one model: its mistakes, its report, its learning curves, its card."""

import json

import pandas as pd
import streamlit as st

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.cards import Card
from core.evaluation.decisions import confusion_table, in_cell, largest_confusion
from core.evaluation.metrics import POINTS, Point
from core.labels import DX, NAMES
from dashboard import loaders
from dashboard.blocks.leaderboard import INTERVALS, under
from dashboard.charts.confusion import SELECTION, confusion_cells, confusion_sentence, confusion_spec
from dashboard.charts.evaluation import MEASURES, by_diagnosis, figures
from dashboard.charts.training import learning_curves
from dashboard.charts.words import PLURALS, amount
from dashboard.widgets import chart_block, fetch_data

PER_PAGE = 12
HASH = 12
"""Digits of a hash to show; the whole card has them all."""
PICTURE_WIDTH = 150


def pick_point() -> Point:
    """The operating point at which probabilities become a diagnosis."""
    return st.segmented_control(
        "Operating point", list(POINTS), default="balanced", required=True, key="point", format_func=str.capitalize,
        help="Accuracy: the most probable diagnosis. Balanced: the one most probable against its share in training, "
        "so that a rare diagnosis counts as much as a frequent one.",
    )  # fmt: skip


def show_confusion(name: str, point: Point, source: str) -> None:
    """The confusion matrix beside the pictures of the cell that was clicked."""
    said = loaders.decisions_of(name, point)
    table = confusion_table(said)
    left, right = st.columns([6, 5], gap="large")
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            written = st.segmented_control(
                "Cells", ["counts", "row shares"], default="counts", required=True, key="cells",
                format_func=str.capitalize,
            )  # fmt: skip
            wrong_only = st.toggle("Mistakes only", key="off-diagonal")
        cell = _current_cell(table)
        cells = confusion_cells(table, shares=written == "row shares", off_diagonal=wrong_only, cell=cell)
        sentence = confusion_sentence(table)
        st.vega_lite_chart(
            cells, confusion_spec(cells), key="confusion", on_select=_take_click, width="stretch",
            alt=f"Confusion matrix: {sentence.replace('*', '')}",
        )  # fmt: skip
        st.markdown(sentence.replace(" %", "\N{NO-BREAK SPACE}%"))
        under(table, "confusion", f"{source}; shaded by row share")
    with right:
        _show_cell(said, source)


def _current_cell(table: pd.DataFrame) -> tuple[str, str]:
    dx, called = largest_confusion(table)
    return st.session_state.setdefault("cell-true", dx), st.session_state.setdefault("cell-said", called)


def _take_click() -> None:
    picked = st.session_state["confusion"]["selection"].get(SELECTION)
    if picked:
        st.session_state["cell-true"], st.session_state["cell-said"] = picked[0]["dx"], picked[0]["said"]


def _show_cell(said: pd.DataFrame, source: str) -> None:
    st.caption("Click a cell, or choose one here.")
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
    page = _pick_page(len(rows), f"page-{dx}-{called}")
    _show_pictures(rows[PER_PAGE * (page - 1) : PER_PAGE * page])
    with st.expander("All of them with their probabilities", icon=":material/table_rows:"):
        columns = {each: st.column_config.NumberColumn(format="%.3f") for each in DX}
        st.dataframe(rows[["image_id", *DX]], hide_index=True, column_config=columns, key="cell-table")
        under(rows, f"{dx}_called_{called}", source)


def _pick_page(n: int, key: str) -> int:
    pages = -(-n // PER_PAGE)
    return st.pagination(pages, key=f"{key}-{pages}") if pages > 1 else 1


def _show_pictures(rows: pd.DataFrame) -> None:
    dataset = _installed()
    there = [] if dataset is None else [name for name in rows["image_id"] if name in dataset.images]
    words = {
        row["image_id"]: f"{row['image_id']}: {row['said']} {row['p_said']:.2f}"
        + (f", {row['dx']} {row['p_true']:.2f}" if row["said"] != row["dx"] else "")
        for row in rows.to_dict("records")
    }
    if there:
        pictures = [loaders.thumbnail(str(dataset.images[name])) for name in there]
        captions = [words.pop(name) for name in there]
        alt = [f"Dermatoscopic picture {caption}" for caption in captions]
        st.image(pictures, captions, width=PICTURE_WIDTH, output_format="JPEG", alt=alt)
    if words:
        st.markdown("\n".join(f"- {line}" for line in words.values()))
        with st.popover("Get the pictures", icon=":material/download:"):
            fetch_data()


def _installed() -> Dataset | None:
    try:
        return loaders.dataset()
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None


def show_report(name: str, point: Point, source: str) -> None:
    """Recall, precision and F1 of each diagnosis, as a picture and as the classification report."""
    report = loaders.report_of(name, point)
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="recall", required=True, key="measure", format_func=MEASURES.get
    )
    chart_block(*by_diagnosis(report, measure), key="report", source=f"{source}; {INTERVALS}")
    shown = report[["dx", "pictures", "lesions"]].assign(**{key: figures(report, key) for key in MEASURES})
    labels = {"dx": "Diagnosis", "pictures": "Pictures", "lesions": "Lesions", **MEASURES}
    st.dataframe(shown.assign(dx=shown["dx"].map(NAMES)), hide_index=True, column_config=labels, key="report-table")


def show_curves(name: str) -> None:
    """Loss and validation scores epoch by epoch."""
    card, history = loaders.card(name), loaders.history(name)
    size = card["evaluated"]["validation"]
    shown = f"n = {amount(size['pictures'], 'pictures')} of {amount(size['lesions'], 'lesions')}"
    source = f"HAM10000, validation split, by lesion, {shown}; training loss on the training split"
    for column, kind in zip(st.columns(2, gap="large"), ("score", "loss"), strict=True):
        with column:
            chart_block(*learning_curves(history, kind, card.get("best_epoch")), key=f"curves-{kind}", source=source)


def show_card(card: Card) -> None:
    """What ran, on what, for how long, and the hashes that tell one file from another."""
    st.markdown("\n".join(f"- **{what}**: {value}" for what, value in _facts(card)))
    with st.expander("The whole card, with the recipe", icon=":material/data_object:"):
        st.json(card, expanded=1)
        st.download_button(
            "card.json", json.dumps(card, indent=2), f"{card['name']}_card.json", "application/json",
            icon=":material/download:", type="tertiary", on_click="ignore",
        )  # fmt: skip


def _short(entry: dict[str, str]) -> str:
    return f"{entry['sha256'][:HASH]}…"


def _facts(card: Card) -> list[tuple[str, str]]:
    """Label and value of what a card says, leaving out what it does not."""
    hours = card.get("training_seconds", 0) / 3600
    size = card.get("input_size")
    facts = {
        "Network": card.get("text", card["model"]),
        "Proposed by": card.get("source"),
        "Parameters": f"{card['parameters']:,}",
        "Input": f"{size[0]} x {size[1]} pixels (height x width)" if size else None,
        "Epochs": f"{card['epochs_run']}, the weights of epoch {card['best_epoch'] + 1} kept"
        if "epochs_run" in card
        else None,
        "Time": f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes",
        "Hardware": card.get("hardware"),
        "Seed": card.get("seed"),
        "Versions": ", ".join(f"{name} {number}" for name, number in card.get("versions", {}).items()),
        "Split": f"{card['split']['name']}, SHA-256 {_short(card['split'])}",
        "Data": f"SHA-256 {card['data_sha256'][:HASH]}…" if "data_sha256" in card else None,
        "Weights": f"SHA-256 {_short(card['weights'])}",
        "Licence": card.get("licence"),
    }
    return [(what, str(value)) for what, value in facts.items() if value not in (None, "")]
