"""One step on a page: progress, question, chart and guess; then result, control, check question and next step."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from core.lessons.results import truth_of
from core.lessons.step import Figure, GuessValue, OptionsGuess, Step, Variant
from core.lessons.steps import STEPS
from dashboard.caches import lesson
from dashboard.charts.lesson import lesson_chart
from dashboard.charts.lesson_smote import PLACES, smote_chart
from dashboard.charts.style import Chart
from dashboard.components.drawn import drawn
from dashboard.components.place_tap import watch_taps
from dashboard.components.share import copy_link
from dashboard.components.widgets import PLOTLY, download_table
from dashboard.navigation import page_link
from dashboard.text.lessons import result_sentence, source_text
from dashboard.text.phrases import plain
from dashboard.text.terms import explained
from dashboard.views.lab import controls
from dashboard.views.lesson.extras import show_image, show_more
from dashboard.views.lesson.guess import pick_guess, show_guess, show_lock
from dashboard.views.lesson.state import STEP, Played, current, go_to, keep_done, played, reset, widget
from dashboard.views.lesson.teachers import show_teachers

STYLE = """<style>
@media (max-width: 640px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-lesson-action) {
    position: sticky; bottom: 0; z-index: 99; padding: .5rem 0; background: light-dark(#fff, #11171D);
  }
  .st-key-lesson h1 { font-size: 1.6rem; padding: 0; }
  .st-key-lesson button, .st-key-lesson a, .st-key-lesson [data-testid="stRadio"] label,
  .st-key-lesson [data-testid="stSelectbox"] [role="group"] { min-height: 44px; min-width: 44px; }
}
.st-key-lesson [data-testid="stSlider"] [role="group"] > div::before {
  content: ""; position: absolute; inset: -20px 0;
}
</style>"""
"""The action stays in reach on a phone, and everything that is tapped is at least 44 pixels high."""


def show_step() -> None:
    """Show the step that the address names."""
    step, fault = current()
    st.html(STYLE)
    with st.container(key="lesson"):
        if fault:
            st.warning(fault, icon=":material/link_off:")
        _show_progress(step)
        st.title(step.title, anchor=False)
        st.markdown(step.question)
        _show_body(step, played(step))
        _show_foot(step)
        show_teachers(step)
    keep_done()


def _show_progress(step: Step) -> None:
    number = STEPS.index(step) + 1
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.progress(number / len(STEPS), f"Step {number} of {len(STEPS)}, about {step.minutes} minutes")
        with st.popover("All steps", icon=":material/list:", width="content"):
            for i, each in enumerate(STEPS, 1):
                done = ":material/check: " if played(each).locked else ""
                st.button(
                    f"{done}{i}. {each.title}", key=f"lesson-go-{each.key}", type="tertiary", on_click=go_to,
                    args=(each.key,), disabled=each is step,
                )  # fmt: skip


def _show_body(step: Step, done: Played) -> None:
    left, right = st.columns([3, 2], gap="medium")
    if not done.locked:
        with right:
            show_image(step, step.control.variants[0].key)
            guess = pick_guess(step)
        with left:
            _show_chart(step, _given(step), guess, False, step.control.variants[0])
        with st.container(key="lesson-action"):
            show_lock(step, guess)
        return
    with right:
        place = st.container()
        variant = _pick_variant(step, done)
    with left:
        figures = _figures(step, variant)
        if figures:
            _show_chart(step, figures, done.guess, True, variant)
    with place:
        first = step.control.variants[0]
        show_guess(step, truth_of(step, lesson.figures(step)))
        if figures:
            st.markdown(result_sentence(step, figures, variant.key))
        if variant is not first:
            st.caption(f"Your guess was about “{first.text}”.")
        show_image(step, variant.key)
    with right:
        _show_check(step, done)
        if figures:
            show_more(step, variant.key, figures)
    _show_next(step)


def _given(step: Step) -> list[Figure]:
    return lesson.figures(step)


def _pick_variant(step: Step, done: Played) -> Variant:
    """Show the one control; its first position is what was guessed."""
    key, texts = widget("variant", step), {each.key: each.text for each in step.control.variants}
    st.session_state.setdefault(key, done.variant or step.control.variants[0].key)
    done.variant = st.selectbox(
        step.control.label, list(texts), format_func=texts.__getitem__, key=key, help="Change it and see what happens."
    )
    return step.control.get(done.variant)


def _figures(step: Step, variant: Variant) -> list[Figure]:
    """The figures of a variant: from the app's table, or trained now; empty if the visitor stopped the run."""
    if variant in step.shipped():
        return lesson.figures(step, variant.key)
    found = controls.guarded(list(variant.settings))
    if found is None:
        return []
    for result in found:
        controls.remember(result)
    return step.measure(found, variant.key)


