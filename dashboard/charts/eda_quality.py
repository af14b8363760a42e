"""Unknown values, what imputing them does, and image sizes. Arguments as in `dashboard.charts.eda`."""

import pandas as pd
import plotly.graph_objects as go

from core.labels import DX
from dashboard.charts.eda import PLAIN, count_axis
from dashboard.charts.style import ACCENT, CONTRAST, LINE, MARK, SHARES, Chart, draw, empty_figure, error_bars, heatmap
from dashboard.text.eda_quality import (
    NO_SIZES,
    NO_UNKNOWN_SITE,
    leak_sentence,
    ratios_sentence,
    sizes_sentence,
    unknown_sentence,
)

SITES = {
    "kept": "left unknown",
    "all": "most frequent<br>of all",
    "own_dx": "most frequent of<br>its own diagnosis",
}
"""How the site was filled in, by the codes of `core.data.cleaning.imputation_leak`."""


def unknown_values(view: pd.DataFrame, unit: str) -> Chart:
    """Draw how many ages, sexes and sites each diagnosis lacks, shaded by share of the diagnosis."""
    lacking = {
        "age": view["age"].isna(),
        "sex": view["sex"] == "unknown",
        "localization": view["localization"] == "unknown",
    }
    whole = view.groupby("dx")[unit].sum().reindex([dx for dx in DX if dx in set(view["dx"])])
    table = pd.DataFrame({c: view[gap].groupby("dx")[unit].sum() for c, gap in lacking.items()}, index=whole.index)
    table = table.fillna(0).astype(int)
    fig = heatmap(table.div(whole, axis=0).fillna(0), table.map("{:,}".format), hover="%{y}, %{x}: %{z:.1%} unknown")
    return Chart(fig, table.reset_index(), unknown_sentence(table, whole.sum(), unit))


def imputation_leak(leak: pd.DataFrame) -> Chart:
    """Draw how often the body site alone reveals the diagnosis, with intervals.

    Args:
        leak: As `core.data.cleaning.imputation_leak` returns it.
    """
    shown = leak[leak["reader"] == "unknown"].set_index("site").loc[list(SITES)]
    if shown["rows"].iloc[0] == 0:
        return Chart(empty_figure(NO_UNKNOWN_SITE), leak, NO_UNKNOWN_SITE)
    trace = go.Scatter(
        x=shown["share"], y=[SITES[site] for site in shown.index], mode="markers",
        marker={"size": MARK, "color": [ACCENT, ACCENT, CONTRAST]}, customdata=shown[["right", "rows"]],
        error_x=error_bars(shown["low"], shown["share"], shown["high"], LINE),
        hovertemplate="%{customdata[0]} of %{customdata[1]} correct<extra></extra>",
    )  # fmt: skip
    axis = {**SHARES, "range": [0, 1.02], "title": {"text": "accuracy from the body site alone"}}
    sentence = leak_sentence(*(shown.loc[[site]].iloc[0] for site in ("kept", "own_dx")))
    return Chart(draw([trace], 230, xaxis=axis, yaxis={"range": [-0.6, 2.6], **PLAIN}), leak, sentence)


def image_sizes(view: pd.DataFrame, unit: str) -> Chart:
    """Draw the image sizes in pixels as bars, most frequent on top."""
    measured = view.dropna(subset=["width", "height"])
    n = measured.groupby(["width", "height"])[unit].sum().sort_values()[-12:]
    n = n[n > 0]
    if n.empty:
        return Chart(empty_figure("No image installed"), pd.DataFrame(), NO_SIZES)
    labels = [f"{width:.0f} x {height:.0f}" for width, height in n.index]
    trace = go.Bar(
        x=n.to_numpy(), y=labels, orientation="h", marker={"color": ACCENT}, text=[f"{v:,}" for v in n],
        textposition="outside", cliponaxis=False, width=0.5, hovertemplate="%{y} pixels: %{x:,}<extra></extra>",
    )  # fmt: skip
    fig = draw([trace], 130 + 30 * len(n), xaxis=count_axis(unit, False, n.max()), yaxis={"type": "category", **PLAIN})
    kinds = measured.groupby(["width", "height"]).ngroups
    sentence = sizes_sentence(n, measured[unit].sum(), kinds, unit)
    return Chart(fig, n[::-1].rename(unit).reset_index(), sentence)


def aspect_ratios(view: pd.DataFrame, unit: str) -> Chart:
    """Draw a histogram of height divided by width, the notebook's ratio."""
    measured = view.dropna(subset=["width", "height"])
    ratio = (measured["height"] / measured["width"]).round(2)
    n = measured[unit].groupby(ratio).sum()
    n = n[n > 0]
    if n.empty:
        return Chart(empty_figure("No image installed"), pd.DataFrame(), NO_SIZES)
    trace = go.Bar(
        x=n.index, y=n, width=0.02, marker={"color": ACCENT}, hovertemplate="%{x:.2f}: %{y:,}<extra></extra>"
    )  # fmt: skip
    span = [min(0.45, n.index.min() - 0.05), max(1.05, n.index.max() + 0.05)]
    axis = {"title": {"text": "height / width"}, "range": span, **PLAIN}
    fig = draw([trace], 260, xaxis=axis, yaxis=count_axis(unit, False, n.max()))
    return Chart(fig, n.rename_axis("ratio").rename(unit).reset_index(), ratios_sentence(n, unit))
