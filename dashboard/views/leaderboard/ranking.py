"""The leaderboard page's upper and lower blocks: all models side by side, and what others reported."""

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import METRICS, Metric
from core.evaluation.reported import reported, reported_per_class
from core.stats import DRAWS, Estimate
from dashboard.caches import evaluation, tables
from dashboard.charts.evaluation import figures, forest, latency_sentence, not_trained_sentence, reported_sentence
from dashboard.components.widgets import chart_block, download_table, folded_table
from dashboard.text.phrases import amount

INTERVALS = f"95% intervals from {DRAWS:,} resamples of lesions"
COLUMNS = ("balanced_accuracy", "accuracy", "macro_f1", "macro_auc", "melanoma_sensitivity", "ece")


def test_set(rows: pd.DataFrame) -> str:
    """The line that stands under every figure: which split, and of how many pictures and lesions."""
    sizes = rows[["pictures", "lesions"]].drop_duplicates().to_dict("records")
    each = " or ".join(f"n = {amount(s['pictures'], 'pictures')} of {amount(s['lesions'], 'lesions')}" for s in sizes)
    return f"HAM10000, test split, by lesion, {each}"


def under(table: pd.DataFrame, name: str, source: str) -> None:
    """What stands under a table: its source, and its download as NAME.csv."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(source, width="stretch")
        download_table(table, name)


def show_empty() -> None:
    """What stands in place of the page while no model is trained."""
    st.info("**No model is trained yet.** This page compares them once there is one.", icon=":material/model_training:")
    st.markdown("With HAM10000 installed, start with the smallest network:")
    st.code("python -m core train baseline_cnn\npython -m core evaluate baseline_cnn", language=None)


def show_faults(faults: dict[str, str]) -> None:
    """One line for each model that cannot be shown."""
    for fault in faults.values():
        st.warning(fault, icon=":material/broken_image:")


def pick(rows: pd.DataFrame) -> tuple[pd.DataFrame, Metric]:
    """Which models to show, and which figure to draw.

    Returns:
        The rows picked, the majority class always among them as the floor, and the metric.
    """
    names = [name for name in rows["name"] if name != MAJORITY]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.selectbox(
            "Figure", list(METRICS), format_func=lambda name: METRICS[name].label, key="metric", width=300,
            bind="query-params",
        )  # fmt: skip
        picked = names
        if len(names) > 1:
            picked = st.pills("Models", names, selection_mode="multi", key="models", help="Pick none to see all.")
    return rows[rows["name"].isin([*(picked or names), MAJORITY])], METRICS[metric]


def show_forest(rows: pd.DataFrame, metric: Metric) -> None:
    """The models' intervals side by side for one metric."""
    st.markdown(metric.definition)
    ranked = rows[rows["name"] != MAJORITY].sort_values(metric.name, ascending=not metric.higher_is_better)
    chart = forest(rows, metric, _lead(ranked["name"].tolist(), metric.name))
    chart_block(*chart, key="forest", source=f"{test_set(rows)}; {INTERVALS}")


def _lead(ranked: list[str], metric: str) -> Estimate | None:
    """How far the first is ahead of the second; None where there is no second, or it was scored on other pictures."""
    try:
        return tables.lead(ranked[0], ranked[1], metric) if len(ranked) > 1 else None
    except UserError:
        return None


def show_table(rows: pd.DataFrame, metric: Metric) -> None:
    """All figures with their intervals, the one picked first; a click on a heading sorts."""
    names = list(dict.fromkeys([metric.name, *COLUMNS]))
    shown = rows[["name"]].assign(**{name: figures(rows, name) for name in names})
    shown = shown.join(rows[["parameters", "megabytes"]])
    latencies = evaluation.latencies([name for name in rows["name"] if name != MAJORITY])
    if latencies["latency"].notna().any():
        shown = shown.assign(latency=shown["name"].map(latencies.set_index("name")["latency"]))
    config: dict[str, object] = {
        name: st.column_config.TextColumn(METRICS[name].label, help=METRICS[name].definition) for name in names
    }
    config |= {
        "name": st.column_config.TextColumn("Model", pinned=True),
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
        "megabytes": st.column_config.NumberColumn("File, MB", format="%.1f", help="The file that is served."),
        "latency": st.column_config.NumberColumn("Latency, ms", format="%.1f", help="One picture, median, LiteRT."),
    }
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config, key="table", placeholder="")
    _offer_latencies(latencies)
    measured = latencies["measured"].dropna()
    when = f" Latency: median of one picture at a time on LiteRT, measured on this machine at {measured.max()}."
    table = rows.merge(latencies[["name", "latency"]], on="name", how="left").rename(columns={"latency": "latency_ms"})
    under(
        table,
        "leaderboard",
        f"{test_set(rows)}; {INTERVALS}. A click on a heading sorts.{when if len(measured) else ''}",
    )


def _offer_latencies(latencies: pd.DataFrame) -> None:
    """What was measured in words, and a button that measures: it keeps the machine busy for seconds."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if sentence := latency_sentence(latencies):
            st.markdown(sentence, width="content")
        if st.button(
            "Measure again" if sentence else "Measure how fast they answer here", icon=":material/timer:",
            type="tertiary", key="measure-latency", help="A busy machine answers more slowly.",
        ):  # fmt: skip
            with st.spinner("Measuring how long a picture takes"):
                evaluation.measure_latencies(latencies["name"])
            st.rerun()


def show_not_trained() -> None:
    """The models that were reported elsewhere and have no weights here, each with the command that trains it."""
    table = evaluation.not_trained()
    if table.empty:
        st.info("Every model that was reported is trained here.", icon=":material/check:")
        return
    config = {
        "name": st.column_config.TextColumn("Model", pinned=True),
        "accuracy": st.column_config.NumberColumn("Reported accuracy", format="%.3f"),
        "source": st.column_config.TextColumn("Reported by"),
        "test_set": st.column_config.TextColumn("Their test set"),
        "command": st.column_config.TextColumn("Trains it here", width="large"),
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
        "status": st.column_config.TextColumn("Status"),
    }
    st.dataframe(
        table[list(config)], hide_index=True, width="stretch", column_config=config, key="not-trained", placeholder=""
    )
    st.markdown(not_trained_sentence(table))
    under(table, "not_trained", "As published by their authors, on their own test sets; no figure of this project")


def show_reported() -> None:
    """Figures as their authors reported them, apart from ours."""
    st.warning(
        "Other test sets: not comparable with the figures of this project. Where pictures of one lesion stand on both "
        "sides of the split, the figure is flattered.", icon=":material/compare_arrows:",
    )  # fmt: skip
    table = reported()
    measures = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auc")
    numbers = {name: st.column_config.NumberColumn(METRICS[name].label, format="%.3f") for name in measures}
    config = {
        "name": st.column_config.TextColumn("Model", pinned=True), "accuracy": numbers.pop("accuracy"),
        "source": "Reported by", "test_set": "Test set", "lesions_apart": "Lesions apart", "network": "Network",
    } | numbers  # fmt: skip
    st.dataframe(
        table[list(config)], hide_index=True, width="stretch", height="content", key="reported", placeholder="",
        column_config=config,
    )  # fmt: skip
    st.markdown(reported_sentence(table))
    under(table, "reported", "As published by their authors, on their own test sets")
    folded_table("The notebook's classification reports", "reported-fold", _show_reported_per_class)


def _show_reported_per_class() -> None:
    st.dataframe(reported_per_class(), hide_index=True, key="reported-classes")
