"""The guided lesson: a step asks a question, runs its settings and shows the answer."""

import streamlit as st

from core.lab.experiment import Result
from core.resampling.strategies import STRATEGIES
from dashboard.charts.lab import by_class, confusion_chart, gap_chart
from dashboard.components.widgets import chart_block
from dashboard.navigation import page_link
from dashboard.text.lessons import STEPS, get_step
from dashboard.views.lab import controls
from dashboard.views.lab.result import name


def show_lesson() -> None:
    """Show one step: question, run, answer."""
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
    with st.expander("Answer, from the results of this run", icon=":material/lightbulb:", key=f"answer-{number}"):
        st.markdown(step.answer(found))
        _show_chart(found)
    with st.container(horizontal=True):
        for result in found:
            label = f"Open in the lab: {STRATEGIES[result.setting.resampling.strategy].label}"
            st.link_button(label, controls.link(result.setting), icon=":material/science:", help=name(result.setting))
    page_link("leaderboard", "How wrong protocols affect trained networks", other="Wrong protocols")


def _show_chart(found: list[Result]) -> None:
    """Show the chart behind the answer: a wrong protocol's gap, a confusion matrix, or two settings by class."""
    last, first = found[-1], found[0]
    if not last.gaps.empty:
        rows = last.gaps.assign(protocol=last.setting.protocol)
        chart = gap_chart(rows, "balanced_accuracy")
    elif last is first:
        chart = confusion_chart(last.own.raw)
    else:
        labels = [STRATEGIES[result.setting.resampling.strategy].label for result in (last, first)]
        chart = by_class(last.classes, first.classes, "recall", labels[0], labels[1])
    chart_block(*chart, key="lesson-chart", source=controls.source(last))
