"""One question with a threshold: what it finds, what it misses, what it costs."""

import math

import pandas as pd
import plotly.graph_objects as go

from core.labels import NAMES
from core.stats import Estimate
from dashboard.charts.evaluation import figure, interval_bars
from dashboard.charts.style import ACCENT, CONTRAST, LINE, Chart, draw, heatmap
from dashboard.text.phrases import amount, listed, percent

QUESTIONS = {"melanoma": "Melanoma", "malignant": "Malignant"}
YES = {"melanoma": ("melanoma", "no melanoma"), "malignant": ("malignant", "benign")}
FIGURES = {
    "sensitivity": ("Sensitivity", "found of those that are"),
    "specificity": ("Specificity", "left alone of those that are not"),
    "ppv": ("PPV", "right of those called"),
    "npv": ("NPV", "right of those not called"),
}


def share(p: float) -> str:
    """A threshold or prevalence: "9.5%"."""
    return f"{100 * p:.1f}%"


def target_sentence(target: str, members: tuple[str, ...]) -> str:
    """Which diagnoses count as yes."""
    yes, no = YES[target]
    rest = [NAMES[dx] for dx in NAMES if dx not in members]
    return f"{yes.capitalize()}: {listed([NAMES[dx] for dx in members])}; {no}: {listed(rest)}."


def cost_curve(table: pd.DataFrame, chosen: float, optimum: float, miss: float) -> Chart:
    """Expected cost over thresholds with its interval, the threshold in use, and the lowest point.

    Args:
        table: As `core.evaluation.thresholds.costs` returns it, of the test split.
        chosen: Threshold in use.
        optimum: Threshold with the least cost on the validation split.
        miss: Cost of a miss in false alarms.
    """
    x = 100 * table["threshold"]
    at, least = (table.iloc[(table["threshold"] - t).abs().argmin()] for t in (chosen, _lowest(table)))
    band = go.Scatter(
        x=[*x, *x[::-1]], y=[*table["cost_high"], *table["cost_low"][::-1]], fill="toself", mode="none",
        fillcolor="rgba(68,119,170,0.22)", hoverinfo="skip",
    )  # fmt: skip
    line = go.Scatter(
        x=x, y=table["cost"], mode="lines", line={"color": ACCENT, "width": 2},
        hovertemplate="threshold %{x:.1f}%: cost %{y:.1f}<extra></extra>",
    )  # fmt: skip
    points = [
        go.Scatter(
            x=[100 * row["threshold"]], y=[row["cost"]], mode="markers", hovertemplate=f"{what}<extra></extra>",
            marker={"color": CONTRAST, "size": 13, "symbol": symbol, "line": {"width": 2, "color": CONTRAST}},
        )
        for row, what, symbol in ((least, "lowest on test", "circle-open"), (at, "threshold in use", "circle"))
    ]  # fmt: skip
    upright = {"type": "line", "x0": 100 * optimum, "x1": 100 * optimum, "y0": 0, "y1": 1, "yref": "paper"}
    note = {
        "text": "best on validation", "x": 100 * optimum, "y": 1, "yref": "paper", "yanchor": "bottom",
        "xanchor": "left" if optimum < 0.5 else "right", "showarrow": False,
    }  # fmt: skip
    fig = draw(
        [band, line, *points], 330, showlegend=False, margin={"t": 26}, annotations=[note],
        shapes=[upright | {"line": {"color": LINE, "dash": "dash"}}],
        xaxis={"title": {"text": "Threshold"}, "ticksuffix": "%", "range": [-1, 101]},
        yaxis={"title": {"text": "Cost per 100 pictures"}, "rangemode": "tozero"},
    )  # fmt: skip
    return Chart(fig, table, _cost_sentence(table, at, least, optimum, miss))


def _lowest(table: pd.DataFrame) -> float:
    return float(table.loc[table["cost"].idxmin(), "threshold"])


def _cost_sentence(table: pd.DataFrame, at: pd.Series, least: pd.Series, optimum: float, miss: float) -> str:
    where = f"**At {share(at['threshold'])} mistakes cost as much as {at['cost']:.0f} false alarms per 100 pictures** "
    where += f"[{at['cost_low']:.0f}, {at['cost_high']:.0f}], a miss counting {miss:g}; "
    where += f"calling all would cost {table['cost'].iloc[0]:.0f}, none {table['cost'].iloc[-1]:.0f}. "
    if abs(at["threshold"] - optimum) > 1e-6:
        where += f"Best on validation is {share(optimum)} (dashed). "
    return f"{where}In hindsight, test is cheapest at {share(least['threshold'])}: {least['cost']:.0f} (ring)."


def four_figures(values: dict[str, Estimate], target: str, threshold: float, prevalence: float) -> Chart:
    """Sensitivity, specificity, PPV and NPV side by side.

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
        x=shown["value"], y=labels, mode="markers+text", marker={"color": ACCENT, "size": 13},
        error_x=interval_bars(shown, "value"), text=[t.split(" ")[0] for t in texts], textposition="top center",
        customdata=texts, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    fig = draw(
        [marks], 290, showlegend=False, xaxis={"range": [-0.04, 1.08], "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        yaxis={"type": "category", "showgrid": False, "range": [-0.5, 3.7]},
    )  # fmt: skip
    return Chart(fig, rows, _figures_sentence(values, target, threshold, prevalence))


def _figures_sentence(values: dict[str, Estimate], target: str, threshold: float, prevalence: float) -> str:
    found, ppv = values["sensitivity"], values["ppv"]
    if math.isnan(found.value):
        return "The test split holds no such picture: undefined."
    text = f"**Of 100 {YES[target][0]} pictures {100 * found.value:.0f} are found and {100 - 100 * found.value:.0f} "
    text += f"missed** at a threshold of {share(threshold)}"
    if math.isnan(ppv.value):
        return f"{text}; none is called."
    return f"{text}; of 100 called, {100 * ppv.value:.0f} are {YES[target][0]} where {share(prevalence)} of all are."


def small_matrix(table: pd.DataFrame, target: str) -> Chart:
    """The 2x2 confusion matrix, shaded by share of the truth.

    Args:
        table: As `core.evaluation.thresholds.two_by_two` returns it.
        target: A key of QUESTIONS.
    """
    yes, no = YES[target]
    words = {True: yes, False: no}
    cells = table.assign(truth=table["truth"].map(words), called=table["called"].map(words))
    names_of = {side: [f"{verb} {yes}", f"{verb} {no}"] for side, verb in (("truth", "is"), ("called", "called"))}
    shares, counts = (
        pd.DataFrame(table[column].to_numpy().reshape(2, 2), names_of["truth"], names_of["called"])
        for column in ("share", "pictures")
    )
    fig = heatmap(shares.fillna(0), counts.map("{:,}".format), "%{y}, %{x}: %{z:.1%} of the row")
    fig.layout.height = 150
    missed, alarms, right = int(counts.iloc[0, 1]), int(counts.iloc[1, 0]), counts.sum(axis=1)
    sentence = (
        f"**{missed:,} of {right.iloc[0]:,} missed** ({percent(missed, right.iloc[0])}), "
        f"**{amount(alarms, 'false alarms')}** among {right.iloc[1]:,} ({percent(alarms, right.iloc[1])})."
    )
    return Chart(fig, cells, sentence)
