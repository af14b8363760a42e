"""The classify page's blocks: where the picture comes from, what the model answers, and what that is worth."""

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from core.data.images import Image
from core.evaluation.cards import class_prior
from core.evaluation.metrics import decide
from core.labels import DX, NAMES
from core.serving.classify import Answer, crop
from core.serving.decode import decode
from dashboard import loaders, serving_loaders
from dashboard.charts.answer import (
    heatmap_sentence,
    likely,
    prior_sentence,
    probability_bars,
    record_sentence,
    source_line,
)
from dashboard.charts.overlay import overlay
from dashboard.widgets import about_synthetic, chart_block

SOURCES = {"upload": "Upload", "camera": "Camera", "synthetic": "Synthetic lesion", "test": "Test picture"}
TYPES = ["jpg", "jpeg", "png", "webp"]
TURN = "classify-turn"
"""Session state: how often "Another" has been pressed."""


DRAWN = "It was drawn as"


class Picture(NamedTuple):
    """A picture to classify.

    Attributes:
        image: uint8, (height, width, 3), RGB.
        text: What it is, for the caption.
        truth: The true diagnosis, where it is known.
        known: How it is known, the first words of a sentence.
    """

    image: Image
    text: str
    truth: str | None = None
    known: str = "It is"


def show_empty() -> None:
    """What stands in place of the page while no model is exported."""
    st.info("**No model is ready to answer yet.** Train and export one first:", icon=":material/model_training:")
    st.code("python -m core train baseline_cnn\npython -m core export baseline_cnn", language="bash")


def pick_model(names: list[str]) -> str:
    """Which model answers; the best on the test split first."""
    return str(st.selectbox("Model", names, key="model", bind="query-params", width=300))


def pick_source() -> str:
    """Where the picture comes from; test pictures are offered where the dataset is installed."""
    sources = [name for name in SOURCES if name != "test" or len(serving_loaders.test_pictures())]
    return str(
        st.segmented_control(
            "Picture", sources, default="upload", required=True, key="source", format_func=SOURCES.get,
            bind="query-params", wrap=True,
        )
    )  # fmt: skip


def pick_picture(source: str) -> Picture | None:
    """The picture to classify, or None while there is none.

    Raises:
        UserError: What was uploaded is refused.
    """
    if source == "synthetic":
        return _synthetic()
    if source == "test":
        return _test_picture()
    if source == "camera":
        return _decoded(st.camera_input("Photograph the spot, large and sharp, in the middle of the picture"))
    file = st.file_uploader("A dermatoscopic picture with the spot in its middle", type=TYPES)
    st.caption(
        "JPEG, PNG or WebP, up to 10 MB. Nothing is stored: the picture is in this server's memory while you look at "
        "it. The model answers whatever it is shown, so a picture of anything else gets an answer without meaning."
    )
    if not file:
        _offer_examples()
    return _decoded(file)


def _offer_examples() -> None:
    """A synthetic lesion of each diagnosis to click, for those who have no picture."""
    st.markdown("##### No picture at hand? Try a synthetic lesion")
    with st.container(horizontal=True):
        for dx in DX:
            with st.container(width=104, gap="small"):
                images, captions = loaders.phantoms(dx, 1, 0)
                st.image(images[0], width="stretch", output_format="JPEG", alt=f"{captions[0]}, drawn as {NAMES[dx]}")
                st.button(dx, key=f"try-{dx}", on_click=_try, args=(dx,), width="stretch", help=NAMES[dx])


def _try(dx: str) -> None:
    st.session_state["source"], st.session_state["phantom"] = "synthetic", dx


def _decoded(file: Any) -> Picture | None:
    return Picture(decode(file.getvalue()), "Your picture") if file else None


def _synthetic() -> Picture:
    dx, turn = _pick_dx_and_turn()
    images, captions = loaders.phantoms(dx, 1, turn)
    return Picture(images[0], captions[0], dx, DRAWN)


def _test_picture() -> Picture:
    rows = serving_loaders.test_pictures()
    row = rows.iloc[_turn() % len(rows)]
    return Picture(loaders.thumbnail(row["path"]), f"{row['image_id']}, test split of HAM10000", row["dx"])


def _pick_dx_and_turn() -> tuple[str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox("Drawn as", DX, index=DX.index("mel"), format_func=NAMES.get, key="phantom", width=300)
        return str(dx), _turn()


def _turn() -> int:
    if st.button("Another", icon=":material/shuffle:", key="another"):
        st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    return int(st.session_state.get(TURN, 0))


def show_answer(name: str, picture: Picture) -> None:
    """The picture with its heatmap beside the probabilities, and what they are worth.

    Raises:
        UserError: The model's files are missing or altered, or the server is busy.
    """
    model = serving_loaders.classifier(name)
    answer = model.classify(picture.image)
    table = pd.DataFrame({"dx": DX, "probability": answer.probabilities})
    top = table.sort_values("probability", ascending=False)["dx"].tolist()
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("##### What the model sees")
        seen = crop(picture.image)
        cut = "" if seen.shape == picture.image.shape else ", cropped to 4:3"
        text = f"{picture.text}{cut}; the model sees it at {model.size[1]} x {model.size[0]} pixels"
        st.image(seen, text, width="stretch", output_format="JPEG", alt=picture.text)
        if picture.truth:
            _show_truth(picture.known, picture.truth, top[0])
    with right:
        source = f"{name}, this picture alone, {1000 * answer.seconds:.0f} ms"
        chart_block(*probability_bars(table), key="probabilities", title="What it finds likely", source=source)
    _show_heatmap(picture, answer, table.set_index("dx")["probability"].sort_values(ascending=False))
    _show_worth(name, top[0], answer)
    if picture.known == DRAWN:
        about_synthetic()


def _show_heatmap(picture: Picture, answer: Answer, likely_first: pd.Series) -> None:
    left, right = st.columns([2, 3], gap="large")
    left.markdown("##### Where it looks")
    with right:
        dx = st.selectbox(
            "Heatmap for", likely_first.index, width=300,
            format_func=lambda each: f"{NAMES[each]}, {likely(likely_first[each])}",
        )  # fmt: skip
        opacity = st.slider("Opacity", 0, 100, 60, step=5, format="%d %%", key="opacity", width=300)
        heatmap = answer.cams[..., DX.index(dx)]
        st.markdown(heatmap_sentence(dx, not heatmap.any(), heatmap.shape[0], heatmap.shape[1]))
    left.image(
        overlay(crop(picture.image), heatmap, opacity / 100), width="stretch", output_format="JPEG",
        alt=f"{picture.text} under the heatmap for {NAMES[dx]}",
    )  # fmt: skip


def _show_truth(known: str, truth: str, answered: str) -> None:
    right = truth == answered
    icon = ":material/check_circle:" if right else ":material/cancel:"
    st.markdown(f"{icon} {known} **{NAMES[truth]}**: the model's first answer is {'right' if right else 'wrong'}.")


def _show_worth(name: str, top: str, answer: Answer) -> None:
    """The model's record for its answer, and the prior that its probabilities assume."""
    card = loaders.card(name)
    balanced = DX[decide(answer.probabilities[None].astype(float), class_prior(card), "balanced")[0]]
    st.markdown("##### What that is worth")
    report = loaders.report_of(name, "accuracy").set_index("dx", drop=False)
    st.markdown(record_sentence(report.loc[top], name))
    st.markdown(prior_sentence(card["train_counts"], top, balanced))
    st.caption(source_line(report))
