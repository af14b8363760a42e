"""The classify page's answer: a refusal with its reason, or what a model finds likely and what that is worth."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.images import Image
from core.evaluation.metrics import decide
from core.inference.pipeline import Judge, Judgement
from core.inference.report import report_html
from core.labels import DX, NAMES
from dashboard.caches import inference, tables
from dashboard.charts.answer import probability_bars
from dashboard.charts.overlay import film, overlay
from dashboard.components.widgets import about_synthetic, chart_block
from dashboard.navigation import page_link
from dashboard.text.answer import answer_sentence, heatmap_sentence, prior_sentence, record_sentence, source_line
from dashboard.text.phrases import plain
from dashboard.text.prediction import (
    guard_sentence,
    malignant_sentence,
    neighbours_sentence,
    promise_sentences,
    refusal_sentence,
    set_sentence,
)
from dashboard.views.classify.controls import Picture

ANSWER = 420
"""Pixels that an answer takes at least, kept free while it is worked out."""


def show_answers(names: list[str], picture: Picture) -> None:
    """What each model says of a picture: one beside the picture, or two side by side; the first one in full.

    Raises:
        UserError: A model's files are missing or altered, or the server is busy.
    """
    with st.skeleton(height=ANSWER):
        judges = [inference.judge(name) for name in names]
        said = [judge.judge(picture.image) for judge in judges]
    columns = st.columns(2, gap="medium")
    if len(judges) == 1:
        answered = _show_one(judges[0], said[0], picture, columns[0], columns[1])
    else:
        answers = []
        for column, judge, each in zip(columns, judges, said, strict=True):
            with column:
                answers.append(_show_one(judge, each, picture, st.container(), st.container()))
                if answers[-1]:
                    _show_worth(judge, each)
        answered = answers[0]
    if answered:
        _show_neighbours(judges[0], said[0])
        if len(judges) == 1:
            _show_worth(judges[0], said[0])
        page_link("leaderboard")
        _offer_report(judges[0], said[0], picture)
    _show_guard(judges[0])
    if picture.synthetic:
        about_synthetic()


def _show_one(judge: Judge, said: Judgement, picture: Picture, seen: DeltaGenerator, verdict: DeltaGenerator) -> bool:
    """A model's picture and its verdict, in the places for them; whether it gives one."""
    with verdict:
        answered = _show_verdict(judge, said, picture)
    with seen:
        _show_seen(judge, said, picture, answered)
    return answered


def _show_seen(judge: Judge, said: Judgement, picture: Picture, answered: bool) -> None:
    """The picture, and beside it where the model looks, on a phone too."""
    st.markdown(f"##### What {judge.name} sees" + (", and where it looks" if answered else ""))
    height, width = judge.classifier.size
    text = f"{picture.text}; the model sees this part at {height} x {width} pixels"
    place = st.container()
    if picture.truth and (picture.synthetic or not said.faults):
        right = picture.truth == said.top
        icon = ":material/check_circle:" if right else ":material/cancel:"
        word = "right" if right else "wrong"
        st.markdown(f"{icon} {picture.known} **{NAMES[picture.truth]}**: the model's first answer is {word}.")
    if answered:
        heated, dx = _pick_heatmap(judge, picture, said)
        alt = f"{picture.text}; beside it, the same under the heatmap of {judge.name} for {NAMES[dx]}"
        place.image(film([picture.image, heated]), text, width="stretch", output_format="JPEG", alt=alt)
    else:
        place.image(picture.image, text, width="stretch", output_format="JPEG", alt=picture.text)


def _show_verdict(judge: Judge, said: Judgement, picture: Picture) -> bool:
    """Bars and sentences, or why there are none; tells which."""
    if said.faults and not picture.synthetic:
        st.markdown(f"##### {judge.name}")
        st.warning(refusal_sentence(said.faults), icon=":material/visibility_off:")
        return False
    ranges = [said.over_flips(dx) for dx in DX]
    table = pd.DataFrame([vars(each) for each in ranges]).rename(columns={"value": "probability"}).assign(dx=DX)
    kind = "calibrated" if judge.temperature is not None else "not calibrated"
    source = f"{judge.name}, {kind}, this picture alone, {1000 * said.seconds:.0f} ms; whiskers: least and most over "
    chart_block(
        *probability_bars(table), key=f"probabilities-{judge.name}", title=f"What {judge.name} finds likely",
        source=f"{source}four flips of the picture, which say how steady the answer is, not how often it is right",
    )  # fmt: skip
    st.markdown(malignant_sentence(said.malignant))
    if said.members and (sets := judge.card.conformal):
        st.markdown(set_sentence(said.members, sets))
        with st.expander("What this set promises, and what not", icon=":material/rule:"):
            st.markdown("\n\n".join(promise_sentences(said.members, sets)))
    if said.faults:
        st.info(f"The guard would refuse this picture as an upload: {said.faults[0].what}", icon=":material/info:")
    return True


