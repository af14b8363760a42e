"""What is unknown, what imputing it does, and what shape the pictures have. Arguments as in `dashboard.charts.eda`."""

import pandas as pd
import plotly.graph_objects as go

from core.config import SOURCE_SIZE
from core.labels import DX
from dashboard.charts.eda import PLAIN, count_axis
from dashboard.charts.style import ACCENT, CONTRAST, LINE, SHARES, Chart, draw, empty_figure, heatmap
from dashboard.text.phrases import PLURALS, amount, percent

SITES = {"kept": "left unknown", "all": "filled in blindly", "own_dx": "filled in from<br>its own diagnosis"}
"""What a reader of imputed sites is shown, by the codes of `core.data.cleaning.imputation_leak`."""


def unknown_values(view: pd.DataFrame, unit: str) -> Chart:
    """How many ages, sexes and sites each diagnosis lacks, shaded by share of the diagnosis."""
    lacking = {
        "age": view["age"].isna(),
        "sex": view["sex"] == "unknown",
        "localization": view["localization"] == "unknown",
    }
    whole = view.groupby("dx")[unit].sum().reindex([dx for dx in DX if dx in set(view["dx"])])
    table = pd.DataFrame({c: view[gap].groupby("dx")[unit].sum() for c, gap in lacking.items()}, index=whole.index)
    table = table.fillna(0).astype(int)
    fig = heatmap(table.div(whole, axis=0).fillna(0), table.map("{:,}".format), hover="%{y}, %{x}: %{z:.1%} unknown")
    sums = table.sum()
    if sums.sum() == 0:
        return Chart(
            fig, table.reset_index(), f"Age, sex and site are known for all {amount(whole.sum(), unit)} in view."
        )
    worst, dx = sums.idxmax(), table[sums.idxmax()].idxmax()
    sentence = (
        f"Unknown most often is the {worst}: {amount(sums[worst], unit)} ({percent(sums[worst], whole.sum())}), "
        f"of which {table.loc[dx, worst]:,} are {PLURALS[dx]}; the age is missing for {sums['age']:,}, "
        f"the sex for {sums['sex']:,}."
    )
    return Chart(fig, table.reset_index(), sentence)


def imputation_leak(leak: pd.DataFrame) -> Chart:
    """How often the site alone gives the diagnosis away, with intervals.

    Args:
        leak: As `core.data.cleaning.imputation_leak` returns it.
    """
    shown = leak[leak["reader"] == "unknown"].set_index("site").loc[list(SITES)]
    if shown["rows"].iloc[0] == 0:
        return Chart(empty_figure("No test row has an unknown site"), leak, "No test row has an unknown site.")
    trace = go.Scatter(
        x=shown["share"], y=[SITES[site] for site in shown.index], mode="markers",
        marker={"size": 13, "color": [ACCENT, ACCENT, CONTRAST]}, customdata=shown[["right", "rows"]],
        error_x={"type": "data", "symmetric": False, "array": shown["high"] - shown["share"],
                 "arrayminus": shown["share"] - shown["low"], "color": LINE, "thickness": 2},
        hovertemplate="%{customdata[0]} of %{customdata[1]} right<extra></extra>",
    )  # fmt: skip
    axis = {**SHARES, "range": [0, 1.02], "title": {"text": "diagnosis read off the site alone"}}
    kept, own = shown.loc["kept"], shown.loc["own_dx"]
    sentence = (
        f"Shown only the body site, a reader names the diagnosis of **{own['right']:.0f} of {own['rows']:.0f}** test "
        f"images whose site was filled in from their own diagnosis ({_interval(own)}), against {kept['right']:.0f} "
        f"with the site left unknown ({_interval(kept)}): the filled-in site carries {own['bits']:.2f} of the "
        f"diagnosis's {own['bits_dx']:.2f} bits instead of {kept['bits']:.0f}."
    )
    return Chart(draw([trace], 230, xaxis=axis, yaxis={"range": [-0.6, 2.6], **PLAIN}), leak, sentence)


