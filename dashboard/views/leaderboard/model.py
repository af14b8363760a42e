"""The leaderboard page's blocks on one model: its report, its learning curves, its card."""

import pandas as pd
import streamlit as st

from core.evaluation.metrics import POINTS, Point
from core.labels import NAMES
from core.store.card import Card, card_text
from core.store.export_facts import Precisions
from core.store.provenance import current
from dashboard.caches import tables
from dashboard.charts.evaluation import MEASURES, by_diagnosis, figures
from dashboard.charts.training import learning_curves
from dashboard.components.widgets import chart_block
from dashboard.text.phrases import amount
from dashboard.views.leaderboard.ranking import INTERVALS

SIZES = ["pictures", "lesions"]
HASH = 12
"""Digits of a hash to show; the whole card has them all."""


def pick_point() -> Point:
    """The operating point at which probabilities become a diagnosis."""
    return st.segmented_control(
        "Operating point", list(POINTS), default="balanced", required=True, key="point", format_func=str.capitalize,
        help="Accuracy: the most probable diagnosis. Balanced: the one most probable against its share in training, "
        "so that a rare diagnosis counts as much as a frequent one.",
    )  # fmt: skip


def show_report(name: str, point: Point, source: str) -> None:
    """Recall, precision and F1 of each diagnosis, as a picture and as the classification report."""
    report = tables.report_of(name, point)
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="recall", required=True, key="measure", format_func=MEASURES.get
    )
    chart_block(*by_diagnosis(report, measure), key="report", source=f"{source}; {INTERVALS}")
    shown = pd.DataFrame({"dx": report["dx"].map(NAMES), **{key: figures(report, key) for key in MEASURES}})
    sizes = {name: st.column_config.NumberColumn(name.capitalize(), format="localized") for name in SIZES}
    labels = {"dx": "Diagnosis", **MEASURES, **sizes}
    st.dataframe(shown.join(report[SIZES]), hide_index=True, column_config=labels, key="report-table")


def show_curves(name: str) -> None:
    """Loss and validation scores epoch by epoch."""
    card = tables.card(name)
    if card.kind != "network":
        st.info(f"**{name} was not trained epoch by epoch.** {card.text}", icon=":material/show_chart:")
        return
    history = tables.history(name)
    source = f"HAM10000, validation split, by lesion{_size(card)}; training loss on the training split"
    for column, kind in zip(st.columns(2, gap="medium"), ("score", "loss"), strict=True):
        with column:
            chart_block(*learning_curves(history, kind, card.training.best_epoch), key=f"curves-{kind}", source=source)


def show_card(card: Card) -> None:
    """What ran, on what, for how long, and the hashes that tell one file from another."""
    st.markdown("\n".join(f"- **{what}**: {value}" for what, value in _facts(card)))
    _show_precisions(card)
    text = card_text(card)
    st.download_button(
        "card.json", text, f"{card.name}_card.json", "application/json", key="download-card",
        icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip
    # Behind a fold that runs once it is opened: 800 lines, and below them a button would move as they are drawn.
    fold = st.expander(
        "The whole card, with the recipe", icon=":material/data_object:", key="card-fold", on_change="rerun"
    )
    if fold.open:
        fold.code(text, language=None, wrap_lines=True)


def _show_precisions(card: Card) -> None:
    """What the export costs against Keras at each precision, where it was measured."""
    measured = current(card, card.precisions)
    if measured is None:
        return
    table = precision_table(measured)
    st.subheader("As a file for the app or a phone")
    number = st.column_config.NumberColumn
    columns = {
        "precision": "Weights",
        "megabytes": number("Size, MB", format="%.1f"),
        "milliseconds": number("One picture, ms", format="%.1f", help="Median on one core of the machine that trained"),
        "agreement": number("Same answer", format="percent"),
        "max_difference": number("Probabilities within", format="%.5f"),
        "gap": "Accuracy against Keras",
    }
    st.dataframe(
        table.assign(gap=figures(table, "accuracy_gap"))[list(columns)], hide_index=True, column_config=columns,
        key="precisions",
    )  # fmt: skip
    served = card.export.precision if card.export else "float16"
    st.caption(
        f"LiteRT against the trained network on {amount(measured.images, 'test pictures')} of HAM10000, "
        f"split by lesion; {INTERVALS}. The app serves {served}; `python -m core export {card.name} --precision` "
        "writes the others."
    )


def precision_table(measured: Precisions) -> pd.DataFrame:
    """What each precision costs.

    Returns:
        One row a precision: precision, megabytes, milliseconds (a picture), agreement (0-1), max_difference, accuracy,
        and accuracy_gap with _low and _high.
    """
    return pd.DataFrame(
        {"precision": precision, "megabytes": each.bytes / 1e6, "milliseconds": each.milliseconds}
        | {"agreement": each.parity.agreement, "max_difference": each.parity.max_difference, "accuracy": each.accuracy}
        | each.accuracy_gap.columns("accuracy_gap")
        for precision, each in measured.by_precision.items()
    )


def _size(card: Card) -> str:
    if card.evaluation is None:
        return ""
    found = card.evaluation.validation
    return f", n = {amount(found.images, 'pictures')} of {amount(found.lesions, 'lesions')}"


def _hash(sha256: str | None) -> str | None:
    return f"SHA-256 {sha256[:HASH]}…" if sha256 else None


def _facts(card: Card) -> list[tuple[str, str]]:
    """Label and value of what a card says, leaving out what it does not."""
    training, size = card.training, card.input_size
    hours = training.seconds / 3600
    facts = {
        "Network": card.text or card.architecture,
        "Proposed by": card.source,
        "Parameters": f"{card.parameters:,}",
        "Input": f"{size[0]} x {size[1]} pixels (height x width)" if size else None,
        "Epochs": f"{training.epochs_run}, the weights of epoch {training.best_epoch + 1} kept"
        if training.epochs_run and training.best_epoch is not None
        else None,
        "Members": ", ".join(member.name for member in card.members),
        "Time": (f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes") if hours else None,
        "Hardware": training.hardware,
        "Seed": training.seed,
        "Versions": ", ".join(f"{name} {number}" for name, number in training.versions.items()),
        "Split": f"{card.data.split_scheme}, {_hash(card.data.split_sha256)}",
        "Data": _hash(card.data.sha256),
        "Weights": _hash(card.weights.sha256) if card.weights else None,
        "Licence": card.licence,
    }
    return [(what, str(value)) for what, value in facts.items() if value not in (None, "")]
