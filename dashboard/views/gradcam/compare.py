"""The Grad-CAM page's comparisons: right beside wrong, one picture across all models, one across layers."""

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.study.findings import gap_sentence
from core.explain.study.gallery import pair_of
from core.explain.study.layer_maps import Array, Strips
from core.labels import DX, NAMES
from dashboard.caches import explain, heatmaps
from dashboard.caches.heatmaps import SYNTHETIC, Pictures
from dashboard.charts.overlay import outlined, overlay
from dashboard.components.widgets import plain_errors
from dashboard.text.layer_maps import layers_sentence
from dashboard.text.phrases import PLURALS, listed
from dashboard.views.gradcam.picture import Look, fit_line, outline_of, said_line, show_kind, show_picture

PAIR = "pair-number"
PER_ROW = 2
COLUMNS = 5


def show_pair(name: str, look: Look) -> None:
    """One right and one wrong picture of the same diagnosis, and what all of them say.

    Raises:
        UserError: The model's files or the dataset are faulty, or the server is busy.
    """
    shown = heatmaps.pictures(name, look.target)
    show_kind(shown)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox(
            "True diagnosis", DX, index=DX.index("mel"), format_func=NAMES.get, key="pair-dx", width=300
        )  # fmt: skip
        if st.button("Another pair", icon=":material/shuffle:", key="another-pair"):
            st.session_state[PAIR] = st.session_state.get(PAIR, 0) + 1
    pair = pair_of(shown.table, str(dx), st.session_state.get(PAIR, 0))
    for column, title, row in zip(st.columns(2, gap="medium"), ("Right", "Wrong"), pair, strict=True):
        with column:
            st.markdown(f"##### {title}")
            if row is None:
                st.info(f"None of these {PLURALS[str(dx)]}.", icon=":material/search_off:")
            else:
                show_picture(name, row, look)
                st.caption(f"{said_line(row)} · {fit_line(row, look.score)} · {row['image_id']}")
    sentence = gap_sentence(explain.summary(), name, str(dx), look.score, look.target)
    st.markdown(sentence)
    st.caption("Two pictures prove nothing; the sentence is over all of them, with 95% intervals over lesions.")


def show_models(names: list[str], name: str, look: Look) -> None:
    """One picture, as every model sees it.

    Args:
        names: All models.
        name: Whose table the picture is chosen from.
        look: How to draw it.

    Raises:
        UserError: The model's files or the dataset are faulty, or the server is busy.
    """
    shown = heatmaps.pictures(name, look.target)
    show_kind(shown)
    row = _pick_picture(shown)
    for start in range(0, len(names), PER_ROW):
        for column, each in zip(st.columns(PER_ROW, gap="medium"), names[start : start + PER_ROW], strict=False):
            with column, plain_errors():
                st.markdown(f"##### {each}")
                _show_model(each, str(row["image_id"]), look)
    st.caption(f"In truth: {NAMES[str(row['dx'])]}. Each heatmap is scaled to its own maximum.")


def _pick_picture(shown: Pictures) -> pd.Series:
    rows = shown.table.set_index("image_id", drop=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox(
            "True diagnosis", DX, index=DX.index("mel"), format_func=NAMES.get, key="models-dx", width=300
        )  # fmt: skip
        here = rows[rows["dx"] == dx]
        here = rows if here.empty else here
        picked = st.selectbox("Picture", list(here.index), key=f"models-picture-{dx}", width=300)
    return here.loc[picked]


def _show_model(name: str, image_id: str, look: Look) -> None:
    table = heatmaps.pictures(name, look.target).table
    found = table[table["image_id"] == image_id]
    if found.empty:
        st.info(f"{name} has not been asked about this picture.", icon=":material/search_off:")
        return
    row = found.iloc[0]
    show_picture(name, row, look)
    st.caption(f"{said_line(row)} · {fit_line(row, look.score)}")


def show_layers(name: str, look: Look) -> None:
    """One picture at each depth of the network, and by other methods than Grad-CAM.

    Raises:
        UserError: The strips are missing, altered or of a former model.
    """
    if members := explain.members(name):
        st.info(
            f"{name} is an ensemble and has no layers of its own; choose one of its members: {listed(members)}.",
            icon=":material/layers:",
        )
        return
    strips = explain.strips(name)
    if strips is None:
        st.info(f"{name} has not been looked at layer by layer yet.", icon=":material/layers:")
        st.code(f"python -m core explain layers {name}", language=None)
        return
    at = _pick_strip(strips)
    row = strips.pictures.iloc[at]
    word = "drawn for" if str(row["image_id"]).startswith(SYNTHETIC) else "in truth"
    st.markdown(f"##### {name} says {NAMES[row['said']]}, {word} {NAMES[row['dx']]}")
    st.markdown("Grad-CAM from the shallow layers to the last")
    _draw_strip(name, row, {layer: maps[at] for layer, maps in strips.layers.items()}, look)
    st.markdown(layers_sentence(strips, at))
    st.markdown("The same answer by other methods")
    _draw_strip(name, row, {method: maps[at] for method, maps in strips.methods.items()}, look)
    st.caption(
        "Computed offline, by `python -m core explain layers NAME`, the other methods by tf-keras-vis; a synthetic "
        "lesion is no photograph. Maps of more than 32 rows are reduced to 32. Each is scaled to its own maximum."
    )


def _draw_strip(name: str, row: pd.Series, maps: dict[str, Array], look: Look) -> None:
    image_id = str(row["image_id"])
    image = heatmaps.picture(image_id)
    mask = outline_of(image_id, image)[0] if look.outline else None
    first, *columns = st.columns(max(len(maps) + 1, COLUMNS))
    first.image(
        outlined(image, mask), width="stretch", output_format="JPEG", alt=f"{image_id}, {NAMES[str(row['dx'])]}"
    )
    first.caption("Picture")
    for column, (title, heat) in zip(columns, maps.items(), strict=False):
        column.image(
            outlined(overlay(image, heat, look.opacity, look.colormap), mask), width="stretch", output_format="JPEG",
            alt=f"{image_id}: {title} of {name} for {NAMES[str(row['said'])]}",
        )  # fmt: skip
        none = "" if heat.any() else ": nothing speaks for it"
        column.caption(f"{title}, {heat.shape[0]} x {heat.shape[1]}{none}")


def _pick_strip(strips: Strips) -> int:
    names = strips.pictures["image_id"]
    there = [at for at, image_id in enumerate(names) if _installed(str(image_id))]
    labels = {at: f"{NAMES[strips.pictures['dx'][at]]}: {names[at]}" for at in there}
    return int(st.selectbox("Picture", sorted(there, reverse=True), format_func=labels.get, key="strip", width=420))


def _installed(image_id: str) -> bool:
    try:
        heatmaps.picture(image_id)
    except UserError:
        return False
    return True
