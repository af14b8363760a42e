"""The confusion matrix, whose cells can be clicked.

Drawn with Vega-Lite, which comes with Streamlit: plotly's heatmaps cannot be selected, and a plotly marker that is
tapped on a touch screen selects the one tapped before.
"""

from typing import Any

import pandas as pd

from core.labels import DX, NAMES
from dashboard.charts.style import CONTRAST, DARK_CELL, DARK_INK, DIVERGING, LIGHT_INK, SHADES
from dashboard.charts.words import PLURALS, amount, percent

CELL = 46
LABELS = 56
"""Height of a cell, and of the labels above the cells, in pixels."""
INK_ON_PAGE = f"luminance(background) > 0.5 ? '{DARK_INK}' : '{LIGHT_INK}'"
"""Vega expression: the theme's background decides; what Streamlit gives labels is too pale to read on white."""
SELECTION = "cell"
"""Name of the selection; a selected cell holds its dx and said."""


def confusion_cells(table: pd.DataFrame, *, shares: bool, off_diagonal: bool, cell: tuple[str, str]) -> pd.DataFrame:
    """What is drawn into each cell; shaded by row share whatever is written.

    Args:
        table: As `core.evaluation.decisions.confusion_table` returns it.
        shares: Write percentages of each row into the cells instead of counts.
        off_diagonal: Leave out what is right, so that the mistakes fill the scale.
        cell: True and said diagnosis of the cell to frame.

    Returns:
        One row a cell: the table's columns, text, dark (in need of light ink), framed, and words for the tooltip.
    """
    shown = table[table["dx"] != table["said"]] if off_diagonal else table
    share = shown["share"].fillna(0)
    return shown.assign(
        share=share,
        text=[f"{100 * s:.0f} %" for s in share] if shares else [f"{n:,}" for n in shown["pictures"]],
        dark=share > DARK_CELL * share.max(),
        **_place(shown, cell),
        counted=[
            f"{amount(n, 'pictures')} of {amount(lesions, 'lesions')}, {100 * s:.0f} % of the row"
            for n, lesions, s in zip(shown["pictures"], shown["lesions"], share, strict=True)
        ],
    )


def _place(shown: pd.DataFrame, cell: tuple[str, str]) -> dict[str, pd.Series]:
    """Which cell is framed, and what its row and column are called."""
    framed = (shown["dx"] == cell[0]) & (shown["said"] == cell[1])
    return {"framed": framed, "truth": shown["dx"].map(NAMES), "called": shown["said"].map(NAMES)}


def difference_cells(table: pd.DataFrame, *, off_diagonal: bool, cell: tuple[str, str]) -> pd.DataFrame:
    """What is drawn where two models are compared: percentage points, coloured by who says so more often.

    Args:
        table: As `core.evaluation.decisions.confusion_difference` returns it.
        off_diagonal: Leave out what is right.
        cell: True and said diagnosis of the cell to frame.

    Returns:
        As `confusion_cells`; share is the difference.
    """
    shown = table[table["dx"] != table["said"]] if off_diagonal else table
    points = shown["difference"].fillna(0)
    return shown.assign(
        share=points,
        text=[f"{100 * p:+.0f}".replace("-", "\N{MINUS SIGN}") if abs(p) >= 0.005 else "0" for p in points],
        dark=points < -DARK_CELL * points.abs().max(),  # the orange end is light enough for dark ink
        **_place(shown, cell),
        counted=[
            f"{n:,} against {m:,}, {100 * p:+.1f} points of the row"
            for n, m, p in zip(shown["pictures"], shown["pictures_b"], points, strict=True)
        ],
    )


