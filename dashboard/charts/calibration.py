"""What one number, the temperature, does to the calibration error and to the Brier score."""

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.metrics import METRICS
from dashboard.charts.evaluation import figures, interval_bars
from dashboard.charts.style import ACCENT, Chart, draw

SIDES = {"before": "As trained", "after": "With temperature"}
SPLIT_LABELS = {"validation": "Validation<br>(fitted here)", "test": "Test"}
APART = {"before": 0.14, "after": -0.14}


def tempering(table: pd.DataFrame, measure: str, temperature: float) -> Chart:
    """A measure before and after calibration on the split it was fitted on and on the test split.

    Args:
        table: As `core.evaluation.calibration.before_and_after` returns it, not empty.
        measure: One of its measures.
        temperature: What probabilities' logarithms are divided by.
    """
    rows = table[table["measure"] == measure].reset_index(drop=True)
    marks = [
        go.Scatter(
            x=rows[side], y=[i + APART[side] for i in rows.index], mode="markers", name=label,
            marker={"color": ACCENT, "size": 12, "symbol": "circle-open" if side == "before" else "circle"},
            error_x=interval_bars(rows, side), text=figures(rows, side),
            hovertemplate=label + ": %{text}<extra></extra>",
        )
        for side, label in SIDES.items()
    ]  # fmt: skip
    fig = draw(
        marks, 250,
        xaxis={"title": {"text": f"{METRICS[measure].label}, lower is better"}, "rangemode": "tozero"},
        yaxis={
            "tickvals": list(rows.index), "ticktext": [SPLIT_LABELS[split] for split in rows["split"]],
            "range": [-0.6, len(rows) - 0.4], "showgrid": False,
        },
    )  # fmt: skip
    return Chart(fig, rows, _sentence(rows, measure, temperature))


def _sentence(rows: pd.DataFrame, measure: str, temperature: float) -> str:
    test = rows[rows["split"] == "test"]
    if test.empty:
        return "Not measured on the test split."
    before, after = (figures(test, side)[0] for side in SIDES)
    lean = "softens probabilities" if temperature > 1 else "sharpens probabilities"
    change = float(test["after"].iloc[0] - test["before"].iloc[0])
    words = "is the same" if abs(change) < 0.0005 else ("falls" if change < 0 else "rises")
    return (
        f"A temperature of {temperature:.2f} {lean}. {METRICS[measure].label} on test {words}: **{before} to {after}**."
    )