def _interval(row: pd.Series) -> str:
    return f"{percent(row['share'], 1)}, 95% interval {percent(row['low'], 1)} to {percent(row['high'], 1)}"


def image_sizes(view: pd.DataFrame, unit: str) -> Chart:
    """Bars of the picture sizes in pixels, most frequent on top."""
    measured = view.dropna(subset=["width", "height"])
    n = measured.groupby(["width", "height"])[unit].sum().sort_values()[-12:]
    n = n[n > 0]
    if n.empty:
        return Chart(empty_figure("No picture was measured"), pd.DataFrame(), "None of the pictures in view is here.")
    labels = [f"{width:.0f} x {height:.0f}" for width, height in n.index]
    trace = go.Bar(
        x=n.to_numpy(), y=labels, orientation="h", marker={"color": ACCENT}, text=[f"{v:,}" for v in n],
        textposition="outside", cliponaxis=False, width=0.5, hovertemplate="%{y} pixels: %{x:,}<extra></extra>",
    )  # fmt: skip
    fig = draw([trace], 130 + 30 * len(n), xaxis=count_axis(unit, False, n.max()), yaxis={"type": "category", **PLAIN})
    total, top = measured[unit].sum(), labels[-1]
    sentence = f"{percent(n.iloc[-1], total)} of the {amount(total, unit)} with a picture measure **{top}** pixels"
    kinds = measured.groupby(["width", "height"]).ngroups
    sentence = f"All {amount(total, unit)} with a picture measure **{top}** pixels" if kinds == 1 else sentence
    ours = n.index[-1] == SOURCE_SIZE[::-1]
    reduced = ", the size this project works at; HAM10000 is published larger." if ours else "."
    return Chart(fig, n[::-1].rename(unit).reset_index(), f"{sentence} (width x height){reduced}")


def aspect_ratios(view: pd.DataFrame, unit: str) -> Chart:
    """Histogram of height by width, the notebook's ratio."""
    measured = view.dropna(subset=["width", "height"])
    ratio = (measured["height"] / measured["width"]).round(2)
    n = measured[unit].groupby(ratio).sum()
    n = n[n > 0]
    if n.empty:
        return Chart(empty_figure("No picture was measured"), pd.DataFrame(), "None of the pictures in view is here.")
    trace = go.Bar(
        x=n.index, y=n, width=0.02, marker={"color": ACCENT}, hovertemplate="%{x:.2f}: %{y:,}<extra></extra>"
    )  # fmt: skip
    span = [min(0.45, n.index.min() - 0.05), max(1.05, n.index.max() + 0.05)]
    axis = {"title": {"text": "height / width"}, "range": span, **PLAIN}
    fig = draw([trace], 260, xaxis=axis, yaxis=count_axis(unit, False, n.max()))
    table = n.rename_axis("ratio").rename(unit).reset_index()
    if len(n) == 1:
        return Chart(fig, table, f"Every picture is **{n.index[0]:.2f}** times as high as wide, so one size fits all.")
    sentence = f"{percent(n.max(), n.sum())} of the {unit} are {n.idxmax():.2f} times as high as wide; the rest range "
    return Chart(fig, table, f"{sentence}from {n.index.min():.2f} to {n.index.max():.2f}.")


def cleaned_sentence(changes: pd.DataFrame) -> str:
    """What cleaning wrote, in words.

    Args:
        changes: As `core.data.cleaning.changes` returns it; empty where nothing was chosen.
    """
    parts = []
    for column, rows in changes.groupby("column", sort=False):
        if column == "localization":
            sites = ", ".join(f"{row.dx}: {row.becomes} {row.images:,}" for row in rows.itertuples())
            parts.append(f"the site of {amount(rows['images'].sum())} is set from their own diagnosis ({sites})")
        else:
            parts.append(f"the {column} of {amount(rows['images'].sum())} is set to {rows['becomes'].iloc[0]}")
    return f"Cleaned before counting: {'; '.join(parts)}." if parts else "Nothing is imputed: unknown stays unknown."
