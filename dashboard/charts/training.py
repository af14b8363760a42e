"""Learning curves: loss and validation scores epoch by epoch."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, CONTRAST, LINE, Chart, draw
from dashboard.text.training import loss_sentence, score_sentence

MILK10K = "milk10k_"
"""In the names of the columns that are about MILK10k."""
DASHES = {ACCENT: ("solid", "dash"), CONTRAST: ("dot", "dashdot"), LINE: ("longdash", "longdashdot")}
"""By color, of which each measure has its own: on HAM10000 and on MILK10k."""


def learning_curves(history: pd.DataFrame, kind: str, best_epoch: int | None) -> Chart:
    """Draw loss or validation scores epoch by epoch, with the kept epoch marked.

    Args:
        history: As `core.store.model_tables.read_history` returns it.
        kind: "loss" or "score".
        best_epoch: Row of the epoch whose weights were kept.
    """
    wanted = [
        name for name in history.columns if ("loss" in name) == (kind == "loss") and name not in ("epoch", "phase")
    ]
    epochs = history["epoch"] + 1
    measures = list(dict.fromkeys(name.replace(MILK10K, "") for name in wanted))
    traces = [
        go.Scatter(
            x=epochs, y=history[name], mode="lines+markers", name=_curve_name(name),
            line=_line(measures.index(name.replace(MILK10K, "")), MILK10K in name), marker_size=5,
            hovertemplate="epoch %{x}: %{y:.3f}",
        )
        for name in wanted
    ]  # fmt: skip
    kept = [] if best_epoch is None else [_upright(best_epoch + 1, "dash")]
    phases = [_upright(e + 0.5, "dot") for e in history.loc[history["phase"].diff() > 0, "epoch"]]
    fig = draw(
        traces, 320, shapes=[*kept, *phases], xaxis={"title": {"text": "Epoch"}},
        yaxis={"title": {"text": "Loss" if kind == "loss" else "Validation score"}, "rangemode": "tozero"},
    )  # fmt: skip
    sentence = loss_sentence(history) if kind == "loss" else score_sentence(history, best_epoch)
    return Chart(fig, history[["epoch", "phase", *wanted]], sentence)


def _upright(x: float, dash: str) -> dict[str, object]:
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": LINE, "dash": dash}}


def _line(measure: int, elsewhere: bool) -> dict[str, str]:
    color = list(DASHES)[measure % len(DASHES)]
    return {"color": color, "dash": DASHES[color][elsewhere]}


def _curve_name(column: str) -> str:
    name = column.removeprefix("val_").replace(MILK10K, "").replace("_", " ")
    name = f"validation {name}" if column.startswith("val_") else f"training {name}"
    return f"MILK10k: {name}" if MILK10K in column else name
