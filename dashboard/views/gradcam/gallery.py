"""The Grad-CAM page's gallery: filters, order, a page of images, the table behind it, and one image enlarged."""

from typing import Any

import pandas as pd
import streamlit as st

from core.data.metadata import DX_TYPES, LOCALIZATIONS
from core.explain.study.gallery import FITS, HEAD, PERSON, SORTS, Wanted, arrange, keep
from core.labels import DX, NAMES
from dashboard.caches import heatmaps
from dashboard.caches.heatmaps import Gallery
from dashboard.charts.probabilities import probability_bars
from dashboard.components.share import numbered
from dashboard.components.widgets import PLOTLY, download_table, folded_table
from dashboard.text.cam_methods import PLACES
from dashboard.text.cam_scores import score_caption
from dashboard.text.format import count
from dashboard.text.models import model_label
from dashboard.text.phrases import CONFIRMED, CONFIRMED_HELP, plain
from dashboard.views.gradcam.full_size import show_every_class, show_large
from dashboard.views.gradcam.image import (
    SCORES,
    Display,
    fit_line,
    method_note,
    prediction_line,
    show_image,
    show_kind,
)

PER_PAGE = 6
COLUMNS = 2
PAGE = "gallery-page-"
"""Before the number of pages in the key of the page."""
OPEN = "open-image"
"""Name in the address of the image that is enlarged."""
RIGHT = {"All": None, "Right": True, "Wrong": False}
OLDEST = 85
FULL = (0, 100)
SOURCES = {"heatmap": "", "another image's": "other_", "central spot": "center_", "uniform map": "uniform_"}
"""Column of an image's scores, by what is scored."""