def _pick_heatmap(judge: Judge, picture: Picture, said: Judgement) -> tuple[Image, str]:
    """The picture under the heatmap of the diagnosis picked, and that diagnosis; the controls and what they mean."""
    likely_first = pd.Series(said.probabilities, DX).sort_values(ascending=False)
    with st.container(horizontal=True):
        dx = st.selectbox(
            "Heatmap for", likely_first.index, width=230, key=f"heatmap-{judge.name}-{said.top}",
            format_func=NAMES.__getitem__,  # a probability in these words would stay behind when the picture changes
        )  # fmt: skip
        opacity = st.slider("Opacity", 0, 100, 60, step=5, format="%d%%", key=f"opacity-{judge.name}", width=110)
    heatmap = said.answer.cams[..., DX.index(dx)]
    st.markdown(heatmap_sentence(dx, not heatmap.any(), heatmap.shape[0], heatmap.shape[1]))
    return overlay(picture.image, heatmap, opacity / 100), dx


def _show_neighbours(judge: Judge, said: Judgement) -> None:
    if not said.neighbours:
        return
    st.markdown(f"##### Training pictures that {judge.name} finds most alike")
    captions = [f"{each.image_id}: {NAMES[each.dx]}, similarity {each.similarity:.2f}" for each in said.neighbours]
    pictures = [inference.training_picture(each.image_id) for each in said.neighbours]
    if all(image is not None for image in pictures):
        with st.container(horizontal=True):
            for image, caption in zip(pictures, captions, strict=True):
                st.image(image, caption, width=200, output_format="JPEG", alt=caption)
    else:
        st.markdown("\n".join(f"- {caption}" for caption in captions))
    st.markdown(neighbours_sentence(said.neighbours))
    st.caption("HAM10000, training pictures; similarity: cosine of the embeddings' principal components.")


def _show_worth(judge: Judge, said: Judgement) -> None:
    """The model's record for its answer, and the prior that its probabilities assume."""
    balanced = DX[decide(said.probabilities[None], judge.card.prior, "balanced")[0]]
    st.markdown(f"##### What an answer of {judge.name} is worth")
    report = tables.report_of(judge.name, "accuracy").set_index("dx", drop=False)
    st.markdown(record_sentence(report.loc[said.top], judge.name))
    st.markdown(prior_sentence(judge.card.data.train_counts, said.top, balanced))
    st.caption(source_line(report))


def _offer_report(judge: Judge, said: Judgement, picture: Picture) -> None:
    table = pd.DataFrame({"dx": DX, "probability": said.probabilities})
    report = tables.report_of(judge.name, "accuracy").set_index("dx", drop=False)
    sentences = [answer_sentence(table), malignant_sentence(said.malignant)]
    if said.members and (facts := judge.card.conformal):
        sentences += [set_sentence(said.members, facts), *promise_sentences(said.members, facts)]
    sentences += [neighbours_sentence(said.neighbours)] if said.neighbours else []
    sentences.append(record_sentence(report.loc[said.top], judge.name))
    text = [plain(each) for each in sentences]
    st.download_button(
        "Report", data=lambda: report_html(picture.image, judge.name, said, text), file_name="report.html",
        mime="text/html", key="report", icon=":material/download:", on_click="ignore",
        help="One HTML file with the picture as the model saw it; nothing of the camera, place or time is in it.",
    )  # fmt: skip


def _show_guard(judge: Judge) -> None:
    if judge.guard and judge.card.ood_detector:
        st.caption(guard_sentence(judge.card.ood_detector))
    else:
        st.caption(f"No guard is fitted for {judge.name}: it answers whatever it is shown.")
