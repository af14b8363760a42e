"""One figure in groups of test images."""

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.slices import FEW
from dashboard.charts.style import ACCENT, LINE, MARK, Chart, draw, interval_bars
from dashboard.text.format import figures
from dashboard.text.slices import METRIC_LABELS, group_name, slices_sentence


def slice_forest(rows: pd.DataFrame, metric: str, whole: float) -> Chart:
    """Draw a figure in each group of a slice with its interval; hollow and grey if there are few lesions.

    Args:
        rows: One slice and metric of `core.evaluation.slices.slices`: group, images, lesions, value, low, high.
        metric: A key of METRIC_LABELS.
        whole: The figure over all test images, for the dashed line.
    """
    shown = rows.dropna(subset=["value"]).rename(columns={"low": "value_low", "high": "value_high"})
    shown = shown.assign(few=shown["lesions"] < FEW, label=_labels(shown))[::-1]
    marks = [
        go.Scatter(
            x=part["value"], y=part["label"], mode="markers", error_x=interval_bars(part, "value", color),
            marker={"color": color, "size": MARK, "symbol": symbol}, text=figures(part, "value"),
            customdata=part[["images", "lesions"]],
            hovertemplate="%{text}<br>%{customdata[0]:,} images of %{customdata[1]:,} lesions<extra></extra>",
        )
        for few, color, symbol in ((False, ACCENT, "circle"), (True, LINE, "circle-open"))
        if len(part := shown[shown["few"] == few])
    ]  # fmt: skip
    line = {"type": "line", "x0": whole, "x1": whole, "y0": 0, "y1": 1, "yref": "paper"}
    note = {
        "text": f"all {whole:.3f}", "x": whole, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
        "xanchor": "right",
    }  # fmt: skip
    fig = draw(
        marks, 90 + 40 * max(len(shown), 1), showlegend=False, margin={"t": 26}, annotations=[note],
        shapes=[line | {"line": {"color": LINE, "dash": "dash"}}],
        xaxis={"title": {"text": METRIC_LABELS[metric]}, "range": [-0.02, 1.02]},
        yaxis={
            "type": "category", "showgrid": False, "categoryorder": "array", "categoryarray": shown["label"].tolist(),
            "range": [-0.6, len(shown) - 0.4],
        },
    )  # fmt: skip
    return Chart(fig, rows.drop(columns=["slice", "metric"], errors="ignore"), slices_sentence(rows, metric))


def _labels(rows: pd.DataFrame) -> list[str]:
    return [f"{group_name(group)}<br>n = {n:,}" for group, n in zip(rows["group"], rows["images"], strict=True)]
