"""The Grad-CAM page's gallery: filters, order, a page of pictures, the table behind it, and one picture large."""

import pandas as pd
import streamlit as st

from core.data.metadata import DX_TYPES, LOCALIZATIONS
from core.explain.study.gallery import FITS, HEAD, PERSON, SORTS, Wanted, arrange, keep
from core.labels import DX, NAMES
from dashboard.caches import heatmaps
from dashboard.caches.heatmaps import Pictures
from dashboard.charts.answer import probability_bars
from dashboard.components.widgets import PLOTLY, download_table, folded_table
from dashboard.text.phrases import CONFIRMED, amount, plain
from dashboard.views.gradcam.picture import SCORES, Look, fit_line, said_line, show_kind, show_picture

PER_PAGE = 6
COLUMNS = 2
SIDES = {"All": None, "Right": True, "Wrong": False}
OLDEST = 85
FULL = (0, 100)


def show_gallery(name: str, look: Look) -> None:
    """Filter, sort and look through a model's pictures.

    Raises:
        UserError: The model's files or the dataset are faulty, or the server is busy.
    """
    shown = heatmaps.pictures(name, look.target)
    show_kind(shown)
    wanted, order = _pick(shown, look)
    rows = arrange(keep(shown.table, wanted, look.score), order, look.score)
    _count(rows, shown)
    if rows.empty:
        st.info("No picture is like that; take a filter back.", icon=":material/search_off:")
        return
    pages = -(-len(rows) // PER_PAGE)
    page = st.session_state.get(f"gallery-page-{pages}", 1)
    _grid(name, rows[PER_PAGE * (page - 1) : PER_PAGE * page], look)
    if pages > 1:
        st.pagination(pages, key=f"gallery-page-{pages}")
    st.caption(
        "Each strip: picture, heatmap, both. Bright is where the model's last convolution speaks for the diagnosis. "
        "Each heatmap is scaled to its own maximum, so brightness does not compare between pictures."
    )
    folded_table("The table", "gallery-fold", lambda: _table(name, rows, shown))


def _pick(shown: Pictures, look: Look) -> tuple[Wanted, str]:
    told = [column for column in PERSON if shown.table[column].notna().any()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = st.segmented_control("Model is", list(SIDES), default="All", required=True, key="side")
        order = st.selectbox("Order", list(SORTS), format_func=str.capitalize, key="order", width=260)
        with st.popover("Diagnosis", icon=":material/filter_alt:", key="gallery-dx"):
            dx = st.pills("True diagnosis", DX, selection_mode="multi", format_func=NAMES.get, key="dx")
            said = st.pills("Model's answer", DX, selection_mode="multi", format_func=NAMES.get, key="said")
        with st.popover("Figures", icon=":material/filter_alt:", key="gallery-figures"):
            confidence = st.slider("Confidence", *FULL, FULL, step=5, format="%d%%", key="confidence")
            score = st.slider(SCORES[look.score], *FULL, FULL, step=5, format="%d%%", key="score-range")
            st.caption("Pictures without a score stay only while the range is full.")
        people = _pick_people(told)
    ends = [(low / 100, high / 100) for low, high in (confidence, score)]
    return Wanted(tuple(dx), tuple(said), right=SIDES[str(side)], confidence=ends[0], score=ends[1], **people), order


def _pick_people(told: list[str]) -> dict[str, object]:
    if not told:
        return {}
    with st.popover("Person", icon=":material/filter_alt:", key="gallery-person"):
        kinds = st.pills(
            "Confirmed by", DX_TYPES, selection_mode="multi", format_func=CONFIRMED.__getitem__, key="dx_type",
            disabled="dx_type" not in told,
        )  # fmt: skip
        sites = st.multiselect("Body site", LOCALIZATIONS, key="localization", disabled="localization" not in told)
        age = st.slider("Age in years", 0, OLDEST, (0, OLDEST), step=5, key="age", disabled="age" not in told)
        st.caption("Pictures without an age stay only while the range is full.")
    full = tuple(age) == (0, OLDEST)
    return {"dx_type": tuple(kinds), "localization": tuple(sites), "age": None if full else tuple(age)}


def _count(rows: pd.DataFrame, shown: Pictures) -> None:
    what = "synthetic lesions" if shown.kind == "synthetic" else "test pictures"
    right = int(rows["right"].sum())
    st.markdown(
        f"**{len(rows):,} of {len(shown.table):,} {what}**: the model is right on {right:,}, wrong on "
        f"{len(rows) - right:,}."
    )


def _grid(name: str, rows: pd.DataFrame, look: Look) -> None:
    for start in range(0, len(rows), COLUMNS):
        columns = st.columns(COLUMNS, gap="medium")
        for column, (_, row) in zip(columns, rows[start : start + COLUMNS].iterrows(), strict=False):
            with column:
                show_picture(name, row, look)
                with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                    st.caption(f"{said_line(row)} · {fit_line(row, look.score)}", width="stretch")
                    if st.button(
                        "Open", key=f"open-{row['image_id']}", icon=":material/open_in_full:", type="tertiary",
                        help=f"{row['image_id']}: large, with probabilities and scores",
                    ):  # fmt: skip
                        open_picture(name, row, look)


@st.dialog("One picture", width="large", icon=":material/visibility:")
def open_picture(name: str, row: pd.Series, look: Look) -> None:
    """A picture large, with the model's probabilities, its scores, and the heatmap of any diagnosis."""
    first = str(row["said"] if look.target == "predicted" else row["dx"])
    dx = st.selectbox("Heatmap for", DX, index=DX.index(first), format_func=NAMES.get, key="large-dx")
    show_picture(name, row, look, str(dx))
    st.markdown(f"{said_line(row)} · {row['image_id']}{_person(row)}")
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
                key: st.column_config.NumberColumn(format="percent") for key in ("heatmap", "middle spot", "even heat")
            },
        )  # fmt: skip
        st.caption(
            f"Scores of the heatmap for {NAMES[first]} against the lesion, which takes up {row['area']:.0%} of the "
            "picture." if pd.notna(row["area"]) else "This model's heatmaps are not scored on this picture yet."
        )  # fmt: skip


def score_rows(row: pd.Series) -> pd.DataFrame:
    """A picture's scores beside those of a fixed spot in the middle and of even heat: one row a score."""
    sides = {"heatmap": "", "middle spot": "center_", "even heat": "uniform_"}
    values = {side: [row[f"{prefix}{score}"] for score in SCORES] for side, prefix in sides.items()}
    return pd.DataFrame({"score": list(SCORES.values())} | values).astype(dict.fromkeys(sides, float))


def _person(row: pd.Series) -> str:
    told = [str(row[key]) for key in ("sex", "localization") if pd.notna(row[key]) and row[key] != "unknown"]
    told += [f"age {row['age']:.0f}"] if pd.notna(row["age"]) else []
    told += [f"confirmed by {CONFIRMED[row['dx_type']]}"] if pd.notna(row["dx_type"]) else []
    return "".join(f" · {each}" for each in told)


def _table(name: str, rows: pd.DataFrame, shown: Pictures) -> None:
    table = rows[[*HEAD, *FITS, "area", *PERSON, *DX]]
    st.dataframe(table, hide_index=True, key="gallery-table", height=300)
    what = "synthetic lesions, answered now" if shown.kind == "synthetic" else "HAM10000, test split, by lesion"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"{name}, {what}, n = {amount(len(rows), 'pictures')}", width="stretch")
        download_table(table, f"gallery_{name}")
