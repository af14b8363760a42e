"""The Grad-CAM page's blocks: controls, the counts behind the gallery, a right and a wrong picture, and the grid."""

from typing import NamedTuple

import streamlit as st

from core.data.images import Image
from core.labels import DX, NAMES
from core.serving.gallery import Entry
from dashboard import loaders
from dashboard.charts.answer import counts_sentence, percent, source_line
from dashboard.charts.overlay import COLORMAPS, side_by_side
from dashboard.charts.words import PLURALS, amount
from dashboard.serving_loaders import Kind, Shown
from dashboard.widgets import about_synthetic, fetch_data

SIDES = {"All": (True, False), "Right": (True,), "Wrong": (False,)}
TARGETS = {"said": "Model's answer", "true": "True diagnosis"}
COLUMNS = 3
WHAT = {
    "reference": "test pictures, drawn at random from the right and from the wrong ones, heatmaps by tf-keras-vis",
    "live": "installed test pictures, heatmaps by the served model",
    "synthetic": "synthetic lesions, heatmaps by the served model",
}
"""Said under the pictures, by kind."""


class Look(NamedTuple):
    """How heatmaps are drawn.

    Attributes:
        target: Key of TARGETS: which diagnosis's heatmap.
        opacity: 0 to 1.
        colormap: Key of overlay.COLORMAPS.
    """

    target: str
    opacity: float
    colormap: str


def pick_subject(names: list[str]) -> tuple[str, str]:
    """Model and true diagnosis."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Model", names, key="model", bind="query-params", width=300)
        dx = st.selectbox(
            "True diagnosis", DX, index=DX.index("mel"), format_func=NAMES.get, key="dx", bind="query-params", width=300
        )
    return str(name), str(dx)


def pick_look() -> Look:
    """How heatmaps are drawn."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            "Heatmap for", list(TARGETS), default="said", required=True, key="target", format_func=TARGETS.get
        )
        colormap = st.segmented_control(
            "Colours", list(COLORMAPS), default="viridis", required=True, key="colormap",
            help="Viridis and inferno grow evenly to the eye; jet, which is what many papers use, shows edges that "
            "are not there.",
        )  # fmt: skip
        opacity = st.slider("Opacity", 0, 100, 60, step=5, format="%d %%", key="opacity", width=200)
    return Look(str(target), opacity / 100, str(colormap))


def show_counts(name: str, dx: str) -> None:
    """How many test pictures of the diagnosis the model gets right, and what it calls the others.

    Raises:
        UserError: The model's predictions are missing or altered.
    """
    said = loaders.decisions_of(name, "accuracy")
    report = loaders.report_of(name, "accuracy").set_index("dx", drop=False)
    st.markdown(counts_sentence(said[said["dx"] == dx], report.loc[dx], name))
    st.caption(source_line(report))


def show_kind(kind: Kind) -> None:
    """Say what the pictures are where they are no reference, and how to get the real ones."""
    if kind == "synthetic":
        about_synthetic()
        with st.expander("Get the real pictures", icon=":material/download:"):
            fetch_data()
    if kind == "live":
        st.info(
            "The installed part of HAM10000 lacks pictures of the committed gallery; these are other test pictures.",
            icon=":material/photo_library:",
        )


def show_pair(shown: Shown, dx: str, look: Look) -> list[str]:
    """One right and one wrong picture of the diagnosis, large, side by side.

    Returns:
        Their names, so that the grid need not show them again.
    """
    pair = [next((each for each in shown.pairs if each[1].right is right), None) for right in (True, False)]
    for column, title, each in zip(st.columns(2, gap="large"), ("Right", "Wrong"), pair, strict=True):
        with column:
            st.markdown(f"##### {title}")
            if each is None:
                st.info(f"None of these {PLURALS[dx]}.", icon=":material/search_off:")
            else:
                _show(*each, look)
    return [each[1].image_id for each in pair if each]


def show_grid(shown: Shown, dx: str, look: Look, besides: list[str]) -> None:
    """The other pictures beside their heatmaps, all or only right or wrong ones.

    Args:
        besides: Names of pictures that are shown already.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("##### More of them", width="stretch")
        side = st.segmented_control(
            "Show", list(SIDES), default="All", required=True, key="side", label_visibility="collapsed"
        )
    rest = [each for each in shown.pairs if each[1].image_id not in besides and each[1].right in SIDES[str(side)]]
    for start in range(0, len(rest), COLUMNS):
        columns = st.columns(COLUMNS, gap="medium")
        for column, (image, entry) in zip(columns, rest[start : start + COLUMNS], strict=False):
            with column:
                _show(image, entry, look)
    if not rest:
        st.info(f"None of these {PLURALS[dx]}.", icon=":material/search_off:")
    st.caption(
        f"{amount(len(shown.pairs), 'pictures')} in all: {WHAT[shown.kind]}. Bright is where the model's last "
        "convolution speaks for the diagnosis. Each heatmap is scaled to its own maximum, so brightness does not "
        "compare between pictures."
    )


def _show(image: Image, entry: Entry, look: Look) -> None:
    target = entry.said if look.target == "said" else entry.dx
    heatmap = entry.heatmaps[target]
    icon = ":material/check_circle:" if entry.right else ":material/cancel:"
    st.image(
        side_by_side(image, heatmap, look.opacity, look.colormap), width="stretch",
        alt=f"{entry.image_id}, {NAMES[entry.dx]}, beside its heatmap for {NAMES[target]}",
    )  # fmt: skip
    none = "" if heatmap.any() else f" · **Nothing speaks for {NAMES[target]}** here: no heatmap."
    st.caption(f"{icon} Model says {NAMES[entry.said]}, {percent(entry.confidence, 1)} · {entry.image_id}{none}")
