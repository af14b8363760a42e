"""The controls of the classify page: which model, where the image comes from, and which part of it the model sees."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from core.config import MAX_BYTES
from core.data.images import Image, jpeg
from core.inference.class_mix import ClassMix, as_class_mix
from core.inference.crop import SMALLEST, Crop, crop_pixels, cut
from core.inference.decode import decode
from core.inference.heatmaps import METHODS, HeatmapMethod
from core.labels import DX, NAMES
from core.synthetic.lesions import CAPTION
from dashboard.caches import inference, tables
from dashboard.charts.overlay import framed
from dashboard.components.models import pick_model
from dashboard.components.pick_number import pick_number
from dashboard.components.share import numbered
from dashboard.components.uploads import warn_of_dropped
from dashboard.components.widgets import dataset_fault
from dashboard.navigation import on_device_address, page_link
from dashboard.text.access import camera_obstacle, upload_obstacle
from dashboard.text.predicted_class import METHOD_HELP, MIX_LABELS
from dashboard.views.classify.camera import take_photo

SOURCES = {
    "upload": "Upload",
    "many": "Several images",
    "camera": "Camera",
    "synthetic": "Synthetic lesion",
    "test": "Test image",
}
TYPES = ["jpg", "jpeg", "jfif", "jpe", "png", "webp"]
DRAWN = "It was drawn as"
ONE = "one-file"
NONE = "No other model"
HEATMAP, OPACITY = "heatmap-", "opacity-"
"""Before the model in the keys of its heatmap's class and opacity; the first ends in the predicted class."""


class Subject(NamedTuple):
    """An image to classify.

    Attributes:
        image: uint8, (height, width, 3), RGB.
        caption: What it is.
        truth: The true diagnosis if it is known.
        known: How it is known, as the first words of a sentence.
    """

    image: Image
    caption: str
    truth: str | None = None
    known: str = "It is"

    @property
    def synthetic(self) -> bool:
        """Whether it is a synthetic lesion."""
        return self.known == DRAWN


def pick_crop(subject: Subject) -> Subject:
    """Let the visitor move and shrink the part that the model sees; return that part."""
    height, width = subject.image.shape[:2]
    fold = st.expander("Move or shrink the crop", icon=":material/crop:", key="crop-fold", on_change="rerun")
    with fold:
        left, right = st.columns([2, 3], gap="medium")
        with right:
            size = st.slider(
                "Size", round(100 * SMALLEST), 100, 100, step=5, format="%d%%", key="crop-size", bind="query-params"
            )
            across = st.slider(
                "Left to right", 0, 100, 50, step=5, format="%d%%", key="crop-across", bind="query-params"
            )
            down = st.slider("Top to bottom", 0, 100, 50, step=5, format="%d%%", key="crop-down", bind="query-params")
        crop = Crop(size / 100, across / 100, down / 100)
        if fold.open:
            left.image(
                jpeg(framed(subject.image, crop_pixels(height, width, crop))), width="stretch", output_format="JPEG",
                alt="The whole image; the part that the model doesn't see is dimmed",
            )  # fmt: skip
    return subject._replace(image=cut(subject.image, crop))


def show_empty() -> None:
    """Show how to get a model while none is exported."""
    st.info("**There is no model yet.** Train and export one first:", icon=":material/model_training:")
    st.code("python -m core train baseline_cnn\npython -m core export baseline_cnn", language=None)
    st.markdown("These pages work without a model:")
    with st.container(horizontal=True):
        page_link("metadata_eda")
        page_link("split_resampling")


def show_on_device() -> None:
    """Offer the page that classifies without an upload."""
    st.markdown(
        f"Rather not upload? [Classify on this device]({on_device_address()}): the model runs in your browser, and the "
        "image never leaves it."
    )


def pick_models(names: list[str], pair: bool = True) -> list[str]:
    """Pick the model, and perhaps a second one to compare with.

    Args:
        names: To choose from.
        pair: Whether a second one can be picked.
    """
    first = pick_model("Model", names, "model")
    others = [name for name in names if name != first and pair]
    second = pick_model("Compare with", others, "compare-with", none=NONE) if others else None
    return [name for name in (first, second) if name]


def start(names: list[str]) -> dict[str, object]:
    """Return where the page's controls stand at first, by their keys."""
    return {
        "model": names[0], "compare-with": NONE, "mix": "ham10000", "source": "upload", "drawn-as": "mel",
        "crop-size": 100, "crop-across": 50, "crop-down": 50, "method": METHODS[0], "example": 1,
        **numbered(OPACITY, 60), **{key: key.rsplit("-", 1)[1] for key in numbered(HEATMAP, None)},
    }  # fmt: skip