def _show_chart(step: Step, figures: list[Figure], guess: GuessValue | None, shown: bool, variant: Variant) -> None:
    before = "The chart before the reveal: its axis, what is known, and your guess."
    sentence = result_sentence(step, figures, variant.key) if shown else before
    chart = draw_step(step, figures, guess, shown, sentence)
    key, alt = "lesson-chart", f"{step.title}: {plain(sentence)}"
    if shown:
        st.plotly_chart(chart.figure, width="stretch", key=key, config=PLOTLY, alt=alt)
    else:
        show_question_chart(step, chart, key, widget("guess", step), alt)
    if shown:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            source = source_text(step, figures)
            st.caption(source, width="stretch", help=explained(source))
            download_table(chart.table, f"lesson-{step.key}")


def show_question_chart(step: Step, chart: Chart, key: str, guess: str, alt: str) -> None:
    """Show a step's chart before its guess; where the options are places in it, a tap on one chooses it.

    Args:
        step: Of the lesson.
        chart: Its chart.
        key: Of the chart.
        guess: Key of the widget that holds the guess.
        alt: The chart in words.
    """
    st.plotly_chart(chart.figure, width="stretch", key=key, config=PLOTLY, alt=alt)
    if isinstance(step.guess, OptionsGuess) and step.guess.in_chart:
        keys = [option.key for option in step.guess.options]
        watch_taps(key, PLACES, lambda place: st.session_state.update({guess: place} if place in keys else {}))
        st.caption("Tap a place in the chart, or choose its letter.")


def draw_step(
    step: Step, figures: list[Figure], guess: GuessValue | None, shown: bool, sentence: str, guess_row: bool = True
) -> Chart:
    """Draw a step's chart; its arguments are those of `dashboard.charts.lesson.lesson_chart`."""
    if step.key != "smote_point":
        return drawn(lesson_chart, step, figures, guess, shown, sentence, guess_row)
    position = next(each.value for each in figures if each.series == "shown") if shown else None
    return smote_chart(lesson.scene(figures), None if guess is None else str(guess), position, sentence)


def _show_check(step: Step, done: Played) -> None:
    """Ask the check question; each option has its reason."""
    key, options = widget("answer", step), {each.key: each for each in step.check.options}
    if done.answer:
        st.session_state.setdefault(key, done.answer)
    question, texts = f"**Check: {step.check.question}**", {each: option.text for each, option in options.items()}
    done.answer = st.radio(question, list(texts), format_func=texts.__getitem__, key=key, index=None)
    if done.answer:
        right = done.answer == step.check.right
        (st.success if right else st.info)(
            options[done.answer].reason, icon=":material/check:" if right else ":material/replay:"
        )


def _show_next(step: Step) -> None:
    following = STEPS[STEPS.index(step) + 1 :]
    with st.container(key="lesson-action"):
        if following:
            st.button(
                f"Next: {following[0].title}", type="primary", icon=":material/arrow_forward:", key="lesson-next",
                on_click=go_to, args=(following[0].key,), width="stretch",
            )  # fmt: skip
        else:
            st.success("That was the last step. Now try your own setting in the lab.", icon=":material/flag:")


def _show_foot(step: Step) -> None:
    """Links that fit the step, the step's own link, and a fresh start."""
    settings = step.settings[-1:] if played(step).locked else ()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for setting in settings:
            page_link("split_resampling", "Open in the lab", **controls.query(setting))
            if setting.protocol != "right":
                page_link("leaderboard", "How wrong protocols affect trained networks", other="Wrong protocols")
        copy_link(f"{(st.context.url or '').split('?')[0]}?{urlencode({STEP: step.key})}")
        st.button("Reset", icon=":material/restart_alt:", key="lesson-reset", on_click=reset, args=(step,),
                  help="Forget the guess and start this step again.")  # fmt: skip
