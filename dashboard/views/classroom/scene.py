"""What the class looks at: a step's chart and images; the result joins them with the reveal."""

import streamlit as st

from core.lessons.step import GuessValue, Step
from dashboard.caches import lesson
from dashboard.charts.style import Chart
from dashboard.components.widgets import LINE_WIDTH, PLOTLY
from dashboard.text.lessons import result_sentence, source_text
from dashboard.text.phrases import plain
from dashboard.text.terms import explained
from dashboard.views.lesson.extras import show_image, show_more
from dashboard.views.lesson.play import draw_step

BEFORE = "The chart before the reveal: its axis, and what is known."


def show_scene(step: Step, revealed: bool) -> None:
    """Show a step as the lesson's own page does, without anybody's guess.

    Args:
        step: Of the lesson.
        revealed: Whether the result may be shown.
    """
    variant = step.control.variants[0].key
    figures = lesson.figures(step)
    chart, alt = scene_chart(step, revealed, guess_row=False)
    image, place = st.columns([1, 3]) if step.key == "cat" else (None, st.container())
    if image is not None:
        with image:
            show_image(step, variant)
    with place:
        st.plotly_chart(chart.figure, width="stretch", key=f"scene-{step.key}", config=PLOTLY, alt=alt)
    if revealed:
        st.markdown(chart.sentence, width=LINE_WIDTH)
        source = source_text(step, figures)
        st.caption(source, help=explained(source))
        show_more(step, variant, figures)


def scene_chart(
    step: Step, revealed: bool, guess: GuessValue | None = None, guess_row: bool = True
) -> tuple[Chart, str]:
    """Draw a step's first variant; returns its chart, and the chart in words.

    Args:
        step: Of the lesson.
        revealed: Whether the result may be shown.
        guess: Whose guess is drawn in it; None for nobody's.
        guess_row: As for `dashboard.charts.lesson.lesson_chart`.
    """
    figures = lesson.figures(step)
    sentence = result_sentence(step, figures, step.control.variants[0].key) if revealed else BEFORE
    return draw_step(step, figures, guess, revealed, sentence, guess_row), f"{step.title}: {plain(sentence)}"
