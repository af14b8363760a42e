"""One yes-or-no question with a threshold: what it costs, finds and misses."""

import pandas as pd
import plotly.graph_objects as go

from core.stats import Estimate
from dashboard.charts.style import ACCENT, CONTRAST, LINE, MARK, STROKE, Chart, draw, heatmap, interval_bars
from dashboard.text.format import figure
from dashboard.text.thresholds import BEST, FIGURES, YES, cost_sentence, figures_sentence, matrix_sentence


def cost_curve(table: pd.DataFrame, chosen: float, optimum: float, miss: float, kind: str = "validation") -> Chart:
    """Draw the expected cost over thresholds with its interval, the chosen and the cheapest threshold.

    Args:
        table: As `core.evaluation.thresholds.costs` returns it, of the test split.
        chosen: Threshold in use.
        optimum: The suggested threshold.
        miss: Cost of a miss in false alarms.
        kind: Where the suggestion comes from, a key of BEST.
    """
    x = 100 * table["threshold"]
    at, least = (table.iloc[(table["threshold"] - t).abs().argmin()] for t in (chosen, _lowest(table)))
    band = go.Scatter(
        x=[*x, *x[::-1]], y=[*table["cost_high"], *table["cost_low"][::-1]], fill="toself", mode="none",
        fillcolor="rgba(68,119,170,0.22)", hoverinfo="skip",
    )  # fmt: skip
    line = go.Scatter(
        x=x, y=table["cost"], mode="lines", line={"color": ACCENT, "width": STROKE},
        hovertemplate="threshold %{x:.1f}%: cost %{y:.1f}<extra></extra>",
    )  # fmt: skip
    points = [
        go.Scatter(
            x=[100 * row["threshold"]], y=[row["cost"]], mode="markers", hovertemplate=f"{what}<extra></extra>",
            marker={"color": CONTRAST, "size": MARK, "symbol": symbol, "line": {"width": STROKE, "color": CONTRAST}},
        )
        for row, what, symbol in ((least, "cheapest on test", "circle-open"), (at, "threshold in use", "circle"))
    ]  # fmt: skip
    upright = {"type": "line", "x0": 100 * optimum, "x1": 100 * optimum, "y0": 0, "y1": 1, "yref": "paper"}
    note = {
        "text": BEST[kind][0], "x": 100 * optimum, "y": 1, "yref": "paper", "yanchor": "bottom",
        "xanchor": "left" if optimum < 0.5 else "right", "showarrow": False,
    }  # fmt: skip
    fig = draw(
        [band, line, *points], 330, showlegend=False, margin={"t": 26}, annotations=[note],
        shapes=[upright | {"line": {"color": LINE, "dash": "dash"}}],
        xaxis={"title": {"text": "Threshold"}, "ticksuffix": "%", "range": [-1, 101]},
        yaxis={"title": {"text": "Cost per 100 images"}, "rangemode": "tozero"},
    )  # fmt: skip
    return Chart(fig, table, cost_sentence(table, at, least, optimum, miss, kind))


def _lowest(table: pd.DataFrame) -> float:
    return float(table["threshold"].to_numpy()[table["cost"].to_numpy().argmin()])


def four_figures(values: dict[str, Estimate], target: str, threshold: float, prevalence: float) -> Chart:
    """Draw sensitivity, specificity, PPV and NPV side by side.

    Args:
        values: As `core.evaluation.thresholds.at_threshold` returns it.
        target: A key of QUESTIONS.
        threshold: At which they hold.
        prevalence: For which PPV and NPV hold.
    """
    rows = pd.DataFrame(
        [{"figure": FIGURES[name][0], "value": v.value, "value_low": v.low, "value_high": v.high}
         for name, v in values.items()]
    )  # fmt: skip
    shown = rows[::-1]
    labels = [f"<b>{short}</b><br>{what}" for short, what in list(FIGURES.values())[::-1]]
    texts = [figure(*each) for each in shown[["value", "value_low", "value_high"]].itertuples(index=False)]
    marks = go.Scatter(
        x=shown["value"], y=labels, mode="markers+text", marker={"color": ACCENT, "size": MARK},
        error_x=interval_bars(shown, "value"), text=[t.split(" ")[0] for t in texts], textposition="top center",
        cliponaxis=False,  # a figure at 1 is whole on a phone
        customdata=texts, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    fig = draw(
        [marks], 290, showlegend=False, xaxis={"range": [-0.04, 1.08], "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        yaxis={"type": "category", "showgrid": False, "range": [-0.5, 3.7]},
    )  # fmt: skip
    return Chart(fig, rows, figures_sentence(values, target, threshold, prevalence))


def small_matrix(table: pd.DataFrame, target: str) -> Chart:
    """Draw the 2 x 2 confusion matrix, shaded by row share.

    Args:
        table: As `core.evaluation.thresholds.two_by_two` returns it.
        target: A key of QUESTIONS.
    """
    yes, no = YES[target]
    names = {True: yes, False: no}
    cells = table.assign(truth=table["truth"].map(names), predicted=table["predicted"].map(names))
    axes = [[f"{verb} {yes}", f"{verb} {no}"] for verb in ("is", "predicted")]
    shares, counts = (
        pd.DataFrame(table[column].to_numpy().reshape(2, 2), index=axes[0], columns=axes[1])
        for column in ("share", "images")
    )
    fig = heatmap(shares.fillna(0), counts.map("{:,}".format), "%{y}, %{x}: %{z:.1%} of the row")
    fig.layout.height = 150
    return Chart(fig, cells, matrix_sentence(counts))