def confusion_spec(cells: pd.DataFrame, *, diverging: bool = False) -> dict[str, Any]:
    """Vega-Lite for `confusion_cells`: shaded squares with their figures, one of them framed.

    Args:
        diverging: The shares are differences, of either sign.
    """
    axes = {
        name: {
            "field": field, "type": "nominal", "title": title, "sort": list(DX), "scale": {"domain": list(DX)},
            "axis": {"orient": orient, "labelAngle": 0, "ticks": False, "domain": False, "grid": False},
        }
        for name, field, title, orient in (
            ("x", "said", "Said by the model", "top"), ("y", "dx", "True diagnosis", "left"),
        )
    }  # fmt: skip
    most = max(float(cells["share"].abs().max()), 1e-9)
    scale: dict[str, Any] = {"domain": [0, most], "range": [color for _, color in SHADES], "interpolate": "rgb"}
    if diverging:
        scale = {"domain": [-most, 0, most], "range": [color for _, color in DIVERGING], "interpolate": "rgb"}
    shade = {"field": "share", "type": "quantitative", "legend": None, "scale": scale}
    tooltip = [
        {"field": field, "title": title}
        for field, title in (("truth", "True"), ("called", "Said"), ("counted", "Pictures"))
    ]
    squares = {
        "params": [{"name": SELECTION, "select": {"type": "point", "fields": ["dx", "said"], "toggle": False}}],
        "mark": {"type": "rect", "cursor": "pointer", "cornerRadius": 3},
        "encoding": {"color": shade, "tooltip": tooltip},
    }
    figures = {
        "mark": {"type": "text", "cursor": "pointer", "fontSize": 13},
        "encoding": {
            "text": {"field": "text"}, "tooltip": tooltip,
            "color": {"condition": {"test": "datum.dark", "value": LIGHT_INK}, "value": DARK_INK},
        },
    }  # fmt: skip
    frame = {
        "transform": [{"filter": "datum.framed"}],
        "mark": {
            "type": "rect",
            "filled": False,
            "stroke": DARK_INK if diverging else CONTRAST,
            "strokeWidth": 3,
            "cornerRadius": 3,
        },
    }
    return {
        "height": CELL * len(DX) + LABELS,
        "encoding": axes,
        "layer": [squares, figures, frame],
        "config": {
            "scale": {"bandPaddingInner": 0.05, "bandPaddingOuter": 0.02},
            "view": {"stroke": None},
            "axis": {"labelColor": {"expr": INK_ON_PAGE}, "titleColor": {"expr": INK_ON_PAGE}},
        },
    }


def confusion_sentence(table: pd.DataFrame) -> str:
    """How many pictures are wrong, the most frequent mistake, and the melanomas missed.

    Args:
        table: As `core.evaluation.decisions.confusion_table` returns it.
    """
    wrong = table[table["dx"] != table["said"]].sort_values("pictures", ascending=False, kind="stable")
    total, mistakes = table["pictures"].sum(), wrong["pictures"].sum()
    if not mistakes:
        return f"**No mistake** among {amount(total, 'pictures')}."
    top = wrong.iloc[0]
    text = f"**{mistakes:,} of {amount(total, 'pictures')} are wrong**; most often {PLURALS[top['dx']]} are called "
    text += f"{PLURALS[top['said']]} ({top['pictures']:,} of {amount(mistakes, 'mistakes')})"
    mel = table[table["dx"] == "mel"].set_index("said")["pictures"]
    if not mel.sum():
        return f"{text}."
    missed = mel.sum() - mel["mel"]
    return f"{text}, and {missed:,} of {amount(mel.sum(), 'melanomas')} ({percent(missed, mel.sum())}) are missed."


def difference_sentence(table: pd.DataFrame, a: str, b: str) -> str:
    """Where two models differ most, and what that means for melanoma.

    Args:
        table: As `core.evaluation.decisions.confusion_difference` returns it.
        a: Name of the first model, whose shares are ahead where the difference is positive.
        b: Name of the second.
    """
    wrong = table[table["dx"] != table["said"]]
    mistakes = [int(wrong[column].sum()) for column in ("pictures", "pictures_b")]
    text = f"**{a} is wrong on {mistakes[0]:,} pictures, {b} on {mistakes[1]:,}.** "
    top = wrong.loc[wrong["difference"].abs().idxmax()] if wrong["difference"].notna().any() else None
    if top is None or not top["difference"]:
        return f"{text}They make the same mistakes."
    more, less = (a, b) if top["difference"] > 0 else (b, a)
    high, low = sorted((100 * top["share"], 100 * top["share_b"]), reverse=True)
    return (
        f"{text}They differ most on {PLURALS[top['dx']]} called {PLURALS[top['said']]}: {more} {high:.0f} %, "
        f"{less} {low:.0f} %. Orange: {a} says so more often; blue: {b}."
    )
