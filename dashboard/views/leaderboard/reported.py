"""The leaderboard's figures from elsewhere: what others reported, and models without weights here."""

from typing import Any

import streamlit as st

from core.evaluation.metrics import METRICS
from core.evaluation.reported import reported, reported_per_class
from dashboard.caches import evaluation
from dashboard.components.widgets import folded_table
from dashboard.text.leaderboard import not_trained_sentence, reported_sentence
from dashboard.views.leaderboard.ranking import under


def show_not_trained() -> None:
    """Show models without weights here, each with the command that trains it."""
    table = evaluation.not_trained()
    if table.empty:
        st.info("All reported models are trained here.", icon=":material/check:")
        return
    config = {
        "name": st.column_config.TextColumn("Model", pinned=True),
        "accuracy": st.column_config.NumberColumn("Reported accuracy", format="%.3f"),
        "source": st.column_config.TextColumn("Reported by"),
        "test_set": st.column_config.TextColumn("Their test set"),
        "command": st.column_config.TextColumn("Command to train it", width="large"),
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
        "status": st.column_config.TextColumn("Status"),
    }
    st.dataframe(
        table[list(config)], hide_index=True, width="stretch", column_config=config, key="not-trained", placeholder=""
    )
    st.markdown(not_trained_sentence(table))
    under(table, "not_trained", "As published by their authors on their own test sets, not measured by this project")


def show_reported() -> None:
    """Show figures as their authors reported them, separate from ours."""
    st.warning(
        "These figures come from other test sets and can't be compared with this project's. If images of one lesion "
        "are in both train and test, the figure is too high.", icon=":material/compare_arrows:",
    )  # fmt: skip
    table = reported()
    measures = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auc")
    numbers = {name: st.column_config.NumberColumn(METRICS[name].label, format="%.3f") for name in measures}
    config: dict[str, Any] = {
        "name": st.column_config.TextColumn("Model", pinned=True), "accuracy": numbers.pop("accuracy"),
        "source": "Reported by", "test_set": "Test set", "lesions_apart": st.column_config.TextColumn(
            "Lesions kept apart", help="Whether all images of a lesion are in the same part of the split."
        ), "network": "Network",
    } | numbers  # fmt: skip
    st.dataframe(
        table[list(config)], hide_index=True, width="stretch", height="content", key="reported", placeholder="",
        column_config=config,
    )  # fmt: skip
    st.markdown(reported_sentence(table))
    under(table, "reported", "As published by their authors on their own test sets")
    folded_table("The Kaggle notebook's classification reports", "reported-fold", _show_reported_per_class)


def _show_reported_per_class() -> None:
    st.dataframe(reported_per_class(), hide_index=True, key="reported-classes")
