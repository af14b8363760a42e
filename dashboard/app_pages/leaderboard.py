"""Leaderboard page: all models with intervals on one test set, then one model in detail."""

import streamlit as st

from core.evaluation.leaderboard import MAJORITY
from dashboard.caches import own_models, predictions, tables
from dashboard.components.models import pick_model
from dashboard.components.share import share
from dashboard.components.widgets import name_caption, open_tab, plain_errors
from dashboard.navigation import page_link
from dashboard.views.leaderboard import (
    add_predictions,
    comparisons,
    confusion,
    model,
    probabilities,
    ranking,
    reported,
    thresholds,
)

OF_TRAINING = ("Learning curves", "Card")
OF_PROBABILITIES = ("ROC and PR", "Calibration", "Threshold")  # tabs that need them; Streamlit would draw a docstring


def one_model(name: str, others: list[str], source: str) -> None:
    """Show one model's mistakes, report, probabilities, curves and card; only the open tab runs.

    A visitor's own model has no training and no card, and one of labels alone has no probabilities.
    """
    shows = {
        "Confusion matrix": lambda: confusion.show_confusion(name, others, model.pick_point(), source),
        "By diagnosis": lambda: model.show_report(name, model.pick_point(), source),
        "ROC and PR": lambda: probabilities.show_curves(name, source),
        "Calibration": lambda: probabilities.show_reliability(name, source),
        "Slices": lambda: probabilities.show_slices(name, source),
        "Threshold": lambda: thresholds.show_threshold(name, source),
        "Learning curves": lambda: model.show_curves(name),
        "Card": lambda: model.show_card(tables.card(name)),
    }
    own = own_models.find(name)
    lacking = () if own is None else (*OF_TRAINING, *(OF_PROBABILITIES if own.result.labels_only else ()))
    open_tab({tab: show for tab, show in shows.items() if tab not in lacking}, "show")


def other_figures() -> None:
    """Offer wrong protocols, other people's figures, and models without weights; none is open at first.

    A chart that few visitors scroll to would make all of them wait.
    """
    shows = {
        "Wrong protocols": comparisons.show_comparisons,
        "Reported elsewhere": reported.show_reported,
        "Not trained here": reported.show_not_trained,
    }
    picked = st.segmented_control("Choose what to show", list(shows), key="other", bind="query-params", wrap=True)
    if picked:
        with plain_errors():
            shows[picked]()


st.title("Leaderboard")
if model.POINT in st.session_state:  # or Streamlit forgets it while a tab without it is open
    st.session_state[model.POINT] = st.session_state[model.POINT]
with plain_errors():
    board = predictions.leaderboard()
    ranking.show_faults(board.faults)
    if board.rows.empty:
        ranking.show_empty()
    else:
        add_predictions.show_add_predictions(str(board.rows["name"].iloc[0]))
        rows, metric = ranking.pick(add_predictions.with_own(board.rows))
        first = [name for name in board.rows["name"] if name != MAJORITY]
        share(
            "leaderboard",
            lambda: ranking.start(first) | confusion.start(first) | thresholds.start() | comparisons.start(),
        )
        ranking.show_forest(rows, metric)
        ranking.show_table(rows, metric)
        st.header("One model")
        names = [name for name in rows["name"] if name != MAJORITY]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = str(pick_model("Model", names, "model"))
            page_link("classify")
            page_link("gradcam_gallery")
        name_caption(name)
        others = [other for other in names if other != name]
        one_model(name, others, ranking.source_of(rows, name))
    st.header("For comparison")
    other_figures()
