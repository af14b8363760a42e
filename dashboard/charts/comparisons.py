"""What a wrong protocol is worth: two runs of one recipe side by side on the same test pictures."""

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING
from core.evaluation.metrics import METRICS
from dashboard.charts.evaluation import figure, interval_bars, name_label
from dashboard.charts.style import ACCENT, CONTRAST, Chart, draw
from dashboard.text.phrases import amount

SIDES = {
    "labels": {"wrong": "pictures of any diagnosis", "right": "pictures of its own diagnosis"},
    "leak": {"wrong": "trained on the image-level split", "right": "trained on the lesion-level split"},
    "resampling": {"wrong": "with the answer to imbalance", "right": "without"},
}
"""What the two runs of a comparison are called, the wrong protocol first."""
COLORS = {"wrong": CONTRAST, "right": ACCENT}
SYMBOLS = {"wrong": "diamond", "right": "circle"}
SETS = {"all": "all", LEAKING: "lesion seen in<br>training, image-level", CLEAN: "lesion new<br>to both"}


def paired_runs(table: pd.DataFrame, kind: str, measure: str) -> Chart:
    """Both runs of each comparison with their intervals.

    Args:
        table: As `core.evaluation.comparisons.compare` returns it.
        kind: "labels", "leak" or "resampling".
        measure: A name in METRICS that the table has.
    """
    rows = table[(table["kind"] == kind) & (table["measure"] == measure) & (table["pictures_of"] != EXCESS)]
    several = len(set(rows["pictures_of"])) > 1
    labels = [_row_label(row, several) for row in rows.to_dict("records")]
    traces = [
        go.Scatter(
            x=rows[side], y=labels, name=name, mode="markers", error_x=interval_bars(rows, side),
            marker={"color": COLORS[side], "size": 12, "symbol": SYMBOLS[side]},
            text=[figure(*ends) for ends in rows[[side, f"{side}_low", f"{side}_high"]].itertuples(index=False)],
            hovertemplate="%{y}, " + name + ": %{text}<extra></extra>",
        )
        for side, name in SIDES[kind].items()
    ]  # fmt: skip
    fig = draw(
        traces, 150 + 56 * len(rows), scattermode="group", scattergap=0.6,
        legend={"orientation": "v", "y": 1.0}, margin={"t": 64},
        xaxis={"title": {"text": METRICS[measure].label}},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
    )  # fmt: skip
    return Chart(fig, table[table["kind"] == kind], _sentence(rows, table, kind, measure))


def _row_label(row: dict[str, str], several: bool) -> str:
    if several:
        return SETS[row["pictures_of"]]
    return str(row["label"]).replace(", ", ",<br>") if row["kind"] == "resampling" else name_label(row["model"])


def _sentence(rows: pd.DataFrame, table: pd.DataFrame, kind: str, measure: str) -> str:
    label = METRICS[measure].label
    label = label if label.isupper() else label[0].lower() + label[1:]
    if kind == "labels":
        parts = [f"**{row['model']}** {_worse(row)} in {label}" for row in rows.to_dict("records")]
        return f"With a picture of any diagnosis for each synthetic row, {' and '.join(parts)}, on the same pictures."
    if kind == "resampling":
        parts = [f"**{row['label']}**: {_points(row)}{_verdict(row, measure)}" for row in rows.to_dict("records")]
        return f"Change in {label} against the same network without, on the same pictures. {'; '.join(parts)}."
    by_set = rows.set_index("pictures_of").to_dict("index")
    parts = [
        f"{_points(by_set[name])} on the {amount(by_set[name]['pictures'], 'test pictures')} {words}"
        for name, words in ((LEAKING, "whose lesion it had seen in training"), (CLEAN, "of lesions new to both"))
        if name in by_set
    ]
    text = f"The model trained on the image-level split gains {' and '.join(parts)} ({label})."
    excess = table[(table["pictures_of"] == EXCESS) & (table["measure"] == measure)]
    if excess.empty:
        return text
    ends = excess[["gap", "gap_low", "gap_high"]].iloc[0]
    return f"{text} The difference of the two gains, which is what the leak is worth, is {_signed(*ends)}."


def _verdict(row: dict[str, float], measure: str) -> str:
    if not (row["gap_low"] > 0 or row["gap_high"] < 0):
        return ", too little to tell"
    return ", better" if (row["gap"] > 0) == METRICS[measure].higher_is_better else ", worse"


def _worse(row: dict[str, float]) -> str:
    if row["gap_low"] > 0 or row["gap_high"] < 0:
        way = "loses" if row["gap"] < 0 else "gains"
        return f"{way} {figure(abs(row['gap']), *sorted((abs(row['gap_low']), abs(row['gap_high']))))}"
    return f"changes by {_points(row)}, too little to tell"


def _points(row: dict[str, float]) -> str:
    return _signed(row["gap"], row["gap_low"], row["gap_high"])


def _signed(value: float, low: float, high: float) -> str:
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]" if low == low else f"{value:+.3f}"