def show_gallery(name: str, display: Display) -> None:
    """Filter, sort and browse a model's images.

    Raises:
        UserError: The model's files are faulty, or the server is busy.
    """
    shown = heatmaps.gallery(name, display.target, display.method)
    show_kind(shown)
    method_note(name, display)
    wanted, order = _pick(shown, display)
    rows = arrange(keep(shown.table, wanted, display.score), order, display.score)
    _count(rows, shown)
    if rows.empty:
        st.info("No image matches these filters; remove one.", icon=":material/search_off:")
        return
    pages = -(-len(rows) // PER_PAGE)
    grid = st.container()  # its page is picked below it
    page = st.pagination(pages, key=f"{PAGE}{pages}", bind="query-params") if pages > 1 else 1
    with grid:
        _grid(name, rows[PER_PAGE * (page - 1) : PER_PAGE * page], display)
    _show_open(name, shown.table, display)
    st.caption(
        "Left to right: image, heatmap, overlay. Bright areas raised the score of the class "
        f"({PLACES[heatmaps.method_of(name, display.method)]}). Each heatmap is scaled to its own maximum, so "
        "brightness can't be compared between images."
    )
    folded_table("Table of these images", "gallery-fold", lambda: _table(name, rows, shown))


def _pick(shown: Gallery, display: Display) -> tuple[Wanted, str]:
    known = [column for column in PERSON if shown.table[column].notna().any()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        outcome = st.segmented_control(
            "Prediction", list(RIGHT), default="All", required=True, key="outcome", bind="query-params"
        )
        order = st.selectbox(
            "Order", list(SORTS), format_func=str.capitalize, key="order", width=260, bind="query-params"
        )
        with st.popover("Diagnosis", icon=":material/filter_alt:", key="gallery-dx"):
            dx = st.pills(
                "True", DX, selection_mode="multi", format_func=NAMES.__getitem__, key="dx", bind="query-params"
            )
            predicted = st.pills(
                "Predicted",
                DX,
                selection_mode="multi",
                format_func=NAMES.__getitem__,
                key="predicted",
                bind="query-params",
            )
        with st.popover("Numbers", icon=":material/filter_alt:", key="gallery-figures"):
            confidence = st.slider(
                "Confidence", *FULL, FULL, step=5, format="%d%%", key="confidence", bind="query-params"
            )
            score = st.slider(
                SCORES[display.score], *FULL, FULL, step=5, format="%d%%", key="score-range", bind="query-params"
            )
            st.caption("Images without a score are only included if the full range is selected.")
        people = _pick_people(known)
    ends = [(low / 100, high / 100) for low, high in (confidence, score)]
    return Wanted(
        tuple(dx), tuple(predicted), right=RIGHT[str(outcome)], confidence=ends[0], score=ends[1], **people
    ), order


def start() -> dict[str, object]:
    """Return where the filters and the order stand at first, by their keys."""
    lists: dict[str, object] = {key: [] for key in ("dx", "predicted", "dx_type", "localization")}
    ranges = {"confidence": FULL, "score-range": FULL, "age": (0, OLDEST)}
    return {"outcome": "All", "order": next(iter(SORTS))} | ranges | lists | numbered(PAGE, 1)


def _pick_people(known: list[str]) -> dict[str, Any]:
    if not known:
        return {}
    with st.popover("Patient", icon=":material/filter_alt:", key="gallery-person"):
        kinds = st.pills(
            "Confirmed by", DX_TYPES, selection_mode="multi", format_func=CONFIRMED.__getitem__, key="dx_type",
            disabled="dx_type" not in known, bind="query-params", help=CONFIRMED_HELP,
        )  # fmt: skip
        sites = st.multiselect(
            "Body site", LOCALIZATIONS, key="localization", disabled="localization" not in known, bind="query-params"
        )
        age = st.slider(
            "Age in years", 0, OLDEST, (0, OLDEST), step=5, key="age", disabled="age" not in known, bind="query-params"
        )
        st.caption("Images without an age are only included if the full range is selected.")
    full = tuple(age) == (0, OLDEST)
    return {"dx_type": tuple(kinds), "localization": tuple(sites), "age": None if full else tuple(age)}


def _count(rows: pd.DataFrame, shown: Gallery) -> None:
    what = "synthetic lesions" if shown.kind == "synthetic" else "test images"
    right = int(rows["right"].sum())
    st.markdown(
        f"Showing **{len(rows):,} of {len(shown.table):,} {what}**. If the most probable diagnosis is predicted, "
        f"the model is right on {right:,} and wrong on {len(rows) - right:,}."
    )


def _grid(name: str, rows: pd.DataFrame, display: Display) -> None:
    for start in range(0, len(rows), COLUMNS):
        columns = st.columns(COLUMNS, gap="medium")
        for column, (_, row) in zip(columns, rows[start : start + COLUMNS].iterrows(), strict=False):
            with column:
                show_image(name, row, display)
                with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                    st.caption(f"{prediction_line(row)} · {fit_line(row, display.score)}", width="stretch")
                    st.button(
                        "Open", key=f"open-{row['image_id']}", icon=":material/open_in_full:", type="tertiary",
                        help=f"Enlarge {row['image_id']}, with probabilities and scores",
                        on_click=st.query_params.update, args=({OPEN: str(row["image_id"])},),
                    )  # fmt: skip


def _show_open(name: str, table: pd.DataFrame, display: Display) -> None:
    """Enlarge the image that the address names, if the gallery has it."""
    if (image_id := st.query_params.get(OPEN)) is None:
        return
    found = table[table["image_id"] == image_id]
    if found.empty:
        _close()
    else:
        open_image(name, found.iloc[0], display)


def _close() -> None:
    st.query_params.pop(OPEN, None)


@st.dialog("One image", width="large", icon=":material/visibility:", on_dismiss=_close)
def open_image(name: str, row: pd.Series, display: Display) -> None:
    """Show an image enlarged, with probabilities, scores and the heatmap of any class."""
    first = str(row["predicted"] if display.target == "predicted" else row["dx"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dx = st.selectbox(
            "Heatmap for", DX, index=DX.index(first), format_func=NAMES.__getitem__, key=f"large-dx-{row['image_id']}",
            width=300, bind="query-params",
        )  # fmt: skip
        every = st.toggle("All seven side by side", key="large-every", bind="query-params")
    show_large(name, row, display, str(dx))
    if every:
        show_every_class(name, row, display)
    st.markdown(f"{prediction_line(row)} · {row['image_id']}{_person(row)}")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        table = pd.DataFrame({"dx": DX, "probability": row[list(DX)].astype(float).to_numpy()})
        chart = probability_bars(table)
        st.plotly_chart(
            chart.figure, width="stretch", key="large-probabilities", config=PLOTLY, alt=plain(chart.sentence)
        )
    with right:
        st.dataframe(
            score_rows(row), hide_index=True, key="large-scores",
            column_config={
                key: st.column_config.NumberColumn(format="percent") for key in SOURCES
            },
        )  # fmt: skip
        st.caption(score_caption(first, float(row["area"])))


def score_rows(row: pd.Series) -> pd.DataFrame:
    """List an image's scores beside those of other images' heatmaps, a central spot and a uniform map."""
    values = {name: [row[f"{prefix}{score}"] for score in SCORES] for name, prefix in SOURCES.items()}
    return pd.DataFrame({"score": list(SCORES.values())} | values).astype(dict.fromkeys(SOURCES, float))


def _person(row: pd.Series) -> str:
    facts = [str(row[key]) for key in ("sex", "localization") if pd.notna(row[key]) and row[key] != "unknown"]
    facts += [f"age {row['age']:.0f}"] if pd.notna(row["age"]) else []
    facts += [f"confirmed by {CONFIRMED[row['dx_type']]}"] if pd.notna(row["dx_type"]) else []
    return "".join(f" · {each}" for each in facts)


def _table(name: str, rows: pd.DataFrame, shown: Gallery) -> None:
    table = rows[[*HEAD, *FITS, "area", *PERSON, *DX]]
    st.dataframe(table, hide_index=True, key="gallery-table", height=300)
    what = "synthetic lesions, predicted now" if shown.kind == "synthetic" else "HAM10000, test split, by lesion"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"{model_label(name)}, {what}, n = {count(len(rows))}", width="stretch")
        download_table(table, f"gallery_{name}")
