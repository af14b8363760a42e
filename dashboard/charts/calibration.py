"""Calibration error and Brier score before and after temperature scaling."""

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.metrics import METRICS
from dashboard.charts.style import ACCENT, MARK, Chart, draw, interval_bars
from dashboard.text.calibration import temperature_sentence
from dashboard.text.format import figures

STAGES = {"before": "As trained", "after": "After temperature scaling"}
SPLIT_LABELS = {"validation": "Validation<br>(fitted here)", "test": "Test"}
APART = {"before": 0.14, "after": -0.14}


def temperature_effect(table: pd.DataFrame, measure: str, temperature: float) -> Chart:
    """Draw a measure before and after calibration, on the split where it was fitted and on the test split.

    Args:
        table: As `core.evaluation.calibration.before_and_after` returns it, not empty.
        measure: One of its measures.
        temperature: What the logits are divided by.
    """
    rows = table[table["measure"] == measure].reset_index(drop=True)
    marks = [
        go.Scatter(
            x=rows[stage], y=[i + APART[stage] for i in rows.index], mode="markers", name=label,
            marker={"color": ACCENT, "size": MARK, "symbol": "circle-open" if stage == "before" else "circle"},
            error_x=interval_bars(rows, stage), text=figures(rows, stage),
            hovertemplate=label + ": %{text}<extra></extra>",
        )
        for stage, label in STAGES.items()
    ]  # fmt: skip
    fig = draw(
        marks, 250,
        xaxis={"title": {"text": f"{METRICS[measure].label}, lower is better"}, "rangemode": "tozero"},
        yaxis={
            "tickvals": list(rows.index), "ticktext": [SPLIT_LABELS[split] for split in rows["split"]],
            "range": [-0.6, len(rows) - 0.4], "showgrid": False,
        },
    )  # fmt: skip
    return Chart(fig, rows, temperature_sentence(rows, measure, temperature))
