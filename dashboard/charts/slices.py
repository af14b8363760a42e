"""Parts of the test pictures side by side."""

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.slices import FEW, UNKNOWN
from dashboard.charts.evaluation import figures, interval_bars
from dashboard.charts.style import ACCENT, LINE, Chart, draw
from dashboard.text.phrases import CONFIRMED, amount, listed

SLICE_LABELS = {"sex": "Sex", "age": "Age", "localization": "Body site", "dx_type": "Confirmed by"}
METRIC_LABELS = {
    "accuracy": "Accuracy",
    "melanoma_auc": "Melanoma AUC",
    "melanoma_sensitivity": "Melanoma sensitivity",
    "melanoma_specificity": "Melanoma specificity",
}


def slice_forest(rows: pd.DataFrame, metric: str, whole: float) -> Chart:
    """A figure in each group of a slice with its interval; hollow and grey where there are few lesions.

    Args:
        rows: One slice and metric of `core.evaluation.slices.slices`: group, pictures, lesions, value, low, high.
        metric: A key of METRIC_LABELS.
        whole: The figure over all test pictures, for the dashed line.
    """
    shown = rows.dropna(subset=["value"]).rename(columns={"low": "value_low", "high": "value_high"})
    shown = shown.assign(few=shown["lesions"] < FEW, label=_labels(shown))[::-1]
    marks = [
        go.Scatter(
            x=part["value"], y=part["label"], mode="markers", error_x=interval_bars(part, "value") | {"color": color},
            marker={"color": color, "size": 12, "symbol": symbol}, text=figures(part, "value"),
            customdata=part[["pictures", "lesions"]],
            hovertemplate="%{text}<br>%{customdata[0]:,} pictures of %{customdata[1]:,} lesions<extra></extra>",
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
    return Chart(fig, rows.drop(columns=["slice", "metric"], errors="ignore"), _sentence(rows, metric))


def group_name(group: str) -> str:
    """A group in words: "histo" becomes "histopathology"."""
    return CONFIRMED.get(group, group)


def _labels(rows: pd.DataFrame) -> list[str]:
    return [f"{group_name(group)}<br>n = {n:,}" for group, n in zip(rows["group"], rows["pictures"], strict=True)]


def _sentence(rows: pd.DataFrame, metric: str) -> str:
    label = METRIC_LABELS[metric]
    defined = rows.dropna(subset=["value"])
    enough = defined[(defined["lesions"] >= FEW) & (defined["group"] != UNKNOWN)].sort_values("value")
    if len(enough) < 2:
        text = f"{label}: too few lesions in all but {amount(len(enough), 'groups')} to compare."
    else:
        low, high = enough.iloc[0], enough.iloc[-1]
        values = figures(enough.rename(columns={"low": "value_low", "high": "value_high"}), "value")
        apart = "their intervals overlap" if low["high"] >= high["low"] else "their intervals do not overlap"
        text = (
            f"**{label} is lowest for {group_name(low['group'])}, {values[0]}, and highest for "
            f"{group_name(high['group'])}, {values[-1]}**; {apart}."
        )
    undefined = [group_name(group) for group in rows.loc[rows["value"].isna(), "group"]]
    return f"{text} Undefined for {listed(undefined)}." if undefined else text


def few_sentence(rows: pd.DataFrame, metric: str) -> str | None:
    """A warning that names the groups with few lesions; None where there is none.

    Args:
        rows: As for `slice_forest`.
        metric: A key of METRIC_LABELS.
    """
    few = rows[(rows["lesions"] < FEW) & rows["value"].notna()]
    if few.empty:
        return None
    of = "melanoma lesions" if metric in ("melanoma_sensitivity", "melanoma_auc") else "lesions"
    names = [f"{group_name(row.group)} ({row.lesions})" for row in few.itertuples()]
    return f"Fewer than {FEW} {of}, so little to go by (hollow): {listed(names)}."
