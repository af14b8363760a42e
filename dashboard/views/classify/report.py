"""The report of one prediction, to download."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.evaluation.metrics import Point
from core.inference.class_mix import ClassMix
from core.inference.heatmaps import HeatmapMethod
from core.inference.pipeline import Pipeline, Prediction
from core.inference.report import report_html
from core.labels import DX
from core.store.datasets import learned_from
from dashboard.caches import evaluation, tables
from dashboard.charts.overlay import overlay
from dashboard.text.models import full_label, model_label, report_facts
from dashboard.text.phrases import plain
from dashboard.text.predicted_class import known_sentence, prediction_sentence, record_sentence
from dashboard.text.prediction import doubt_sentence, malignant_sentence, neighbours_sentence, set_limits, set_sentence
from dashboard.views.classify.controls import Subject, method_of

POINTS: dict[ClassMix, Point] = {"ham10000": "accuracy", "equal": "balanced"}
"""The operating point at which the most probable class of a class mix is predicted."""
OPACITY = 0.6


def offer_report(
    pipeline: Pipeline, prediction: Prediction, mix: ClassMix, method: HeatmapMethod, subject: Subject
) -> None:
    """Offer a report of a prediction as a file.

    Args:
        pipeline: The model.
        prediction: For the class mix.
        mix: Class mix that the probabilities assume.
        method: How the heatmap is computed, if the model offers it.
        subject: The image.
    """
    kept = replace(prediction, evidence=())  # each session keeps it, and the evidence is 2 MB for each network
    st.download_button(
        "Report", data=lambda: _report(pipeline, kept, mix, method, subject), file_name="report.html",
        mime="text/html", key="report", icon=":material/download:", on_click="ignore",
        help="One HTML file, which prints on one page: the image as the model saw it, without any data about camera or "
        "place, the heatmap, today's date, the model and its version.",
    )  # fmt: skip


def _report_sentences(pipeline: Pipeline, prediction: Prediction, mix: ClassMix) -> list[str]:
    table = pd.DataFrame({"dx": DX, "probability": prediction.probabilities})
    report = evaluation.report_of(pipeline.name, POINTS[mix], served=True).set_index("dx", drop=False)
    sentences = [doubt_sentence(prediction.warnings)] if prediction.warnings else []
    sentences += [prediction_sentence(table, mix), malignant_sentence(prediction.malignant)]
    if prediction.conformal_set and pipeline.fitted.conformal:
        facts = pipeline.fitted.conformal.facts
        sentences += [set_sentence(prediction.conformal_set, facts), set_limits(facts)]
    sentences += [neighbours_sentence(prediction.neighbours)] if prediction.neighbours else []
    sentences.append(record_sentence(report.loc[[prediction.top]].iloc[0], model_label(pipeline.name)))
    return [plain(each) for each in sentences]


def _report(pipeline: Pipeline, prediction: Prediction, mix: ClassMix, method: HeatmapMethod, subject: Subject) -> str:
    heatmap = pipeline.heatmaps(subject.image, (prediction.top,), method)[..., 0]
    heated = overlay(subject.image, heatmap, OPACITY) if heatmap.any() else None
    card = tables.card(pipeline.name)
    facts = report_facts(card, datetime.now(tz=UTC).date())
    if subject.truth:
        kind = f"{subject.caption}. " if subject.synthetic else ""
        facts.append(plain(f"{kind}{known_sentence(subject.known, subject.truth, prediction.top)}"))
    text, by = _report_sentences(pipeline, prediction, mix), method_of(pipeline.methods, method)
    return report_html(
        subject.image, full_label(pipeline.name), learned_from(card), prediction, text, heated, facts, by
    )
