"""How much a wrong protocol, or chance, changes a score: two runs of one recipe on the same test images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING
from core.evaluation.metrics import METRICS
from dashboard.charts.leaderboard import name_label
from dashboard.charts.style import ACCENT, CONTRAST, MARK, Chart, draw, interval_bars
from dashboard.text.comparisons import pairs_sentence
from dashboard.text.format import change, figure

RUNS = {
    "labels": {"wrong": "images of any diagnosis", "right": "images of the row's own diagnosis"},
    "leak": {"wrong": "trained on the image split", "right": "trained on the lesion split"},
    "resampling": {"wrong": "with resampling or weights", "right": "same network, no resampling"},
    "cover": {"wrong": "trained and tested with the lesion covered", "right": "trained and tested on whole images"},
    "seed": {"wrong": "trained with another seed", "right": "the model on the leaderboard"},
}
"""Names of the two runs of a comparison, the wrong protocol first."""
COLORS = {"wrong": CONTRAST, "right": ACCENT}
SYMBOLS = {"wrong": "diamond", "right": "circle"}
SETS = {
    "all": "all",
    LEAKING: "lesion seen in training<br>or validation (by image)",
    CLEAN: "lesion new<br>to both models",
}


def paired_runs(table: pd.DataFrame, kind: str, measure: str) -> Chart:
    """Draw both runs of each comparison with their intervals.

    Args:
        table: As `core.evaluation.comparisons.compare` returns it.
        kind: A key of RUNS.
        measure: A name in METRICS that the table has.
    """
    rows = table[(table["kind"] == kind) & (table["measure"] == measure) & (table["images_of"] != EXCESS)]
    several = len(set(rows["images_of"])) > 1
    labels = [_row_label(row, several) for row in rows.to_dict("records")]
    traces = [
        go.Scatter(
            x=rows[run], y=labels, name=name, mode="markers", error_x=interval_bars(rows, run),
            marker={"color": COLORS[run], "size": MARK, "symbol": SYMBOLS[run]},
            text=[figure(*ends) for ends in rows[[run, f"{run}_low", f"{run}_high"]].itertuples(index=False)],
            customdata=[change(*ends) for ends in rows[["gap", "gap_low", "gap_high"]].itertuples(index=False)],
            hovertemplate="%{y}, " + name + ": %{text}<br>difference %{customdata}<extra></extra>",
        )
        for run, name in RUNS[kind].items()
    ]  # fmt: skip
    fig = draw(
        traces, 150 + 56 * len(rows), scattermode="group", scattergap=0.6,
        legend={"orientation": "v", "y": 1.0}, margin={"t": 64},
        xaxis={"title": {"text": METRICS[measure].label}},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
    )  # fmt: skip
    return Chart(fig, table[table["kind"] == kind], pairs_sentence(rows, table, kind, measure))


def _row_label(row: Mapping[Any, str], several: bool) -> str:
    if several:
        return SETS[row["images_of"]]
    if row["kind"] == "cover":
        return str(row["label"]).replace(" of ", "<br>of ").replace(" around", "<br>around")
    return str(row["label"]).replace(", ", ",<br>") if row["kind"] == "resampling" else name_label(row["model"])
