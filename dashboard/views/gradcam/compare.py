"""The Grad-CAM page's comparisons: right beside wrong, one image across all models, one across layers."""

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.study.gallery import pair_of
from core.explain.study.layer_maps import Array, LayerHeatmaps
from core.labels import DX, NAMES
from dashboard.caches import explain, heatmaps
from dashboard.caches.heatmaps import Gallery
from dashboard.charts.overlay import outlined, overlay
from dashboard.components.pick_number import pick_number
from dashboard.components.share import numbered
from dashboard.components.widgets import plain_errors
from dashboard.text.cam_methods import PLACES
from dashboard.text.cam_scores import right_wrong_sentence
from dashboard.text.layer_maps import layers_sentence
from dashboard.text.models import member_sentence, model_label
from dashboard.text.phrases import PLURALS, inside
from dashboard.views.gradcam.image import (
    Display,
    fit_line,
    method_note,
    outline_of,
    prediction_line,
    show_image,
    show_kind,
    true_label,
)

IMAGE = "models-image-"
"""Before the diagnosis in the key of the image that all models explain."""
FIRST = "models-first-"
"""Session state: before a diagnosis, the first of its images."""
MAPS, FIRST_MAPS = "layer-maps-image", "layer-maps-first"
"""Key of the image whose layers are compared, and session state: the first of them."""
PER_ROW = 2
COLUMNS = 5


def start() -> dict[str, object]:
    """Return where the controls of these tabs stand at first, by their keys."""
    images = {f"{IMAGE}{key.removeprefix(FIRST)}": st.session_state[key] for key in numbered(FIRST, None)}
    maps = {MAPS: st.session_state[FIRST_MAPS]} if FIRST_MAPS in st.session_state else {}
    return {"pair-dx": "mel", "pair": 1, "models-dx": "mel"} | images | maps


def show_pair(name: str, display: Display) -> None:
    """Show one right and one wrong image of the same diagnosis, and one sentence about all of them.

    Raises:
        UserError: The model's files are faulty, or the server is busy.
    """
    shown = heatmaps.gallery(name, display.target, display.method)
    show_kind(shown)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox(
            "True diagnosis", DX, index=DX.index("mel"), format_func=NAMES.__getitem__, key="pair-dx", width=300,
            bind="query-params",
        )  # fmt: skip
        number = pick_number("Pair", "Another pair", "pair", "another-pair")
    pair = pair_of(shown.table, str(dx), number - 1)
    for column, title, row in zip(st.columns(2, gap="medium"), ("Right", "Wrong"), pair, strict=True):
        with column:
            st.markdown(f"## {title}")
            if row is None:
                st.info(f"No {PLURALS[str(dx)]} here.", icon=":material/search_off:")
            else:
                show_image(name, row, display)
                st.caption(f"{prediction_line(row)} · {fit_line(row, display.score)} · {row['image_id']}")
    method_note(name, display)
    means = explain.summary(heatmaps.method_of(name, display.method))
    st.markdown(right_wrong_sentence(means, name, display.score, display.target, str(dx)))
    st.caption(
        "Two images prove nothing; the sentence is about all of them, with 95% intervals from resamples of lesions."
    )


def show_models(names: list[str], name: str, display: Display) -> None:
    """Show one image with the heatmaps of all models.

    Args:
        names: All models.
        name: The model from whose table the image is chosen.
        display: How to draw it.

    Raises:
        UserError: The model's files are faulty, or the server is busy.
    """
    shown = heatmaps.gallery(name, display.target, display.method)
    show_kind(shown)
    row = _pick_image(shown)
    for start in range(0, len(names), PER_ROW):
        for column, each in zip(st.columns(PER_ROW, gap="medium"), names[start : start + PER_ROW], strict=False):
            with column, plain_errors():
                st.markdown(f"## {model_label(each)}")
                st.caption(each)
                method_note(each, display)
                _show_model(each, str(row["image_id"]), display)
    st.caption(f"{true_label(row).capitalize()}: {inside(str(row['dx']))}. Each heatmap is scaled to its own maximum.")


