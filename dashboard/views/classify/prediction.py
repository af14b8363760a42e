"""The prediction on the classify page: probabilities, heatmap and what they are worth, or why there is none."""

import hashlib

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.images import Image, jpeg
from core.inference.class_mix import ClassMix, assume
from core.inference.heatmaps import HeatmapMethod
from core.inference.pipeline import Pipeline, Prediction
from core.labels import DX, NAMES
from dashboard.caches import evaluation, inference
from dashboard.charts.overlay import film, full_size_image, overlay
from dashboard.charts.probabilities import probability_bars
from dashboard.components.full_size import full_size
from dashboard.components.widgets import about_synthetic, chart_block
from dashboard.navigation import page_link
from dashboard.text.models import model_label
from dashboard.text.predicted_class import (
    ONLY_GRAD_CAM,
    heatmap_sentence,
    known_sentence,
    mix_sentence,
    record_sentence,
    source_line,
)
from dashboard.text.prediction import (
    calibration_label,
    doubt_sentence,
    malignant_sentence,
    neighbours_sentence,
    refusal_sentence,
    same_image_sentence,
    set_sentence,
)
from dashboard.views.classify.controls import HEATMAP, OPACITY, Subject, method_of, pick_class_mix, pick_method
from dashboard.views.classify.reliability import show_image_check, show_set
from dashboard.views.classify.report import POINTS, offer_report

INSISTED = "classify-all-the-same"
"""Session state: fingerprint of the refused image whose prediction the visitor wants to see."""
HEIGHT = 420
"""Pixels kept free while the prediction is computed."""


def show_predictions(names: list[str], subject: Subject) -> None:
    """Show the predictions of one or two models; the first one in full.

    Raises:
        UserError: A model's files are missing or altered, or the server is busy.
    """
    pipelines = [inference.pipeline(name) for name in names]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mix = pick_class_mix()
        method = pick_method(max((each.methods for each in pipelines), key=len))
    with st.skeleton(height=HEIGHT):
        natural = [_predict(each, subject, explain=method == "LayerCAM") for each in pipelines]
    predictions = [assume(each, mix) for each in natural]
    columns = st.columns(2, gap="medium")
    if len(pipelines) == 1:
        shown = _show_one(pipelines[0], predictions[0], mix, method, subject, columns[0], columns[1])
    else:
        all_shown = []
        for column, pipeline, prediction, plain_one in zip(columns, pipelines, predictions, natural, strict=True):
            with column:
                places = st.container(), st.container()
                all_shown.append(_show_one(pipeline, prediction, mix, method, subject, *places))
                if all_shown[-1]:
                    _show_worth(pipeline, plain_one, mix)
        shown = all_shown[0]
    if shown:
        _show_neighbours(pipelines[0], predictions[0])
        if len(pipelines) == 1:
            _show_worth(pipelines[0], natural[0], mix)
        page_link("leaderboard")
        offer_report(pipelines[0], predictions[0], mix, method, subject)
    show_image_check(pipelines[0])
    if subject.synthetic:
        about_synthetic()


def _predict(pipeline: Pipeline, subject: Subject, explain: bool) -> Prediction:
    """Predict the image; an example that others may see too is predicted once for all."""
    if subject.truth is None:
        return pipeline.predict(subject.image, explain=explain)
    return inference.predict_example(pipeline.name, subject.image, explain)


def _show_one(
    pipeline: Pipeline,
    prediction: Prediction,
    mix: ClassMix,
    method: HeatmapMethod,
    subject: Subject,
    image_place: DeltaGenerator,
    place: DeltaGenerator,
) -> bool:
    """Show a model's image and its prediction; return whether there is one."""
    with place:
        shown = _show_probabilities(pipeline, prediction, mix, subject)
    with image_place:
        _show_image(pipeline, prediction, method, subject, shown)
    return shown


def _show_image(
    pipeline: Pipeline, prediction: Prediction, method: HeatmapMethod, subject: Subject, shown: bool
) -> None:
    """Show the image, and next to it, on a phone too, the heatmap."""
    st.markdown(f"## What {model_label(pipeline.name)} sees" + (", and its heatmap" if shown else ""))
    height, width = pipeline.model.size
    caption = f"{subject.caption}; the model sees this part at {height} x {width} pixels"
    place = st.container()
    if subject.truth and (subject.synthetic or not prediction.warnings):
        icon = ":material/check_circle:" if subject.truth == prediction.top else ":material/cancel:"
        st.markdown(f"{icon} {known_sentence(subject.known, subject.truth, prediction.top)}")
    if shown:
        heated, dx = _pick_heatmap(pipeline, subject, prediction, method)
        by = model_label(pipeline.name)
        alt = f"{subject.caption}; next to it the same image with the heatmap of {by} for {NAMES[dx]}"
        place.image(jpeg(film([subject.image, heated])), caption, width="stretch", output_format="JPEG", alt=alt)
        _show_full_size(pipeline.name, subject, heated, dx)
    else:
        place.image(jpeg(subject.image), caption, width="stretch", output_format="JPEG", alt=subject.caption)


def _show_full_size(name: str, subject: Subject, heated: Image, dx: str) -> None:
    fold = st.expander("Full size", icon=":material/zoom_in:", key=f"full-{name}", on_change="rerun")
    if fold.open:
        with fold:
            image, above = full_size_image(subject.image), full_size_image(heated)
            alt = f"{subject.caption}: heatmap of {name} for {NAMES[dx]}"
            full_size(image, above, name=subject.caption, alt=subject.caption, heated_alt=alt, key=f"large-{name}")


