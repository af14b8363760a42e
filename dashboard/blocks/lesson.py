"""The guided lesson: six presets of the lab, each with a question and the answer computed from what ran."""

import streamlit as st

from core.resampling.lessons import STEPS, get_step
from dashboard.blocks import lab
from dashboard.blocks.lab_result import name


def show_lesson() -> None:
    """One step: question, run, answer."""
    number = st.segmented_control(
        "Step", list(range(1, len(STEPS) + 1)), default=1, required=True, key="step", bind="query-params"
    )
    step = get_step(number)
    st.subheader(f"{number}. {step.title}")
    st.markdown(step.question)
    found = lab.guarded(list(step.settings))
    if found is None:
        return
    for result in found:
        lab.remember(result)
    with st.expander("The answer, from what just ran", icon=":material/lightbulb:", key=f"answer-{number}"):
        st.markdown(step.answer(found).replace(" %", "\N{NO-BREAK SPACE}%"))
        st.caption(lab.source(found[0]))
    with st.container(horizontal=True):
        for result in found:
            st.link_button(
                f"Open in the lab: {name(result.setting)}", lab.link(result.setting), icon=":material/science:"
            )
