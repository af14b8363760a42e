"""What the class looks at: a step's chart and images; the result joins them with the reveal."""

import streamlit as st

from core.lessons.step import Step
from dashboard.caches import lesson
from dashboard.components.widgets import LINE_WIDTH, PLOTLY
from dashboard.text.lessons import result_sentence
from dashboard.text.phrases import plain
from dashboard.views.lesson.extras import show_image, show_more
from dashboard.views.lesson.play import draw_step, source_text

BEFORE = "The chart before the reveal: its axis, and what is known."


def show_scene(step: Step, revealed: bool) -> None:
    """Show a step as the lesson's own page does, without anybody's guess.

    Args:
        step: Of the lesson.
        revealed: Whether the result may be shown.
    """
    variant = step.control.variants[0].key
    figures = lesson.figures(step)
    sentence = result_sentence(step, figures, variant) if revealed else BEFORE
    chart = draw_step(step, figures, None, revealed, sentence)
    image, place = st.columns([1, 3]) if step.key == "cat" else (None, st.container())
    if image is not None:
        with image:
            show_image(step, variant)
    with place:
        alt = f"{step.title}: {plain(sentence)}"
        st.plotly_chart(chart.figure, width="stretch", key=f"scene-{step.key}", config=PLOTLY, alt=alt)
    if revealed:
        st.markdown(sentence, width=LINE_WIDTH)
        st.caption(source_text(step, figures))
        show_more(step, variant, figures)
