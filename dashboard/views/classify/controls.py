"""The classify page's controls: which model, where the picture comes from, and which part of it the model sees."""

from typing import Any, NamedTuple

import streamlit as st

from core.data.images import Image
from core.inference.crop import LEAST, Crop, cut, place
from core.inference.decode import decode
from core.labels import DX, NAMES
from dashboard.caches import inference, tables
from dashboard.charts.overlay import framed
from dashboard.navigation import page_link

SOURCES = {"upload": "Upload", "camera": "Camera", "synthetic": "Synthetic lesion", "test": "Test picture"}
TYPES = ["jpg", "jpeg", "png", "webp"]
TURN = "classify-turn"
"""Session state: how often "Another" has been pressed."""


DRAWN = "It was drawn as"
NONE = "No other model"
HALF = 171
"""Pixels: two controls stand side by side on a phone."""


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

    @property
    def synthetic(self) -> bool:
        """Whether it was drawn."""
        return self.known == DRAWN


def pick_crop(picture: Picture) -> Picture:
    """The part of the picture that the model sees, which the visitor may move and shrink."""
    height, width = picture.image.shape[:2]
    with st.expander("Move or shrink the crop", icon=":material/crop:"):
        left, right = st.columns([2, 3], gap="medium")
        with right:
            size = st.slider("Size", round(100 * LEAST), 100, 100, step=5, format="%d%%", key="crop-size")
            across = st.slider("Left to right", 0, 100, 50, step=5, format="%d%%", key="crop-across")
            down = st.slider("Top to bottom", 0, 100, 50, step=5, format="%d%%", key="crop-down")
        crop = Crop(size / 100, across / 100, down / 100)
        with left:
            st.image(
                framed(picture.image, place(height, width, crop)), width="stretch", output_format="JPEG",
                alt="The whole picture; what the model does not see is dimmed",
            )  # fmt: skip
    return picture._replace(image=cut(picture.image, crop))


def show_empty() -> None:
    """What stands in place of the page while no model is exported."""
    st.info("**No model is ready to answer yet.** Train and export one first:", icon=":material/model_training:")
    st.code("python -m core train baseline_cnn\npython -m core export baseline_cnn", language=None)
    st.markdown("These pages need none:")
    with st.container(horizontal=True):
        page_link("metadata_eda")
        page_link("split_resampling")


def pick_models(names: list[str]) -> list[str]:
    """Which model answers, the best on the test split first, and perhaps a second beside it."""
    first = str(st.selectbox("Model", names, key="model", bind="query-params", width=HALF))
    others = [name for name in names if name != first]
    second = st.selectbox("Beside it", [NONE, *others], key="beside", width=HALF) if others else NONE
    return [first] if second == NONE else [first, str(second)]


def pick_source() -> str:
    """Where the picture comes from; test pictures are offered where the dataset is installed."""
    sources = [name for name in SOURCES if name != "test" or len(inference.test_pictures())]
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
        "it. Photographs without a dermatoscope are not what the models learned from."
    )
    if not file:
        _offer_examples()
    return _decoded(file)


def _offer_examples() -> None:
    """A synthetic lesion of each diagnosis to click, for those who have no picture."""
    st.markdown("##### No picture at hand? Try a synthetic lesion")
    with st.container(horizontal=True):
        for dx in DX:
            with st.container(width=160, gap="xsmall"):
                images, captions = tables.synthetic_images(dx, 1, 0)
                st.image(images[0], width="stretch", output_format="JPEG", alt=f"{captions[0]}, drawn as {NAMES[dx]}")
                st.button(NAMES[dx], key=f"try-{dx}", on_click=_try, args=(dx,), width="stretch")


def _try(dx: str) -> None:
    st.session_state["source"], st.session_state["phantom"] = "synthetic", dx


def _decoded(file: Any) -> Picture | None:
    return Picture(decode(file.getvalue()), "Your picture") if file else None


def _synthetic() -> Picture:
    dx, turn = _pick_dx_and_turn()
    images, captions = tables.synthetic_images(dx, 1, turn)
    return Picture(images[0], captions[0], dx, DRAWN)


def _test_picture() -> Picture:
    rows = inference.test_pictures()
    row = rows.iloc[_turn() % len(rows)]
    return Picture(tables.thumbnail(row["path"]), f"{row['image_id']}, test split of HAM10000", row["dx"])


def _pick_dx_and_turn() -> tuple[str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox("Drawn as", DX, index=DX.index("mel"), format_func=NAMES.get, key="phantom", width=225)
        return str(dx), _turn()


def _turn() -> int:
    if st.button("Another", icon=":material/shuffle:", key="another"):
        st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    return int(st.session_state.get(TURN, 0))
