"""The leaderboard page's block on one question with a threshold: melanoma or not, malignant or not."""

import streamlit as st

from core.evaluation.thresholds import STEP, TARGETS, Rates, at_threshold, best_threshold, costs, two_by_two
from dashboard.caches import evaluation
from dashboard.charts.thresholds import (
    QUESTIONS,
    cost_curve,
    four_figures,
    share,
    small_matrix,
    target_sentence,
)
from dashboard.components.widgets import chart_block
from dashboard.views.leaderboard.ranking import INTERVALS

MISSES = (1, 2, 5, 10, 20, 50, 100)
MISS = 10
STEP_PERCENT = 100 * STEP


def show_threshold(name: str, source: str) -> None:
    """Costs over thresholds, and what one threshold finds and misses."""
    target = st.segmented_control(
        "Question", list(TARGETS), default="melanoma", required=True, key="target", format_func=QUESTIONS.get
    )
    test = evaluation.rates_of(name, target, "test")
    miss, prevalence = _pick_costs(target, test)
    optimum = best_threshold(evaluation.rates_of(name, target, "validation"), miss, prevalence)
    threshold = _pick_threshold(f"{name}-{target}", optimum)
    left, right = st.columns(2, gap="medium")
    with left:
        chart = cost_curve(costs(test, miss, prevalence), threshold, optimum, miss)
        chart_block(*chart, key="costs", title="What mistakes cost", source=f"{source}; {INTERVALS}")
    with right:
        matrix = small_matrix(two_by_two(test, threshold), target)
        chart_block(*matrix, key="two-by-two", title=f"At {share(threshold)}", source=source)
        values = at_threshold(test, threshold, prevalence)
        chart_block(*four_figures(values, target, threshold, prevalence), key="four", source=f"{source}; {INTERVALS}")
    st.caption(target_sentence(target, TARGETS[target]))


def _pick_costs(target: str, test: Rates) -> tuple[float, float]:
    own = 100 * test.positives / test.images
    left, right = st.columns(2, gap="medium")
    miss = left.select_slider(
        "A miss costs as much as so many false alarms", MISSES, value=MISS, key="miss-cost",
        help="What it is worth to find one more, in pictures called for nothing.",
    )  # fmt: skip
    prevalence = right.slider(
        f"Prevalence ({own:.1f}% of the test pictures)", 0.5, 60.0, round(2 * own) / 2, 0.5, format="%.1f%%",
        key=f"prevalence-{target}", help="Share among the pictures to come; in a practice far lower than here.",
    )  # fmt: skip
    return float(miss), prevalence / 100


def _pick_threshold(key: str, optimum: float) -> float:
    """The slider; it follows the optimum until it is moved away from it."""
    slider, followed = f"threshold-{key}", f"optimum-{key}"
    best, state = round(100 * optimum, 1), st.session_state
    if state.get(slider) in (None, state.get(followed)):
        state[slider] = best
    state[followed] = best
    value = st.slider(
        f"Threshold (best on validation: {share(optimum)})", 0.0, 100.0, step=STEP_PERCENT, format="%.1f%%",
        key=slider, help="A picture is called where its probability is at least this.",
    )  # fmt: skip
    if value != best:
        st.button(
            "Back to the best on validation", icon=":material/restart_alt:", on_click=state.update,
            args=({slider: best},), key=f"reset-{key}", type="tertiary",
        )  # fmt: skip
    return float(value) / 100
