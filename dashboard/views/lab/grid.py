"""The committed grid: strategies compared, what harms calibration, and what wrong protocols add."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.evaluation.metrics import METRICS
from core.lab.classifiers import CLASSIFIERS
from core.lab.measures import DRAWS, LABELS
from core.lab.tables import MissingTable
from core.resampling.strategies import STRATEGIES
from core.stats import DRAWS as ALL_DRAWS
from dashboard.caches import evaluation, lab
from dashboard.caches.computed import computed
from dashboard.charts.comparisons import paired_runs
from dashboard.charts.lab import gap_chart, strategy_forest
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, download_table, folded_table
from dashboard.text.format import count, figures
from dashboard.text.lab import calibration_sentence, gap_table, protocols_title, works_table

SPLIT_SCHEMES = {"lesion": "By lesion", "image": "By image (leaks)"}
HEADERS = {"split_scheme": "Split scheme", "strategy": "Strategy", "classifier": "Classifier", "seeds": "Seeds"}
SHOWN = (
    "balanced_accuracy", "macro_f1", "melanoma_sensitivity", "calibration_error_raw", "calibration_error",
    "brier_raw", "brier",
)  # fmt: skip


FIRST_PAIR = ("random_over", "knn")
"""Strategy and classifier whose wrong protocols are shown first."""


def _read(load: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """Read a table of the grid; None if there is nothing to show, which a message explains."""
    try:
        return load()
    except MissingTable as error:
        st.info(str(error), icon=":material/hourglass_empty:")
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    return None


def start() -> dict[str, object]:
    """Return where the controls of these tabs stand at first, by their keys."""
    return {
        "measure": "balanced_accuracy", "grid-classifier": next(iter(CLASSIFIERS)), "grid-split-scheme": "lesion",
        "network-measure": "macro_f1", "gap-pair": FIRST_PAIR, "gap-measure": "balanced_accuracy",
    }  # fmt: skip


def show_grid() -> None:
    """Show strategies by one measure with one classifier, and a summary."""
    table = _read(lab.grid)
    if table is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.selectbox(
            "Metric", list(SHOWN), format_func=LABELS.__getitem__, index=list(SHOWN).index("balanced_accuracy"),
            key="measure", bind="query-params", width=300,
        )  # fmt: skip
        classifier = st.selectbox(
            "Classifier", list(CLASSIFIERS), format_func=lambda name: CLASSIFIERS[name].label, key="grid-classifier",
            width=300, bind="query-params",
        )  # fmt: skip
        scheme = st.segmented_control(
            "Split scheme", list(SPLIT_SCHEMES), format_func=SPLIT_SCHEMES.__getitem__, default="lesion", required=True,
            key="grid-split-scheme", bind="query-params",
        )  # fmt: skip
    rows = table[(table["split_scheme"] == scheme) & (table["classifier"] == classifier)]
    if rows.empty:
        st.info("The grid has no results for this classifier and split scheme yet.", icon=":material/hourglass:")
        return
    title = f"{LABELS[measure]} by strategy"
    chart_block(*drawn(strategy_forest, rows, measure), key="grid", title=title, source=_source(rows))
    st.table(computed(works_table, rows), border="horizontal", hide_index=True)
    st.markdown(computed(calibration_sentence, rows))
    folded_table("All results of the grid", "grid-fold", lambda: _show_table(table))


def show_network() -> None:
    """Show the same comparison for a small CNN that learns its own features."""
    st.markdown("## Beyond frozen features: a small network")
    st.markdown(
        "The results of “What works” are for small classifiers on frozen features. A network that learns its features "
        "from resampled images may behave differently. Before scoring, its probabilities are corrected for the natural "
        "class shares."
    )
    rows = _network_rows()
    if rows is None:
        st.info(
            "The small network hasn't been trained yet; trained_models/README.md has the commands.",
            icon=":material/hourglass_empty:",
        )
        return
    measures = [name for name in METRICS if name in set(rows["measure"])]
    measure = st.selectbox(
        "Metric of the network", measures, format_func=lambda name: METRICS[name].label,
        index=measures.index("macro_f1"), key="network-measure", width=300, bind="query-params",
    )  # fmt: skip
    first = rows.iloc[0]
    source = (
        f"HAM10000, test split (by lesion), {count(first['images'])} of {count(first['lesions'], 'lesions')}; "
        f"{first['model']}, one seed; paired 95% intervals from {ALL_DRAWS:,} resamples of lesions"
    )
    chart_block(*drawn(paired_runs, rows, "resampling", measure), key="network", source=source)


def _network_rows() -> pd.DataFrame | None:
    try:
        table = evaluation.comparisons()
    except UserError:
        return None
    rows = table[table["kind"] == "resampling"]
    return None if rows.empty else rows


def _source(rows: pd.DataFrame) -> str:
    seeds = int(rows["seeds"].max())
    fewer = " (one if nothing is random)" if seeds > rows["seeds"].min() else ""
    return (
        f"HAM10000, test split (by {rows['split_scheme'].iloc[0]}); mean of {count(seeds, 'seeds')}{fewer}; 95% "
        f"intervals from {DRAWS} resamples of lesions; a paired difference from no resampling counts as clear after "
        "Holm's correction for all strategies; frozen ImageNet features"
    )


def _show_table(table: pd.DataFrame) -> None:
    shown = table[["split_scheme", "strategy", "classifier", "seeds"]].assign(
        strategy=table["strategy"].map(lambda name: STRATEGIES[name].label),
        **{
            key: figures(table, key) for key in SHOWN
        },
    )  # fmt: skip
    st.dataframe(shown, hide_index=True, width="stretch", column_config=HEADERS | LABELS, key="grid-table")
    download_table(table, "grid-all", "Whole table as CSV")


def show_protocols() -> None:
    """Show the scores that each wrong protocol would let you report."""
    table = _read(lab.protocol_gaps)
    if table is None:
        return
    pairs = table[["strategy", "classifier"]].drop_duplicates().to_records(index=False).tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = st.selectbox(
            "Strategy and classifier", sorted(pairs, key=lambda pair: pair != FIRST_PAIR), width=420,
            format_func=lambda pair: f"{STRATEGIES[pair[0]].label}, {CLASSIFIERS[pair[1]].label}", key="gap-pair",
            bind="query-params",
        )  # fmt: skip
        measure = st.segmented_control(
            "Metric", ["balanced_accuracy", "macro_f1"], format_func=LABELS.__getitem__, default="balanced_accuracy",
            required=True, key="gap-measure", bind="query-params",
        )  # fmt: skip
    rows = table[(table["strategy"] == pair[0]) & (table["classifier"] == pair[1])]
    text = (
        f"HAM10000; mean of {count(int(rows['seeds'].max()), 'seeds')}; both scores on the same test images (plus "
        f"altered copies if the test split is augmented); 95% intervals from {DRAWS} resamples of lesions; clear after "
        "Holm's correction"
    )
    chart_block(*drawn(gap_chart, rows, measure), key="gaps", title=protocols_title(rows, measure), source=text)
    st.table(computed(gap_table, rows[rows["measure"] == measure]), border="horizontal", hide_index=True)