def _pick_image(shown: Gallery) -> pd.Series:
    rows = shown.table.set_index("image_id", drop=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox(
            "True diagnosis", DX, index=DX.index("mel"), format_func=NAMES.__getitem__, key="models-dx", width=300,
            bind="query-params",
        )  # fmt: skip
        here = rows[rows["dx"] == dx]
        here = rows if here.empty else here
        picked = st.selectbox("Image", list(here.index), key=f"{IMAGE}{dx}", width=300, bind="query-params")
        st.session_state[f"{FIRST}{dx}"] = here.index[0]
    row: pd.Series = here.loc[picked]
    return row


def _show_model(name: str, image_id: str, display: Display) -> None:
    table = heatmaps.gallery(name, display.target, display.method).table
    found = table[table["image_id"] == image_id]
    if found.empty:
        st.info(f"{model_label(name)} has no prediction for this image.", icon=":material/search_off:")
        return
    row = found.iloc[0]
    show_image(name, row, display)
    st.caption(f"{prediction_line(row)} · {fit_line(row, display.score)}")


def show_layers(name: str, display: Display) -> None:
    """Show one image's heatmaps at each depth of the network, and by other methods than Grad-CAM.

    Raises:
        UserError: The layer maps are missing, altered or of a former model.
    """
    if members := explain.members(name):
        st.info(member_sentence(members[0], "layers"), icon=":material/layers:")
        name = members[0]
    layer_maps = explain.layer_maps(name)
    if layer_maps is None:
        st.info(f"The layers of {model_label(name)} have not been computed yet.", icon=":material/layers:")
        st.code(f"python -m core explain layers {name}", language=None)
        return
    at = _pick_maps(layer_maps)
    row = layer_maps.images.iloc[at]
    st.markdown(f"## Predicted: {inside(row['predicted'])}; {true_label(row)}: {inside(row['dx'])}")
    st.markdown("Grad-CAM from an early layer to the last one:")
    _draw_maps(name, row, {layer: maps[at] for layer, maps in layer_maps.layers.items()}, display)
    st.markdown(layers_sentence(layer_maps, at))
    st.markdown("The same prediction explained by other methods:")
    _draw_maps(name, row, {method: maps[at] for method, maps in layer_maps.methods.items()}, display)
    st.caption(
        "Computed offline by `python -m core explain layers NAME`, the other methods with tf-keras-vis. Each heatmap "
        "is scaled to its own maximum; those with more than 32 rows are reduced to 32. Synthetic lesions are not "
        f"photographs. The other tabs show {PLACES[heatmaps.method_of(name, display.method)]}."
    )


def _draw_maps(name: str, row: pd.Series, maps: dict[str, Array], display: Display) -> None:
    image_id = str(row["image_id"])
    image = heatmaps.image(image_id)
    mask = outline_of(image_id, image)[0] if display.outline else None
    first, *columns = st.columns(max(len(maps) + 1, COLUMNS))
    first.image(
        outlined(image, mask), width="stretch", output_format="JPEG", alt=f"{image_id}, {NAMES[str(row['dx'])]}"
    )
    first.caption("Image")
    for column, (title, heat) in zip(columns, maps.items(), strict=False):
        column.image(
            outlined(overlay(image, heat, display.opacity, display.colormap), mask), width="stretch",
            output_format="JPEG", alt=f"{image_id}: {title} of {name} for {NAMES[str(row['predicted'])]}",
        )  # fmt: skip
        none = "" if heat.any() else ": empty"
        column.caption(f"{title}, {heat.shape[0]} x {heat.shape[1]}{none}")


def _pick_maps(layer_maps: LayerHeatmaps) -> int:
    names = layer_maps.images["image_id"]
    there = [at for at, image_id in enumerate(names) if _installed(str(image_id))]
    labels = {at: f"{NAMES[layer_maps.images['dx'][at]]}: {names[at]}" for at in there}
    ordered = sorted(there, reverse=True)
    st.session_state[FIRST_MAPS] = ordered[0]
    return st.selectbox("Image", ordered, format_func=labels.__getitem__, key=MAPS, width=420, bind="query-params")


def _installed(image_id: str) -> bool:
    try:
        heatmaps.image(image_id)
    except UserError:
        return False
    return True
