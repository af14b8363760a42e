"""The map of the embeddings, and the parents of the synthetic row that is clicked."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.data.images import Image
from core.errors import UserError
from core.lab.experiment import Result
from core.labels import DX, NAMES
from core.resampling.resample import parents
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab, tables
from dashboard.charts.embedding_map import VIEWS, Parents, embedding_map, place
from dashboard.components.widgets import PLOTLY, download_table
from dashboard.text.phrases import PLURALS, plain

CHOSEN = "synthetic-chosen"
SYNTHETIC_ROWS = 60
WIDTH = 230


def show_map(result: Result) -> None:
    """Training pictures and synthetic rows on a plane; a click shows a synthetic row's parents."""
    view = st.segmented_control(
        "Map", list(VIEWS), format_func=VIEWS.get, default="pca", required=True, key="map", bind="query-params",
        help="PCA: the first two principal components, synthetic rows at their exact place. t-SNE: drawn offline from "
        "the pictures alone; synthetic rows are put between the two nearest of them.",
    )  # fmt: skip
    data, rows = lab.embeddings(), result.pictures
    try:
        flat = data.features[:, :2] if view == "pca" else lab.flat_map()
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    known = data.features[rows]
    made = result.synthetic[:SYNTHETIC_ROWS, : known.shape[1]] if _mixes(result) else result.synthetic[:0]
    spots = made[:, :2] if view == "pca" else place(made, known, flat[rows])
    labels = result.synthetic_labels[: len(made)]
    synthetic = pd.DataFrame({"x": spots[:, 0], "y": spots[:, 1], "dx": np.array(DX)[labels]})
    pictures = pd.DataFrame({
        "x": flat[rows, 0], "y": flat[rows, 1], "dx": np.array(DX)[data.labels[rows]],
        "image_id": data.image_id[rows], "group": data.group[rows],
    })  # fmt: skip
    chosen = min(int(st.session_state.get(CHOSEN, 0)), len(made) - 1) if len(made) else None
    found = None
    if chosen is not None:
        found = parents(made[chosen], known, data.labels[rows], int(labels[chosen]), result.setting.neighbors)
    between = Parents(*(tuple(flat[rows[i]].tolist()) for i in found[:2])) if found else None
    chart = embedding_map(pictures, synthetic, chosen, between)
    st.plotly_chart(chart.figure, width="stretch", key="embedding-map", config=PLOTLY, on_select=_take_click,
                    selection_mode="points", alt=f"Map of the training rows: {plain(chart.sentence)}")  # fmt: skip
    st.markdown(chart.sentence)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"HAM10000, training side; {VIEWS[view]} of frozen ImageNet embeddings", width="stretch")
        download_table(chart.table, "map")
    if found and chosen is not None:
        _show_parents(rows, found, str(synthetic["dx"].iloc[chosen]), len(made))


def _mixes(result: Result) -> bool:
    """Whether its synthetic rows lie between two pictures."""
    return STRATEGIES[result.setting.strategy].kind in ("synthetic", "both")


def _take_click() -> None:
    for point in st.session_state["embedding-map"]["selection"]["points"]:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list) else number
        if isinstance(number, int | float):
            st.session_state[CHOSEN] = int(number)


def _next(n: int) -> None:
    st.session_state[CHOSEN] = (int(st.session_state.get(CHOSEN, 0)) + 1) % n


def _show_parents(rows: NDArray[np.int64], found: tuple[int, int, float, float], dx: str, n: int) -> None:
    """Ids, lesions and pictures of both parents, and the two blended."""
    data = lab.embeddings()
    first, second, step, miss = found
    pair = [rows[first], rows[second]]
    same = data.group[pair[0]] == data.group[pair[1]]
    names = [f"{data.image_id[i]} (lesion group {data.group[i]})" for i in pair]
    way = f"{step:.0%} of the way from {names[0]} to {names[1]}"
    if step < 0:
        way = f"{-step:.0%} of their distance beyond {names[0]}, away from {names[1]}"
    st.markdown(
        f"**A synthetic row of {PLURALS[dx]}**, {way}"
        f"{', two pictures of one and the same lesion' if same else ', two lesions'}."
        + (" No two rows explain it to the last digit; these come nearest." if miss > 0.01 else "")
    )
    step = max(step, 0.0)
    pictures, real = _pictures([str(data.image_id[i]) for i in pair], dx)
    blend = (pictures[0] * (1 - step) + pictures[1] * step).astype(np.uint8)
    captions = (
        ["First parent", "Second parent", "Both blended"] if real else ["Drawn, first", "Drawn, second", "Blended"]
    )
    with st.container(horizontal=True):
        for picture, caption in zip([*pictures, blend], captions, strict=True):
            alt = f"{caption}: {'dermatoscopic picture' if real else 'synthetic lesion'}, {NAMES[dx]}"
            st.image(picture, caption, width=WIDTH, output_format="JPEG", alt=alt)
    if not real:
        st.caption("HAM10000 is not installed: these are two drawn lesions of the same diagnosis, not the parents.")
    st.markdown(
        "The synthetic row has no picture. Blending its parents pixel by pixel shows two borders laid over each other, "
        "a lesion that no skin has; mixing embeddings does not do that, but nor does it promise a possible lesion."
    )
    st.button("Another synthetic row", icon=":material/shuffle:", on_click=_next, args=(n,), key="next-synthetic")


def _pictures(names: list[str], dx: str) -> tuple[list[Image], bool]:
    """The parents' pictures where they are installed, else two drawn lesions of the diagnosis."""
    try:
        dataset = tables.dataset()
        if dataset and all(name in dataset.images for name in names):
            return [tables.thumbnail(str(dataset.images[name])) for name in names], True
    except UserError:
        pass
    drawn, _ = tables.synthetic_images(dx, 2, 0)
    return drawn, False
