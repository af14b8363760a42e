"""The worksheet asks every step's questions and gives nothing away; the solution has every result and reason."""

from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest

from core.lessons.results import figures, read
from core.lessons.step import SliderGuess, Step
from core.lessons.steps import STEPS
from dashboard.text.worksheet import solution, worksheet

TABLE = read()
FIGURES = {step.key: figures(step, table=TABLE) for step in STEPS}
EVERY = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)


class Balanced(HTMLParser):
    """Checks that every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Nothing to close."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_both_are_whole_pages_that_need_nothing_else() -> None:
    for page in (worksheet(STEPS), solution(STEPS, FIGURES)):
        parser = Balanced()
        parser.feed(page)
        assert not parser.open
        assert page.startswith("<!doctype html>") and "@page { size: A4" in page
        assert "http" not in page.split("<body>")[0] and "<script" not in page


@EVERY
def test_a_worksheet_asks_and_gives_nothing_away(step: Step) -> None:
    page = worksheet([step])
    assert escape(step.question) in page and escape(step.check.question) in page
    assert all(escape(option.text) in page for option in step.check.options)
    assert "✓" not in page and not any(escape(option.reason) in page for option in step.check.options)
    assert ('aria-label="Blank axis for the guess"' in page) == isinstance(step.guess, SliderGuess)
    assert page.count('class="box"') >= 6


@EVERY
def test_a_solution_marks_the_right_options_and_the_result(step: Step) -> None:
    page = solution([step], FIGURES)
    assert all(escape(option.reason) in page for option in step.check.options)
    assert page.count("✓") == 1 + (not isinstance(step.guess, SliderGuess))
    assert page.count("<b>") == 1 and ("<circle" in page) == isinstance(step.guess, SliderGuess)


def test_texts_are_escaped() -> None:
    page = worksheet([replace(STEPS[0], title="<img src=x>", question="a & b?")])
    assert "<img" not in page and "a &amp; b?" in page
