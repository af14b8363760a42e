"""Body sites. Arguments as in `dashboard.charts.eda`."""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.data.metadata import LOCALIZATIONS
from core.labels import DX
from dashboard.charts.body import CHIP_BOTTOM, LABELS, LOOSE, Outline, outlines
from dashboard.charts.eda import PLAIN, bars, by, count_axis, cross
from dashboard.charts.style import ACCENT, LINE, Chart, draw, heatmap
from dashboard.text.eda import body_sentence, site_by_dx_sentence, sites_sentence


def body_map(view: pd.DataFrame, unit: str) -> Chart:
    """Draw a schematic body shaded by count; sites without a place on it are chips below."""
    n = by(view, unit, "localization").reindex(list(LOCALIZATIONS), fill_value=0)
    traces = [_part(site, part, n, unit) for site, parts in outlines().items() for part in parts]
    fig = draw(
        traces, 450, showlegend=False, hovermode="closest", annotations=_labels(n), shapes=_leaders(),
        xaxis={"visible": False, "range": [-4.2, 9.2], "constrain": "domain"},
        yaxis={"visible": False, "range": [-2.4, 10.8], "scaleanchor": "x", "constrain": "domain"},
    )  # fmt: skip
    return Chart(fig, n.rename(unit).reset_index(), body_sentence(n, unit))


def _part(site: str, outline: Outline, n: pd.Series, unit: str) -> go.Scatter:
    shade = 0.05 + 0.85 * math.sqrt(n[site] / n.max())
    return go.Scatter(
        x=outline[:, 0], y=outline[:, 1], mode="lines", line={"color": LINE, "width": 1}, fill="toself",
        fillcolor=f"rgba(68,119,170,{shade:.2f})", hoveron="fills", hoverinfo="text",
        text=f"{site}: {n[site]:,} {unit}",
    )  # fmt: skip


def _leaders() -> list[dict[str, Any]]:
    line = {"color": LINE, "width": 1}
    return [
        {"type": "line", "x0": x, "y0": y, "x1": to_x, "y1": to_y, "line": line} for x, y, to_x, to_y in LABELS.values()
    ]


def _labels(n: pd.Series) -> list[dict[str, Any]]:
    plain = {"showarrow": False, "font": {"size": 12}}
    labels = []
    for site, (x, _, label_x, label_y) in LABELS.items():
        text = f"{site.replace(' ', '<br>')}<br><b>{n[site]:,}</b>"
        side = "right" if label_x < x else "left"
        labels.append({"x": label_x, "y": label_y, "text": text, "xanchor": side, "align": side, **plain})
    for site, (left, width) in LOOSE.items():
        text = f"{site}<br><b>{n[site]:,}</b>"
        labels.append({"x": left + width / 2, "y": CHIP_BOTTOM, "text": text, "yanchor": "top", **plain})
    return labels


def site_counts(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:
    """Draw the body sites as bars, largest on top."""
    n = by(view, unit, "localization").sort_values()
    colors = [LINE if site == "unknown" else ACCENT for site in n.index]
    trace = bars(n, list(n.index), colors, [f"{v:,}" for v in n])
    fig = draw([trace], 70 + 28 * len(n), xaxis=count_axis(unit, log, n.max()), yaxis=PLAIN)
    return Chart(fig, n[::-1].rename(unit).reset_index(), sites_sentence(n, unit))


def site_by_dx(view: pd.DataFrame, unit: str) -> Chart:
    """Draw the counts of each site and diagnosis, shaded by the site's share of that diagnosis."""
    table = cross(view, unit, "localization", "dx")
    table = table.loc[table.sum(axis=1).sort_values(ascending=False).index, [dx for dx in DX if dx in table]]
    share = table / table.sum()
    fig = heatmap(share, table.map("{:,}".format), hover="%{x}, %{y}: %{z:.1%} of the diagnosis")
    return Chart(fig, table.reset_index(), site_by_dx_sentence(table, share, unit))
