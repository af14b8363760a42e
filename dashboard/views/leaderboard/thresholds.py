"""The leaderboard's tab on one yes-or-no question: melanoma or not, malignant or not."""

import streamlit as st

from core.evaluation.thresholds import (
    STEP,
    TARGETS,
    Rates,
    at_threshold,
    best_threshold,
    costs,
    expected_best,
    two_by_two,
)
from dashboard.caches import evaluation, own_models
from dashboard.charts.thresholds import cost_curve, four_figures, small_matrix
from dashboard.components.widgets import chart_block
from dashboard.text.format import threshold as as_percent
from dashboard.text.leaderboard import INTERVALS
from dashboard.text.thresholds import BEST, QUESTIONS, target_sentence

MISSES = (1, 2, 5, 10, 20, 50, 100)
MISS = 10
STEP_PERCENT = 100 * STEP
OWN, OPTIMUM = "own-", "optimum-"
"""Session state: the test images' prevalence by question, and the best threshold by model and question, in percent."""


def show_threshold(name: str, source: str) -> None:
    """Show costs over thresholds, and what one threshold finds and misses."""
    target = st.segmented_control(
        "Question",
        list(TARGETS),
        default="melanoma",
        required=True,
        key="target",
        format_func=QUESTIONS.__getitem__,
        bind="query-params",
    )
    test = evaluation.rates_of(name, target, "test")
    miss, prevalence = _pick_costs(target, test)
    kind = "expected" if own_models.find(name) else "validation"
    if kind == "expected":  # a visitor's file has no validation images
        optimum = expected_best(miss, prevalence, test.positives / test.images)
    else:
        optimum = best_threshold(evaluation.rates_of(name, target, "validation"), miss, prevalence)
    threshold = _pick_threshold(f"{name}-{target}", optimum, kind)
    left, right = st.columns(2, gap="medium")
    with left:
        chart = cost_curve(costs(test, miss, prevalence), threshold, optimum, miss, kind)
        chart_block(*chart, key="costs", title="Cost of mistakes", source=f"{source}; {INTERVALS}")
    with right:
        matrix = small_matrix(two_by_two(test, threshold), target)
        chart_block(*matrix, key="two-by-two", title=f"At a threshold of {as_percent(threshold)}", source=source)
        values = at_threshold(test, threshold, prevalence)
        chart_block(*four_figures(values, target, threshold, prevalence), key="four", source=f"{source}; {INTERVALS}")
    st.caption(target_sentence(target, TARGETS[target]))


def start() -> dict[str, object]:
    """Return where the sliders stand at first, by their keys."""
    state = {str(key): value for key, value in st.session_state.items()}
    pairs = ((OWN, "prevalence-"), (OPTIMUM, "threshold-"))
    return {
        f"{slider}{key.removeprefix(known)}": value
        for known, slider in pairs
        for key, value in state.items()
        if key.startswith(known)
    }


def _pick_costs(target: str, test: Rates) -> tuple[float, float]:
    own = 100 * test.positives / test.images
    st.session_state[f"{OWN}{target}"] = round(2 * own) / 2
    left, right = st.columns(2, gap="medium")
    miss = left.select_slider(
        "One missed case is as bad as how many false alarms?", MISSES, value=MISS, key="miss-cost", bind="query-params",
        help="How many false alarms you would accept to find one more case.",
    )  # fmt: skip
    prevalence = right.slider(
        f"Prevalence ({own:.1f}% of the test images)", 0.5, 60.0, st.session_state[f"{OWN}{target}"], 0.5,
        format="%.1f%%", key=f"prevalence-{target}", bind="query-params",
        help="Share of cases among future images; in a medical practice it is far lower than in this dataset.",
    )  # fmt: skip
    return float(miss), prevalence / 100


def _pick_threshold(key: str, optimum: float, kind: str) -> float:
    """Pick the threshold; the slider follows the optimum until it is moved."""
    slider, followed = f"threshold-{key}", f"{OPTIMUM}{key}"
    best, state = round(100 * optimum, 1), st.session_state
    if slider in state and state[slider] == state.get(followed) != best:
        state[slider] = best
    state[followed] = best
    calibrated = ", calibrated as on the classify page," if kind == "validation" else ""
    value = st.slider(
        f"Threshold ({BEST[kind][0]}: {as_percent(optimum)})", 0.0, 100.0, best, STEP_PERCENT, format="%.1f%%",
        key=slider, bind="query-params", help=f"Images with at least this probability{calibrated} are flagged.",
    )  # fmt: skip
    if value != best:
        st.button(
            f"Reset to the {BEST[kind][0]}", icon=":material/restart_alt:", on_click=state.update,
            args=({slider: best},), key=f"reset-{key}", type="tertiary",
        )  # fmt: skip
    return float(value) / 100
