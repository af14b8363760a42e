"""Splits and resampling page: what the test side has already seen, and what balancing does to the counts."""

import streamlit as st

from core.data.leakage import class_counts
from core.resampling.strategies import STRATEGIES
from dashboard import loaders
from dashboard.blocks import split as split_blocks
from dashboard.charts import resampling, splits
from dashboard.widgets import chart_block

st.title("Splits and resampling")
st.markdown(
    "Two steps that come before any model decide what its figures are worth: "
    "who is in train and who in test, and what is done about the rare diagnoses."
)
source = split_blocks.pick_source()
TABS = ["Split", "The notebook's SMOTE", "Class counts"]
split_tab, smote_tab, counts_tab = st.tabs(TABS, key="show", bind="query-params")

if split_tab.open:
    with split_tab:
        unit = split_blocks.pick_unit()
        for column, (split, label) in zip(st.columns(2, gap="large"), splits.SPLIT_LABELS.items(), strict=True):
            with column:
                chart = splits.overlap_bars(source.overlap, split, unit)
                chart_block(*chart, key=f"overlap_{split}", title=label, source=f"{source.text}; test side")
        split_blocks.show_siblings()
        chart = splits.side_shares(source.overlap, unit)
        chart_block(*chart, key="sides", title="Why nobody notices", source=f"{source.text}; every side of both splits")

if smote_tab.open:
    with smote_tab:
        split_blocks.explain_notebook(source.overlap)
        chart = resampling.notebook_smote(loaders.notebook_smote())
        text = (
            "HAM10000, training side of the notebook's image-level split; SMOTE ran offline, wrong labels as expected"
        )
        chart_block(*chart, key="notebook_smote", title="Training rows after SMOTE", source=text)

if counts_tab.open:
    with counts_tab:
        strategy, amount = split_blocks.pick_strategy()
        st.markdown(STRATEGIES[strategy].text)
        chart = resampling.strategy_counts(class_counts(source.overlap, "lesion", "train"), strategy, amount)
        text = f"{source.text}; training side of the lesion split"
        chart_block(*chart, key="strategy_counts", title="Class counts before and after", source=text)
        st.info(
            "Only the training side is resampled; validation and test stay as nature gave them. These are counts only: "
            "what a strategy does to a classifier is a matter for experiments, not for this chart.",
            icon=":material/info:",
        )
