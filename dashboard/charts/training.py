"""How a model learned: loss and validation scores epoch by epoch."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, CONTRAST, LINE, Chart, draw
from dashboard.text.phrases import amount

DASHES = {ACCENT: "solid", CONTRAST: "dot", LINE: "dash"}


def learning_curves(history: pd.DataFrame, kind: str, best_epoch: int | None) -> Chart:
    """Loss or validation scores epoch by epoch, the kept epoch marked.

    Args:
        history: As `core.store.model_tables.read_history` returns it.
        kind: "loss" or "score".
        best_epoch: Row of the epoch whose weights were kept.
    """
    wanted = [
        name for name in history.columns if ("loss" in name) == (kind == "loss") and name not in ("epoch", "phase")
    ]
    epochs = history["epoch"] + 1
    colors = list(DASHES) * len(wanted)
    traces = [
        go.Scatter(
            x=epochs, y=history[name], mode="lines+markers", name=_curve_name(name),
            line={"color": color, "dash": DASHES[color]}, marker_size=5, hovertemplate="epoch %{x}: %{y:.3f}",
        )
        for name, color in zip(wanted, colors, strict=False)
    ]  # fmt: skip
    kept = [] if best_epoch is None else [_upright(best_epoch + 1, "dash")]
    phases = [_upright(e + 0.5, "dot") for e in history.loc[history["phase"].diff() > 0, "epoch"]]
    fig = draw(
        traces, 320, shapes=[*kept, *phases], xaxis={"title": {"text": "Epoch"}},
        yaxis={"title": {"text": "Loss" if kind == "loss" else "Share, validation"}, "rangemode": "tozero"},
    )  # fmt: skip
    sentence = _loss_sentence(history) if kind == "loss" else _score_sentence(history, best_epoch)
    if phases and kind == "score":
        sentence += f" A dotted line marks a new phase of training, of {amount(history['phase'].max() + 1, 'phases')}."
    return Chart(fig, history[["epoch", "phase", *wanted]], sentence)


def _upright(x: float, dash: str) -> dict[str, object]:
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": LINE, "dash": dash}}


def _curve_name(column: str) -> str:
    words = column.removeprefix("val_").replace("_", " ")
    return f"validation {words}" if column.startswith("val_") else f"training {words}"


def _loss_sentence(history: pd.DataFrame) -> str:
    if not {"loss", "val_loss"} <= set(history.columns) or history["val_loss"].isna().all():
        return f"{amount(len(history), 'epochs')} of training."
    low = history["val_loss"].idxmin()
    went = f"training loss went from {history['loss'].iloc[0]:.2f} to {history['loss'].iloc[-1]:.2f}"
    return (
        f"Validation loss was lowest, {history['val_loss'][low]:.2f}, at **epoch {history['epoch'][low] + 1}**; {went}."
    )


def _score_sentence(history: pd.DataFrame, best_epoch: int | None) -> str:
    if best_epoch is None or best_epoch not in history.index or "val_balanced_accuracy" not in history:
        return f"{amount(len(history), 'epochs')} of training."
    best, last = history["val_balanced_accuracy"][best_epoch], history["val_balanced_accuracy"].iloc[-1]
    kept = f"The weights of **epoch {best_epoch + 1} of {len(history)}** were kept (dashed line)"
    return f"{kept}: validation balanced accuracy {best:.3f} there, {last:.3f} at the end."
