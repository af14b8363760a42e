"""What temperature scaling changes, in words."""

import pandas as pd

from core.evaluation.metrics import METRICS
from dashboard.text.format import figures

SAME = 0.0005
"""A change that three decimals don't show."""


def temperature_sentence(rows: pd.DataFrame, measure: str, temperature: float) -> str:
    """Say what a temperature does to the probabilities and to the measure on the test split.

    Args:
        rows: One measure of `core.evaluation.calibration.before_and_after`.
        measure: Its name.
        temperature: What the logits are divided by.
    """
    test = rows[rows["split"] == "test"]
    if test.empty:
        return "Not measured on the test split."
    before, after = (figures(test, stage)[0] for stage in ("before", "after"))
    effect = "less extreme" if temperature > 1 else "more extreme"
    difference = float(test["after"].iloc[0] - test["before"].iloc[0])
    moves = "stays the same" if abs(difference) < SAME else ("falls" if difference < 0 else "rises")
    return (
        f"A temperature of {temperature:.2f} makes the probabilities {effect}. {METRICS[measure].label} on the test "
        f"set {moves}: **{before} before, {after} after**."
    )
