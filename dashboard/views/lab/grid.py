"""What the committed grid says: strategies side by side, what harms calibration, what wrong protocols add."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.evaluation.comparisons import load_comparisons
from core.evaluation.metrics import METRICS
from core.lab.classifiers import CLASSIFIERS
from core.lab.measures import DRAWS, LABELS
from core.lab.tables import MissingTable
from core.labels import DX
from core.resampling.strategies import STRATEGIES
from core.stats import DRAWS as ALL_DRAWS
from dashboard.caches import lab
from dashboard.charts.comparisons import paired_runs
from dashboard.charts.lab import calibration_sentence, forest_sentence, gap_chart, strategy_forest
from dashboard.components.widgets import chart_block, download_table, folded_table
from dashboard.text.phrases import amount

SPLITS = {"lesion": "by lesion", "image": "by image (leaks)"}
SHOWN = ("balanced_accuracy", "macro_f1", "melanoma_sensitivity", "ece_raw", "ece", "brier_raw", "brier")


def _read(load: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """A table of the grid; None where there is none to show, which is said in one sentence."""
    try:
        return load()
    except MissingTable as error:
        st.info(str(error), icon=":material/hourglass_empty:")
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    return None


def show_grid() -> None:
    """Strategies by one measure with one classifier, and the sentences that the table writes."""
    table = _read(lab.grid)
    if table is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.selectbox(
            "Figure", list(SHOWN), format_func=LABELS.get, index=list(SHOWN).index("balanced_accuracy"),
            key="measure", bind="query-params", width=300,
        )  # fmt: skip
        classifier = st.selectbox(
            "Classifier", list(CLASSIFIERS), format_func=lambda name: CLASSIFIERS[name].label, key="grid-classifier",
            width=300,
        )  # fmt: skip
        split = st.segmented_control(
            "Split", list(SPLITS), format_func=SPLITS.get, default="lesion", required=True, key="grid-split"
        )
    rows = table[(table["split"] == split) & (table["classifier"] == classifier)]
    if rows.empty:
        st.info("The grid holds no rows of this classifier and split yet.", icon=":material/hourglass:")
        return
    title = f"{LABELS[measure]} of {len(rows)} answers to imbalance"
    chart_block(*strategy_forest(rows, measure), key="grid", title=title, source=_source(rows))
    if measure != "macro_f1":
        st.markdown(forest_sentence(rows, "macro_f1"))
    st.markdown(calibration_sentence(rows))
    folded_table("All figures of the grid", "grid-fold", lambda: _show_table(table))
    st.markdown("##### Beyond frozen features: a small network")
    show_network()


def show_network() -> None:
    """The same question for a network that learns its features: the paired runs of the small CNN."""
    st.markdown(
        "Above, small classifiers learn on frozen features. A network that learns its features from resampled pictures "
        "can answer differently. Its probabilities have the natural shares put back before they are scored."
    )
    rows = _network_rows()
    if rows is None:
        st.info(
            "The small network's paired runs are not there yet; trained_models/README.md has the commands.",
            icon=":material/hourglass_empty:",
        )
        return
    measures = [name for name in METRICS if name in set(rows["measure"])]
    measure = st.selectbox(
        "Figure of the network", measures, format_func=lambda name: METRICS[name].label,
        index=measures.index("macro_f1"), key="network-measure", width=300,
    )  # fmt: skip
    first = rows.iloc[0]
    source = (
        f"HAM10000, test side of the lesion split, n = {amount(first['pictures'], 'pictures')} of "
        f"{amount(first['lesions'], 'lesions')}; {first['model']}, one seed; 95% intervals from {ALL_DRAWS:,} "
        "resamples of lesions, paired"
    )
    chart_block(*paired_runs(rows, "resampling", measure), key="network", source=source)


def _network_rows() -> pd.DataFrame | None:
    try:
        table = load_comparisons()
    except UserError:
        return None
    rows = table[table["kind"] == "resampling"]
    return None if rows.empty else rows


def _source(rows: pd.DataFrame) -> str:
    seeds = int(rows["seeds"].max())
    fewer = " (one where nothing is drawn)" if seeds > rows["seeds"].min() else ""
    side = "lesion split" if rows["split"].iloc[0] == "lesion" else "notebook's split by image"
    return (
        f"HAM10000, test side of the {side}; mean of {amount(seeds, 'seeds')}{fewer}, 95% "
        f"intervals from {DRAWS} resamples of lesions; told apart by the paired interval of the difference to none; "
        "frozen ImageNet embeddings"
    )


def _show_table(table: pd.DataFrame) -> None:
    shown = table[["split", "strategy", "classifier", "seeds"]].assign(
        strategy=table["strategy"].map(lambda name: STRATEGIES[name].label),
        **{
            key: [f"{v:.3f} [{low:.3f}, {high:.3f}]" for v, low, high in
                  table[[key, f"{key}_low", f"{key}_high"]].itertuples(index=False)]
            for key in SHOWN
        },
    )  # fmt: skip
    st.dataframe(shown, hide_index=True, width="stretch", column_config=LABELS, key="grid-table")
    download_table(table, "grid-all", "Whole table as CSV")


def show_protocols() -> None:
    """What each wrong protocol lets one report."""
    table = _read(lab.protocol_gaps)
    if table is None:
        return
    pairs = table[["strategy", "classifier"]].drop_duplicates().to_records(index=False).tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = st.selectbox(
            "Strategy and classifier", sorted(pairs, key=lambda pair: pair != ("random_over", "knn")), width=420,
            format_func=lambda pair: f"{STRATEGIES[pair[0]].label}, {CLASSIFIERS[pair[1]].label}", key="gap-pair",
        )  # fmt: skip
        measure = st.segmented_control(
            "Figure", ["balanced_accuracy", "macro_f1"], format_func=LABELS.get, default="balanced_accuracy",
            required=True, key="gap-measure",
        )  # fmt: skip
    rows = table[(table["strategy"] == pair[0]) & (table["classifier"] == pair[1])]
    text = (
        f"HAM10000; mean of {amount(int(rows['seeds'].max()), 'seeds')}; each pair on the same test pictures (with "
        f"altered copies where the test side is augmented); 95% intervals from {DRAWS} resamples of lesions; "
        f"{len(DX)} diagnoses"
    )
    chart_block(*gap_chart(rows, measure), key="gaps", title="What wrong protocols let you report", source=text)
