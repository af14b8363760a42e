"""The map of the embeddings, and the parents of the synthetic row that is clicked."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.data.images import Image
from core.errors import UserError
from core.lab.experiment import LabResult
from core.labels import DX, NAMES
from core.resampling.inspection import Parents, find_parents
from core.resampling.strategies import STRATEGIES
from dashboard.caches import dataset, lab, tables
from dashboard.charts.embedding_map import VIEWS, ParentSpots, embedding_map, place
from dashboard.components.widgets import PLOTLY, download_table
from dashboard.text.embedding_map import parents_sentence
from dashboard.text.phrases import plain
from dashboard.text.terms import explained

CHOSEN = "synthetic-row"
"""Name in the address of the synthetic row whose parents are shown, counted from 1."""
SYNTHETIC_ROWS = 60
WIDTH = 230


def show_map(result: LabResult) -> None:
    """Show training images and synthetic rows on a plane; a click shows a synthetic row's parents."""
    view = st.segmented_control(
        "Map", list(VIEWS), format_func=VIEWS.__getitem__, default="pca", required=True, key="map", bind="query-params",
        help="Each image is a list of numbers (embedding). PCA draws it along the two directions in which images "
        "differ most, with synthetic rows exactly where they belong. t-SNE, computed offline from the images alone, "
        "keeps similar images close; far distances mean little. There, each synthetic row is placed between the two "
        "nearest images.",
    )  # fmt: skip
    data, rows = lab.embeddings(), result.train_rows
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
    images = pd.DataFrame({
        "x": flat[rows, 0], "y": flat[rows, 1], "dx": np.array(DX)[data.labels[rows]],
        "image_id": data.image_id[rows], "group": data.group[rows],
    })  # fmt: skip
    chosen = _chosen(len(made)) if len(made) else None
    found = None
    if chosen is not None:
        neighbors = result.setting.resampling.neighbors
        found = find_parents(made[chosen], known, data.labels[rows], int(labels[chosen]), neighbors)
    between = ParentSpots(*(tuple(flat[rows[i]].tolist()) for i in found[:2])) if found else None
    chart = embedding_map(images, synthetic, chosen, between)
    st.plotly_chart(chart.figure, width="stretch", key="embedding-map", config=PLOTLY, on_select=_take_click,
                    selection_mode="points", alt=f"Map of the training rows: {plain(chart.sentence)}")  # fmt: skip
    st.markdown(chart.sentence)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        source = f"HAM10000, training split; {VIEWS[view]} of frozen ImageNet embeddings"
        st.caption(source, width="stretch", help=explained(source))
        download_table(chart.table, "map")
    if found and chosen is not None:
        _show_parents(rows, found, str(synthetic["dx"].iloc[chosen]), len(made))


def _mixes(result: LabResult) -> bool:
    """Return whether its synthetic rows lie between two images."""
    return STRATEGIES[result.setting.resampling.strategy].kind in ("synthetic", "both")


def _take_click() -> None:
    for point in st.session_state["embedding-map"]["selection"]["points"]:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list) else number
        if isinstance(number, int | float):
            st.query_params[CHOSEN] = str(int(number) + 1)


def _chosen(n: int) -> int:
    """Return the synthetic row that the address names, counted from 0; the first if there is no such row."""
    rows = {str(i + 1): i for i in range(n)}
    if (written := st.query_params.get(CHOSEN)) in rows:
        return rows[written]
    st.query_params.pop(CHOSEN, None)
    return 0


def _next(n: int) -> None:
    st.query_params[CHOSEN] = str((_chosen(n) + 1) % n + 1)


def _show_parents(rows: NDArray[np.int64], found: Parents, dx: str, n: int) -> None:
    """Show both parents of a synthetic row, and the two blended."""
    data = lab.embeddings()
    pair = [rows[found.first], rows[found.second]]
    names = [f"{data.image_id[i]} (lesion group {data.group[i]})" for i in pair]
    st.markdown(parents_sentence(found, names, dx, bool(data.group[pair[0]] == data.group[pair[1]])))
    share = max(found.position, 0.0)
    parents, real = _images([str(data.image_id[i]) for i in pair], dx)
    blend = (parents[0] * (1 - share) + parents[1] * share).astype(np.uint8)
    kind = "parent" if real else "synthetic lesion"
    captions = (f"First {kind}", f"Second {kind}", "Both blended")
    with st.container(horizontal=True):
        for image, caption in zip([*parents, blend], captions, strict=True):
            alt = f"{caption}: {'dermatoscopic image' if real else 'synthetic lesion'}, {NAMES[dx]}"
            st.image(image, caption, width=WIDTH, output_format="JPEG", alt=alt)
    if not real:
        st.caption("HAM10000 isn't installed, so these are two synthetic lesions of the same class, not the parents.")
    st.markdown(
        "The synthetic row has no image. Blending its parents pixel by pixel shows two borders on top of each other, "
        "which no real lesion has. Mixing embeddings avoids that, but doesn't guarantee a possible lesion either."
    )
    st.button("Another synthetic row", icon=":material/shuffle:", on_click=_next, args=(n,), key="next-synthetic")


def _images(names: list[str], dx: str) -> tuple[list[Image], bool]:
    """Return the parents' images if they are installed, else two synthetic lesions of the class."""
    try:
        found = dataset.usable()
        if found and all(name in found.images for name in names):
            return [tables.thumbnail(str(found.images[name])) for name in names], True
    except UserError:
        pass
    drawn, _ = tables.synthetic_images(dx, 2, 0)
    return drawn, False