def _show_probabilities(pipeline: Pipeline, prediction: Prediction, mix: ClassMix, subject: Subject) -> bool:
    """Show bars and sentences, or why there are none; return which."""
    if prediction.warnings and not subject.synthetic:
        if not _insists(subject):
            st.markdown(f"## {model_label(pipeline.name)}")
            st.warning(refusal_sentence(prediction.warnings), icon=":material/visibility_off:")
            st.button(
                "Classify it anyway", key=f"insist-{pipeline.name}", icon=":material/warning:",
                on_click=st.session_state.update, args=({INSISTED: _fingerprint(subject)},),
                help="The check can be wrong; the end of the page shows how often.",
            )  # fmt: skip
            return False
        st.warning(doubt_sentence(prediction.warnings), icon=":material/warning:")
    ranges = [(dx, prediction.flip_range(dx)) for dx in DX]
    table = pd.DataFrame([{"dx": dx, "probability": at.value, "low": at.low, "high": at.high} for dx, at in ranges])
    kind = calibration_label(prediction.calibration.source if prediction.calibration else None)
    source = f"{pipeline.name}, {kind}, this image only, {1000 * prediction.seconds:.0f} ms; whiskers: lowest and "
    chart_block(
        *probability_bars(table, mix, prediction.conformal_set), key=f"probabilities-{pipeline.name}",
        title=f"What {model_label(pipeline.name)} predicts",
        source=f"{source}highest over the image and its mirrored copies; they show how stable the prediction is, not "
        f"how often it is right{'; hollow bars: not on the shortlist' if prediction.conformal_set else ''}",
    )  # fmt: skip
    st.markdown(malignant_sentence(prediction.malignant))
    if prediction.conformal_set and pipeline.fitted.conformal:
        facts = pipeline.fitted.conformal.facts
        st.markdown(set_sentence(prediction.conformal_set, facts))
        show_set(pipeline.name, prediction.conformal_set, facts)
    if prediction.warnings and subject.synthetic:
        problem = prediction.warnings[0].problem
        st.info(f"The image check would refuse this image as an upload: {problem}", icon=":material/info:")
    return True


def _insists(subject: Subject) -> bool:
    """Return whether the visitor asked for a prediction of this very image although the check refused it."""
    return bool(st.session_state.get(INSISTED) == _fingerprint(subject))


def _fingerprint(subject: Subject) -> str:
    return hashlib.sha256(subject.image.tobytes()).hexdigest()


def _pick_heatmap(
    pipeline: Pipeline, subject: Subject, prediction: Prediction, method: HeatmapMethod
) -> tuple[Image, str]:
    """Show the controls of the heatmap; return the image with the heatmap of the class picked, and that class."""
    likely_first = [DX[i] for i in prediction.probabilities.argsort()[::-1]]
    with st.container(horizontal=True):
        dx = st.selectbox(
            "Heatmap for", likely_first, width=230, key=f"{HEATMAP}{pipeline.name}-{prediction.top}",
            bind="query-params",
            format_func=NAMES.__getitem__,  # with a probability in it, the label would be stale on the next image
        )  # fmt: skip
        opacity = st.slider(
            "Opacity", 0, 100, 60, step=5, format="%d%%", key=f"{OPACITY}{pipeline.name}", width=110,
            bind="query-params",
        )  # fmt: skip
    heatmap, by = prediction.heatmap(dx, method), method_of(pipeline.methods, method)
    rows, columns = heatmap.shape
    st.markdown(heatmap_sentence(dx, not heatmap.any(), rows, columns, by))
    if by != method:
        st.caption(ONLY_GRAD_CAM)
    return overlay(subject.image, heatmap, opacity / 100), dx


def _show_neighbours(pipeline: Pipeline, prediction: Prediction) -> None:
    if not prediction.neighbours:
        return
    by = pipeline.fitted.check.network.name if pipeline.fitted.check else pipeline.name
    if same := same_image_sentence(prediction.neighbours, by):
        st.warning(same, icon=":material/school:")
    st.markdown(f"## Most similar training images for {model_label(by)}")
    captions = [
        f"{each.image_id}: {NAMES[each.dx]}, similarity {each.similarity:.2f}" for each in prediction.neighbours
    ]
    images = inference.training_images([each.image_id for each in prediction.neighbours])
    if images:
        with st.container(horizontal=True):
            for image, caption in zip(images, captions, strict=True):
                st.image(image, caption, width=200, output_format="JPEG", alt=caption)
    else:
        st.markdown("\n".join(f"- {caption}" for caption in captions))
    st.markdown(neighbours_sentence(prediction.neighbours))
    st.caption(
        "HAM10000, training images; similarity: how alike the numbers are that the network computes from two images; 1 "
        "is the same."
    )


def _show_worth(pipeline: Pipeline, natural: Prediction, mix: ClassMix) -> None:
    """Show the model's test record for its prediction, and the class shares that its probabilities assume."""
    tops = {"ham10000": natural.top, "equal": assume(natural, "equal").top}
    top, other = tops[mix], tops["equal" if mix == "ham10000" else "ham10000"]
    st.markdown(f"## How good {model_label(pipeline.name)} is at this diagnosis")
    report = evaluation.report_of(pipeline.name, POINTS[mix], served=True)
    st.markdown(record_sentence(report[report["dx"] == top].iloc[0], model_label(pipeline.name)))
    st.markdown(mix_sentence(mix, natural.prior, top, other))
    st.caption(source_line(report, mix))
