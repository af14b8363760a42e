"""The lesson on paper: a worksheet with boxes for guesses and blank axes, and its solution, as HTML to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from core.lessons.results import StepTruth, truth_of
from core.lessons.step import SURE, Figure, SliderGuess, Step
from dashboard.text.lessons import result_sentence, source_text

CSS = """
@page { size: A4; margin: 16mm; }
body { font: 11pt/1.4 system-ui, sans-serif; color: #000; background: #fff; }
body { max-width: 44rem; margin: 1rem auto; padding: 0 1rem; }
h1 { font-size: 18pt; } h2 { font-size: 13pt; margin: 0 0 .3rem; }
section { break-inside: avoid; border-top: 1px solid #666; padding: .7rem 0 1rem; }
p { margin: .3rem 0; } ul { list-style: none; margin: .2rem 0; padding: 0; }
li { padding-left: 1.6rem; text-indent: -1.6rem; }
.box { display: inline-block; width: .85rem; height: .85rem; border: 1px solid #000; margin: 0 .55rem -.1rem .2rem; }
.box { text-indent: 0; text-align: center; line-height: .85rem; font-size: .85rem; }
.options li { display: inline-block; margin-right: 1.2rem; }
.field { display: inline-block; border: 1px solid #000; width: 5rem; height: 1.5rem; vertical-align: middle; }
.result { border-left: 4px solid #2b5c8f; padding-left: .6rem; } .small { font-size: 9.5pt; color: #333; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
"""
WIDTH, HEIGHT, EDGE = 640, 62, 24
TICKS = 5
ON_SCREEN = "The charts are on the screen. Tick a box or mark the axis before the result is revealed."


def worksheet(steps: Sequence[Step]) -> str:
    """Write the worksheet of some steps: question, box for the guess, blank axis, check question."""
    body = "".join(_section(i, step) for i, step in enumerate(steps, 1))
    return _page(
        "Worksheet: can you trust a skin-cancer classifier?", f"<p>Name: {'_' * 40}</p><p>{ON_SCREEN}</p>{body}"
    )


def solution(steps: Sequence[Step], figures: Mapping[str, list[Figure]]) -> str:
    """Write the worksheet with its solution.

    Args:
        steps: The steps.
        figures: Of each step's first variant, by key.
    """
    body = "".join(_section(i, step, figures[step.key]) for i, step in enumerate(steps, 1))
    return _page("Solution: can you trust a skin-cancer classifier?", body)


def _page(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    start = f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head>'
    return f"{start}<body><h1>{escape(title)}</h1>{body}</body></html>\n"


def _section(number: int, step: Step, figures: list[Figure] | None = None) -> str:
    true = truth_of(step, figures) if figures else None
    parts = [f"<h2>{number}. {escape(step.title)}</h2><p>{escape(step.question)}</p>", _guess(step, true)]
    if figures:
        text = escape(result_sentence(step, figures))
        strong = text.replace("**", "<b>", 1).replace("**", "</b>", 1)
        parts.append(f'<p class="result">{strong} <span class="small">{escape(source_text(step, figures))}</span></p>')
    parts.append(f"<p>{escape(step.check.question)}</p><ul>{''.join(_answers(step, solved=bool(figures)))}</ul>")
    return f"<section>{''.join(parts)}</section>"


def _guess(step: Step, true: StepTruth | None) -> str:
    if isinstance(step.guess, SliderGuess):
        field = "" if true else f'<p>My guess: <span class="field"></span> {escape(step.guess.unit)}</p>'
        return f"{field}{_axis(step.guess, true)}{_sure(true)}"
    boxes = "".join(
        f"<li>{_box(bool(true) and option.key == getattr(true, 'value', None))}{escape(option.text)}</li>"
        for option in step.guess.options
    )
    return f'<ul class="options">{boxes}</ul>{_sure(true)}'


def _sure(true: StepTruth | None) -> str:
    boxes = "".join(f"<li>{_box(False)}{escape(option.text)}</li>" for option in SURE)
    return "" if true else f'<ul class="options small"><li>How sure?</li>{boxes}</ul>'


def _answers(step: Step, *, solved: bool) -> list[str]:
    rows = []
    for option in step.check.options:
        reason = f'<br><span class="small">{escape(option.reason)}</span>' if solved else ""
        rows.append(f"<li>{_box(solved and option.key == step.check.right)}{escape(option.text)}{reason}</li>")
    return rows


def _box(checked: bool) -> str:
    return f'<span class="box">{"✓" if checked else ""}</span>'


def _axis(guess: SliderGuess, true: StepTruth | None) -> str:
    """The slider's axis, blank or with the result and its interval."""

    def at(value: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (value - guess.low) / (guess.high - guess.low)

    marks = [f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="34" y2="34" stroke="black"/>']
    for i in range(TICKS):
        value = guess.low + (guess.high - guess.low) * i / (TICKS - 1)
        marks.append(f'<line x1="{at(value)}" x2="{at(value)}" y1="30" y2="38" stroke="black"/>')
        marks.append(f'<text x="{at(value)}" y="54" text-anchor="middle">{escape(guess.show(value))}</text>')
    if true:
        low, value, high = (float(end) for end in (true.low, true.value, true.high))
        if low == low:
            marks.append(f'<line x1="{at(low)}" x2="{at(high)}" y1="34" y2="34" stroke="#2b5c8f" stroke-width="6"/>')
        marks.append(f'<circle cx="{at(value)}" cy="34" r="7" fill="#2b5c8f"/>')
        shown = guess.show(round(value, 0 if guess.unit == "%" else 2))
        marks.append(f'<text x="{at(value)}" y="18" text-anchor="middle">{escape(shown)}</text>')
    label = "Axis with the result" if true else "Blank axis for the guess"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(marks)}</svg>'
