"""For teachers: notes on the step, plans for 45 and 90 minutes, and the worksheet with its solution."""

from __future__ import annotations

import streamlit as st

from core.lessons.plans import PLANS, Plan
from core.lessons.results import figures
from core.lessons.step import Step
from core.lessons.steps import STEPS
from dashboard.caches import lesson
from dashboard.components.widgets import LINE_WIDTH
from dashboard.text.worksheet import solution, worksheet


def show_teachers(step: Step) -> None:
    """Show everything for teachers, folded; the notes are of the step in view."""
    fold = st.expander("For teachers", icon=":material/co_present:", key="lesson-teachers", on_change="rerun")
    if not fold.open:
        return
    with fold:
        st.markdown(f"## This step: {step.title} ({step.minutes} minutes)")
        notes = step.notes
        st.markdown(
            f"**Aim.** {notes.aim}\n\n**What many believe.** {notes.misconception}\n\n**Explain.** {notes.explain}",
            width=LINE_WIDTH,
        )
        _show_plans()
        _show_paper()


def _show_plans() -> None:
    st.markdown("## Plans")
    for column, plan in zip(st.columns(len(PLANS), gap="medium"), PLANS, strict=True):
        with column:
            st.markdown(_plan_table(plan))


def _plan_table(plan: Plan) -> str:
    rows = "\n".join(f"| {minute} | {text} |" for minute, text in plan.rows())
    return f"**{plan.minutes} minutes**\n\n| Minute | What happens |\n| ---: | --- |\n{rows}"


def _show_paper() -> None:
    st.markdown("## On paper")
    st.markdown(
        "Two HTML files to download, which any browser prints on A4: the worksheet with boxes for the guesses and "
        "blank axes, and its solution with the results."
    )
    with st.container(horizontal=True):
        for plan in PLANS:
            _show_download(plan, "Worksheet")
            _show_download(plan, "Solution")


def _show_download(plan: Plan, kind: str) -> None:
    steps = [step for step in STEPS if step.key in plan.steps]

    def write() -> bytes:
        if kind == "Worksheet":
            return worksheet(steps).encode()
        table = lesson.table()
        return solution(steps, {step.key: figures(step, table=table) for step in steps}).encode()

    name = f"{kind.lower()}-{plan.minutes}-minutes"
    st.download_button(
        f"{kind}, {plan.minutes} minutes", write, f"{name}.html", "text/html", key=f"download-{name}",
        icon=":material/print:", on_click="ignore",
    )  # fmt: skip
