"""Charts of the class board and of homework: a row a student, each score with its interval."""

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from core.classroom.board import METRIC, Entry
from core.classroom.homework import Standing
from core.stats import Estimate
from dashboard.charts.style import ACCENT, CONTRAST, MARK, STROKE, Chart, draw, error_bars
from dashboard.text.class_ranking import board_sentence, flattery_sentence, homework_sentence
from dashboard.text.format import estimate
from dashboard.text.lab import setting_text

SHOWN = 15
"""Students in a chart; its table has all."""
LETTERS = 26
"""Per line of a setting's text."""
STYLES = (
    {"color": ACCENT, "size": MARK, "symbol": "circle"},
    {"color": CONTRAST, "size": MARK, "symbol": "diamond-open", "line": {"width": STROKE}},
)


class Line(NamedTuple):
    """One student's row.

    Attributes:
        label: Of the axis, unique.
        lines: Number of its lines.
        scores: The scores in it, one for each series.
    """

    label: str
    lines: int
    scores: tuple[Estimate, ...]


def board_chart(found: Sequence[Entry]) -> Chart:
    """Draw the class board: validation scores, and test scores once they are open.

    Args:
        found: Each student's best honest entry, best first.
    """
    return Chart(
        _draw([_entry_line(i, each) for i, each in enumerate(found, 1)], ("Validation split", "Test split")),
        _entry_table(found, "validation").drop(columns=["gap", "gap_low", "gap_high"], errors="ignore"),
        board_sentence(found),
    )  # fmt: skip


def flattery_chart(found: Sequence[Entry]) -> Chart:
    """Draw what wrong protocols would report, and the honest scores once they are open.

    Args:
        found: Each student's best entry of a wrong protocol, best first.
    """
    return Chart(
        _draw([_entry_line(i, each) for i, each in enumerate(found, 1)], ("Would be reported", "Honest")),
        _entry_table(found, "reported"), flattery_sentence(found),
    )  # fmt: skip


def homework_chart(found: Sequence[Standing]) -> Chart:
    """Draw the students' public scores, and after the deadline their private ones, with shared ranks.

    Args:
        found: As `core.classroom.homework.standings` returns them.
    """
    lines = []
    for each in found:
        rank = each.public_rank if each.private_rank is None else each.private_rank
        lines.append(Line(f"{rank}. {each.nickname}", 1, (each.public, each.private)))
    return Chart(_draw(lines, ("Public half", "Private half")), _homework_table(found), homework_sentence(found))


def _homework_table(found: Sequence[Standing]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "nickname": [each.nickname for each in found],
            "tries": [each.tries for each in found],
            "public_rank": [each.public_rank for each in found],
            "private_rank": [each.private_rank for each in found],
        }
    )
    for half in ("public", "private"):
        table = table.join(pd.DataFrame([getattr(each, half).columns(half) for each in found]))
    return table


def _entry_line(rank: int, entry: Entry) -> Line:
    text = wrap(setting_text(entry.setting), LETTERS)
    small = "<br>".join(f'<span style="font-size:11px">{line}</span>' for line in text)
    return Line(f"{rank}. {entry.nickname}<br>{small}", 1 + len(text), (entry.score, entry.test))


def _entry_table(found: Sequence[Entry], name: str) -> pd.DataFrame:
    table = pd.DataFrame(
        {"nickname": [each.nickname for each in found], "setting": [setting_text(each.setting) for each in found]}
    )
    for key, scores in ((name, "score"), ("test", "test"), ("gap", "gap")):
        table = table.join(pd.DataFrame([getattr(each, scores).columns(key) for each in found]))
    return table


def _draw(lines: Sequence[Line], names: Sequence[str]) -> go.Figure:
    shown = lines[:SHOWN]
    traces = []
    for i, name in enumerate(names):
        scores = [line.scores[i] for line in shown]
        if i and all(math.isnan(each.value) for each in scores):
            continue
        low, value, high = ([getattr(each, end) for each in scores] for end in ("low", "value", "high"))
        traces.append(
            go.Scatter(
                x=value, y=[line.label for line in shown], name=name, mode="markers",
                marker=STYLES[i], text=[estimate(each) for each in scores],
                error_x=error_bars(low, value, high, str(STYLES[i]["color"])),
                hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
            )
        )  # fmt: skip
    height = 130 + sum(26 + 17 * line.lines for line in shown)
    return draw(
        traces, height, scattermode="group", scattergap=0.5, showlegend=True, margin={"t": 46},
        xaxis={"title": {"text": METRIC.label}, "range": _range(shown)},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def _range(lines: Sequence[Line]) -> list[float] | None:
    """Return an axis that holds all scores with their intervals, because plotly would begin it at 0."""
    every = [end for line in lines for each in line.scores for end in (each.low, each.value, each.high)]
    ends = [end for end in every if not math.isnan(end)]
    pad = 0.04 * (max(ends) - min(ends)) + 0.005 if ends else 0
    return [min(ends) - pad, max(ends) + pad] if ends else None
