"""The leaderboard's tabs on one model: report by diagnosis, learning curves, card."""

from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.metrics import POINTS, Point
from core.labels import NAMES
from core.store.card import Card, card_text
from core.store.datasets import MILK10K, learned_from
from core.store.export_facts import Precisions
from core.store.provenance import current
from dashboard.caches import evaluation, own_models, predictions, tables
from dashboard.charts.leaderboard import by_diagnosis
from dashboard.charts.training import learning_curves
from dashboard.components.drawn import drawn
from dashboard.components.widgets import LINE_WIDTH, chart_block
from dashboard.text.format import count, figures
from dashboard.text.leaderboard import INTERVALS, MEASURES
from dashboard.text.models import member_sentence, model_label
from dashboard.text.training import CURVES_INTRO

SIZES = {"images": "Images", "lesions": "Lesions"}
MEASURES_HELP = (
    "Recall: which share of a diagnosis the model finds. Precision: how often it is right when it predicts the "
    "diagnosis. F1: the harmonic mean of the two."
)
POINT = "point"
"""Key of the operating point."""
HASH = 12
"""Digits of a hash to show; the complete card has them all."""


def pick_point() -> Point:
    """Pick the operating point, which turns probabilities into a predicted diagnosis.

    The tabs to which it matters show it; it keeps its value while another tab is open.
    """
    return st.segmented_control(
        "Operating point", list(POINTS), default="balanced", required=True, key=POINT,
        bind="query-params", format_func=str.capitalize,
        help="How probabilities become a prediction. Accuracy: the most probable diagnosis. Balanced: each "
        "probability is divided by how common its diagnosis is in training, and the largest result is the prediction, "
        "so that rare diagnoses count as much.",
    )  # fmt: skip


def show_report(name: str, point: Point, source: str) -> None:
    """Show recall, precision and F1 of each diagnosis as a chart and as a table."""
    report = evaluation.report_of(name, point)
    measure = st.segmented_control(
        "Metric",
        list(MEASURES),
        default="recall",
        required=True,
        key="measure",
        bind="query-params",
        format_func=MEASURES.__getitem__,
        help=MEASURES_HELP,
    )
    chart_block(
        *drawn(by_diagnosis, report, measure, kept=not own_models.find(name)),
        key="report",
        source=f"{source}, {POINTS[point]}; {INTERVALS}",
    )
    shown = pd.DataFrame({"dx": report["dx"].map(NAMES), **{key: figures(report, key) for key in MEASURES}})
    sizes = {name: st.column_config.NumberColumn(label, format="localized") for name, label in SIZES.items()}
    labels: dict[str, Any] = {"dx": "Diagnosis", **MEASURES, **sizes}
    st.dataframe(shown.join(report[list(SIZES)]), hide_index=True, column_config=labels, key="report-table")


def show_curves(name: str) -> None:
    """Show loss and validation scores epoch by epoch."""
    card = tables.card(name)
    if card.members:
        member = card.members[0].name
        st.info(member_sentence(member, "learning curves"), icon=":material/show_chart:")
        name, card = member, tables.card(member)
    if card.kind != "network":
        st.info(f"**{model_label(name)} has no learning curves.** {card.text}", icon=":material/show_chart:")
        return
    history = predictions.history(name)
    source = f"HAM10000, validation split, by lesion{_size(card)}"
    if MILK10K in learned_from(card):
        source += "; lines named MILK10k: MILK10k's validation split, by lesion; training loss on both training splits"
    else:
        source += "; training loss on the training split"
    if card.training.teachers:
        source += ", which also counts the distance from a teacher and can't be compared with the validation loss"
    st.markdown(CURVES_INTRO, width=LINE_WIDTH)
    for column, kind in zip(st.columns(2, gap="medium"), ("score", "loss"), strict=True):
        with column:
            chart_block(
                *drawn(learning_curves, history, kind, card.training.best_epoch), key=f"curves-{kind}", source=source
            )


def show_card(card: Card) -> None:
    """Show how a model was trained, on what and for how long, and the hashes of its files."""
    st.markdown("\n".join(f"- **{what}**: {value}" for what, value in _facts(card)))
    _show_precisions(card)
    text = card_text(card)
    st.download_button(
        "card.json", text, f"{card.name}_card.json", "application/json", key="download-card",
        icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip
    # Behind a fold that runs once it is opened: 800 lines, and below them a button would move as they are drawn.
    fold = st.expander(
        "Complete card with the training recipe", icon=":material/data_object:", key="card-fold", on_change="rerun"
    )
    if fold.open:
        fold.code(text, language=None, wrap_lines=True)


def _show_precisions(card: Card) -> None:
    """Show how the exported file compares with the Keras model at each precision, if that was measured."""
    measured = current(card, card.precisions)
    if measured is None:
        return
    table = precision_table(measured)
    st.subheader("Exported for the app and for phones")
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "precision": "Weights",
        "megabytes": number("Size, MB", format="%.1f"),
        "milliseconds": number("Time per image, ms", format="%.1f", help="Median on one core of the training machine"),
        "agreement": number(
            "Same prediction", format="percent", help="Share of images with the same prediction as the Keras model"
        ),
        "max_difference": number("Largest difference", format="%.5f", help="Between the probabilities of both models"),
        "gap": "Change in accuracy",
    }
    st.dataframe(
        table.assign(gap=figures(table, "accuracy_gap"))[list(columns)], hide_index=True, column_config=columns,
        key="precisions",
    )  # fmt: skip
    served = card.export.precision if card.export else "float16"
    st.caption(
        f"LiteRT export against the Keras model on {count(measured.images, 'test images')} of HAM10000, "
        f"split by lesion; {INTERVALS}. The app uses {served}; `python -m core export {card.name} --precision` "
        "writes the others."
    )


def precision_table(measured: Precisions) -> pd.DataFrame:
    """Tabulate what each precision costs.

    Returns:
        One row for each precision: precision, megabytes, milliseconds (for an image), agreement (0-1),
        max_difference, accuracy, and accuracy_gap with _low and _high.
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
    return f", n = {count(found.images)} of {count(found.lesions, 'lesions')}"


def _hash(sha256: str | None) -> str | None:
    return f"SHA-256 {sha256[:HASH]}…" if sha256 else None


def _facts(card: Card) -> list[tuple[str, str]]:
    """List label and value of what the card contains."""
    training, size = card.training, card.input_size
    hours = training.seconds / 3600
    facts = {
        "Network": card.text or card.architecture,
        "Source": card.source,
        "Parameters": f"{card.parameters:,}",
        "Input": f"{size[0]} x {size[1]} pixels (height x width)" if size else None,
        "Epochs": f"{training.epochs_run}; the weights of epoch {training.best_epoch + 1} were kept"
        if training.epochs_run and training.best_epoch is not None
        else None,
        "Members": ", ".join(member.name for member in card.members),
        "Training time": (f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes") if hours else None,
        "Hardware": training.hardware,
        "Seed": training.seed if card.kind != "added" else None,
        "Versions": ", ".join(f"{name} {number}" for name, number in training.versions.items()),
        "Split": f"by {card.data.split_scheme}, {_hash(card.data.split_sha256)}",
        "Data": _hash(card.data.sha256),
        "Weights": _hash(card.weights.sha256) if card.weights else None,
        "Licence": card.licence,
    }
    return [(what, str(value)) for what, value in facts.items() if value not in (None, "")]
