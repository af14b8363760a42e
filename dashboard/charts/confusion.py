"""The confusion matrix: what stands in its cells, how they are shaded, and what to see in them."""

from typing import Any

import pandas as pd
from plotly.colors import sample_colorscale

from core.labels import NAMES
from dashboard.charts.style import DARK_CELL, DARK_INK, DIVERGING, LIGHT_INK, SHADES
from dashboard.text.phrases import PLURALS, amount, percent


def confusion_cells(table: pd.DataFrame, *, shares: bool, off_diagonal: bool, cell: tuple[str, str]) -> pd.DataFrame:
    """What is drawn into each cell; shaded by row share whatever is written.

    Args:
        table: As `core.evaluation.decisions.confusion_table` returns it.
        shares: Write percentages of each row into the cells instead of counts.
        off_diagonal: Leave out what is right, so that the mistakes fill the scale.
        cell: True and said diagnosis of the cell to frame.

    Returns:
        One row a cell: the table's columns, text, background, ink, framed, and what it says in words.
    """
    shown = table[table["dx"] != table["said"]] if off_diagonal else table
    share = shown["share"].fillna(0)
    return shown.assign(
        share=share,
        text=[f"{100 * s:.0f}%" for s in share] if shares else [f"{n:,}" for n in shown["pictures"]],
        **_look(share),
        framed=_framed(shown, cell),
        words=[
            f"{_names(row)}: {amount(row.pictures, 'pictures')} of {amount(row.lesions, 'lesions')}, "
            f"{100 * s:.0f}% of the row"
            for row, s in zip(shown.itertuples(), share, strict=True)
        ],
    )


def _framed(shown: pd.DataFrame, cell: tuple[str, str]) -> pd.Series:
    return (shown["dx"] == cell[0]) & (shown["said"] == cell[1])


def _names(row: Any) -> str:
    return f"{NAMES[row.dx]} called {NAMES[row.said].lower()}"


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
        **_look(points, diverging=True),
        framed=_framed(shown, cell),
        words=[
            f"{_names(row)}: {row.pictures:,} against {row.pictures_b:,}, {100 * p:+.1f} points of the row"
            for row, p in zip(shown.itertuples(), points, strict=True)
        ],
    )


def _look(shares: pd.Series, *, diverging: bool = False) -> dict[str, list[str]]:
    """The cells' background and the ink that reads well on it; the highest share has the end of the scale."""
    at = shares / max(float(shares.abs().max()), 1e-9)
    dark = (-at if diverging else at) > DARK_CELL  # the orange end is light enough for dark ink
    return {
        "background": sample_colorscale(DIVERGING if diverging else SHADES, (1 + at) / 2 if diverging else at),
        "ink": [LIGHT_INK if each else DARK_INK for each in dark],
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
        f"{text}They differ most on {PLURALS[top['dx']]} called {PLURALS[top['said']]}: {more} {high:.0f}%, "
        f"{less} {low:.0f}%. Orange: {a} says so more often; blue: {b}."
    )
