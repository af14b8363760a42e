"""The guided lesson: six presets of the lab, each with a question and the answer computed from what ran."""

import streamlit as st

from core.lab.experiment import Result
from core.lab.lessons import STEPS, get_step
from core.resampling.strategies import STRATEGIES
from dashboard.charts.lab import by_class, confusion_chart, gap_chart
from dashboard.components.widgets import chart_block
from dashboard.navigation import page_link
from dashboard.views.lab import controls
from dashboard.views.lab.result import name


def show_lesson() -> None:
    """One step: question, run, answer."""
    number = st.segmented_control(
        "Step", list(range(1, len(STEPS) + 1)), default=1, required=True, key="step", bind="query-params"
    )
    step = get_step(number)
    st.subheader(f"{number}. {step.title}")
    st.markdown(step.question)
    found = controls.guarded(list(step.settings))
    if found is None:
        return
    for result in found:
        controls.remember(result)
    with st.expander("The answer, from what just ran", icon=":material/lightbulb:", key=f"answer-{number}"):
        st.markdown(step.answer(found))
        _show_picture(found)
    with st.container(horizontal=True):
        for result in found:
            label = f"Open in the lab: {STRATEGIES[result.setting.strategy].label}"
            st.link_button(label, controls.link(result.setting), icon=":material/science:", help=name(result.setting))
    page_link("leaderboard", "What wrong protocols do to trained networks", other="Wrong protocols")


def _show_picture(found: list[Result]) -> None:
    """What the answer speaks of: the gap of a wrong protocol, one confusion matrix, or two settings by diagnosis."""
    last, first = found[-1], found[0]
    if not last.gaps.empty:
        rows = last.gaps.assign(protocol=last.setting.protocol)
        chart = gap_chart(rows, "balanced_accuracy")
    elif last is first:
        chart = confusion_chart(last.own.said)
    else:
        labels = [STRATEGIES[result.setting.strategy].label for result in (last, first)]
        chart = by_class(last.classes, first.classes, "recall", labels[0], labels[1])
    chart_block(*chart, key="lesson-picture", source=controls.source(last))