def pick_class_mix() -> ClassMix:
    """Pick how common the diagnoses are assumed to be."""
    return as_class_mix(
        str(
            st.segmented_control(
                "How common each diagnosis is", list(MIX_LABELS), default="ham10000", required=True, key="mix",
                format_func=MIX_LABELS.__getitem__, bind="query-params",
                help="Two thirds of HAM10000 are nevi, so a model that learned from it expects nevi. Where you are, "
                "other diagnoses may be more common.",
            )
        )
    )  # fmt: skip


def pick_method(offered: Sequence[HeatmapMethod]) -> HeatmapMethod:
    """Pick how predictions are explained; there is no control where there is no choice."""
    if len(offered) < 2:
        return offered[0]
    picked = st.segmented_control(
        "Heatmap", offered, default=offered[0], required=True, key="method", bind="query-params", help=METHOD_HELP
    )
    return next(each for each in offered if each == picked)


def method_of(offered: Sequence[HeatmapMethod], method: HeatmapMethod) -> HeatmapMethod:
    """Return the method that was chosen if a model offers it, else the one that every model has."""
    return method if method in offered else offered[-1]


def pick_source() -> str:
    """Pick where the image comes from; test images are offered if the dataset is installed."""
    sources = [name for name in SOURCES if name != "test" or len(inference.test_images())]
    dataset_fault("Until this is fixed, no test images are offered here.")
    return str(
        st.segmented_control(
            "Image", sources, default="upload", required=True, key="source", format_func=SOURCES.__getitem__,
            bind="query-params", wrap=True,
        )
    )  # fmt: skip


def pick_image(source: str) -> Subject | None:
    """Pick the image to classify; None while there is none.

    Raises:
        UserError: The uploaded file is refused.
    """
    if source == "synthetic":
        return _synthetic()
    if source == "test":
        return _test_image()
    address = st.context.url
    if obstacle := upload_obstacle(address, list(st.context.cookies)):
        _show_obstacle(obstacle, address)
        return None
    if source == "camera" and (obstacle := camera_obstacle(address)):
        _show_obstacle(obstacle)
        return None
    if source == "camera":
        return _decoded(take_photo())
    file = st.file_uploader("A dermatoscopic image with the spot in the middle", type=TYPES, key=ONE)
    warn_of_dropped(ONE)
    st.caption(
        f"JPEG, PNG or WebP, up to {MAX_BYTES // 2**20} MB; save HEIC photos as JPEG first. Nothing is saved: the "
        "image stays in this server's memory until you remove it or leave this page. The models were trained on "
        "dermatoscopic images, taken through a lit magnifier held on the skin, not on ordinary photos."
    )
    if not file:
        _offer_examples()
    return _decoded(file)


def _show_obstacle(obstacle: str, address: str | None = None) -> None:
    """Say why the browser can't send an image, offer the address in a new tab if that helps, and what works here."""
    st.warning(obstacle, icon=":material/block:")
    if address:
        st.link_button("Open in a new tab", address, icon=":material/open_in_new:")
    _offer_examples()


def _offer_examples() -> None:
    """Offer a synthetic lesion of each diagnosis to visitors without an image."""
    st.markdown("## No image? Try a synthetic lesion")
    with st.container(horizontal=True):
        for dx, image in tables.synthetic_examples().items():
            with st.container(width=160, gap="xsmall"):
                st.image(image, width="stretch", output_format="JPEG", alt=f"{CAPTION}, drawn as {NAMES[dx]}")
                st.button(NAMES[dx], key=f"try-{dx}", on_click=_try, args=(dx,), width="stretch")


def _try(dx: str) -> None:
    st.session_state["source"], st.session_state["drawn-as"] = "synthetic", dx


def _decoded(file: Any) -> Subject | None:
    return Subject(decode(file.getvalue()), "Your image") if file else None


def _synthetic() -> Subject:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = str(
            st.selectbox(
                "Drawn as", DX, index=DX.index("mel"), format_func=NAMES.__getitem__, key="drawn-as", width=225,
                bind="query-params",
            )
        )  # fmt: skip
        number = _pick_example()
    images, captions = tables.synthetic_images(dx, 1, number - 1)
    return Subject(images[0], captions[0], dx, DRAWN)


def _test_image() -> Subject:
    rows = inference.test_images()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = _pick_example()
    row = rows.iloc[(number - 1) % len(rows)]
    return Subject(tables.thumbnail(row["path"]), f"{row['image_id']}, test split of HAM10000", row["dx"])


def _pick_example() -> int:
    return pick_number("Number", "Another", "example", "another")
