"""The lesson's results: a committed table of all figures, so that no class waits for a training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core.config import EXPERIMENTS
from core.errors import UserError
from core.files import short_path
from core.lab.setting import Setting
from core.lessons.step import Figure, GuessValue, OptionsGuess, SliderGuess, Step
from core.lessons.steps import STEPS
from core.store.model_tables import TableSchema, read_table, write_table
from core.store.table_schema import Column, Schema

if TYPE_CHECKING:
    from core.lab.experiment import LabResult

FILE = EXPERIMENTS / "lesson.csv"
SCHEMA: Schema = {
    "step": Column(str, tuple(step.key for step in STEPS)), "variant": Column(str), "series": Column(str),
    "x": Column(str), "value": Column(float), "low": Column(float, optional=True),
    "high": Column(float, optional=True), "images": Column(int),
}  # fmt: skip
LESSON = TableSchema(FILE.name, SCHEMA, "lesson")
DECIMALS = 4
CLOSE = 0.05
"""A guess this close counts as right, as a share of the slider's length."""
AGAIN = "fetch it again or run `python -m core lesson`"


@dataclass(frozen=True)
class StepTruth:
    """What a guess is compared with.

    Attributes:
        value: On the slider's scale, or the key of the right option.
        low: Lower end of the 95% interval on the slider's scale; NaN for options.
        high: Upper end.
        unit: The slider's unit; empty for options.
    """

    value: GuessValue
    low: float
    high: float
    unit: str


def compute(run: Callable[[Setting], LabResult], on_step: Callable[[Step], object] = lambda step: None) -> pd.DataFrame:  # noqa: ARG005
    """Compute the figures of all steps.

    Args:
        run: Runs a setting of the lab; asked for each setting as often as it occurs.
        on_step: Called before each step.

    Returns:
        The columns of `SCHEMA`.
    """
    rows = []
    for step in STEPS:
        on_step(step)
        results = [run(setting) for setting in step.settings]
        for variant in step.shipped():
            rows += [
                {"step": step.key, "variant": variant.key} | vars(figure)
                for figure in step.measure(results, variant.key)
            ]
    return pd.DataFrame(rows, columns=list(SCHEMA)).round(DECIMALS)


def write(table: pd.DataFrame, path: Path = FILE) -> None:
    """Write the table in one step."""
    write_table(path.parent, replace(LESSON, file=path.name), table)


def read(path: Path = FILE) -> pd.DataFrame:
    """Read the committed table.

    Raises:
        UserError: It is missing or damaged, or lacks a step.
    """
    table = read_table(path.parent, replace(LESSON, file=path.name))
    known = set(zip(table["step"], table["variant"], strict=True))
    lacking = [step.key for step in STEPS for variant in step.shipped() if (step.key, variant.key) not in known]
    if lacking:
        raise UserError(f"{short_path(path)} lacks figures of the step {lacking[0]}; {AGAIN}.")
    return table


def figures(step: Step, variant: str = "", table: pd.DataFrame | None = None) -> list[Figure]:
    """The committed figures of a step.

    Args:
        step: The step.
        variant: Key of one of `step.shipped()`; default the first.
        table: As `read` returns it; default the committed one.

    Raises:
        UserError: See `read`; or the variant has no committed figures.
    """
    every, key = read() if table is None else table, variant or step.control.variants[0].key
    rows = every[(every["step"] == step.key) & (every["variant"] == key)]
    if rows.empty:
        raise UserError(f"There are no stored figures of {key!r} in the step {step.key}; {AGAIN}.")
    return [Figure(*row) for row in rows.drop(columns=["step", "variant"]).itertuples(index=False)]


def truth(step: Step, table: pd.DataFrame | None = None) -> StepTruth:
    """What a step's guess is compared with, from the committed table.

    Args:
        step: The step.
        table: As `read` returns it; default the committed one.

    Raises:
        UserError: See `read`.

    Example:
        >>> from core.lessons.steps import get_step
        >>> truth(get_step("always_nevus")).unit
        '%'
    """
    return truth_of(step, figures(step, table=table))


def truth_of(step: Step, found: list[Figure]) -> StepTruth:
    """As `truth`, from any variant's figures."""
    figure = next(each for each in found if each.series == "truth")
    if isinstance(step.guess, OptionsGuess):
        return StepTruth(figure.x, math.nan, math.nan, "")
    scale = 100 if step.guess.unit == "%" else 1
    value, low, high = (round(scale * end, 4) for end in (figure.value, figure.low, figure.high))
    return StepTruth(value, low, high, step.guess.unit)


def is_close(step: Step, guess: GuessValue, true: StepTruth) -> bool:
    """Whether a guess is right: the right option; on a slider, in the figure's interval or within 5% of the length."""
    if isinstance(step.guess, SliderGuess):
        reach = CLOSE * (step.guess.high - step.guess.low)
        return true.low <= float(guess) <= true.high or abs(float(guess) - float(true.value)) <= reach
    return guess == true.value
