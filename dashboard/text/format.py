"""Numbers as every page writes them: counts, percentages, figures with intervals, signs and units.

The rules: a comma between thousands, no space before the percent sign, a real minus sign, and an interval in square
brackets behind its figure.
"""

import math

import pandas as pd

from core.stats import Estimate

MINUS = "\N{MINUS SIGN}"
UNDEFINED = "undefined"


def count(n: float, unit: str = "images") -> str:
    """Write a count with its noun.

    Args:
        n: How many.
        unit: The noun's plural, formed with an s.

    Example:
        >>> count(1), count(7470, "lesions")
        ('1 image', '7,470 lesions')
    """
    return f"{n:,.0f} {unit.removesuffix('s') if n == 1 else unit}"


def ordinal(place: int) -> str:
    """Write a place in an order.

    Example:
        >>> [ordinal(place) for place in (1, 2, 3, 4, 11, 22)]
        ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def percent(part: float, whole: float = 1) -> str:
    """Write a share as a percentage, with two significant digits below ten.

    Args:
        part: A count, or a share if `whole` is left out.
        whole: What the part is a part of.

    Example:
        >>> percent(2, 3), percent(0.0113), percent(1, 5000), percent(0, 0)
        ('67%', '1.1%', '0.02%', 'no share')
    """
    if not whole:
        return "no share"
    value = 100 * part / whole
    if value == 0 or value >= 9.95:
        return f"{value:.0f}%" if part == whole or value < 99.5 else f"{min(value, 99.9):.1f}%"
    return f"{value:.1f}%" if value >= 0.95 else f"{value:.1g}%"


def threshold(p: float) -> str:
    """Write a threshold or a prevalence with one decimal.

    Example:
        >>> threshold(0.095)
        '9.5%'
    """
    return f"{100 * p:.1f}%"


def signed(value: float, decimals: int = 3) -> str:
    """Write a difference with its sign.

    Example:
        >>> signed(0.2, 1), signed(-0.0001)
        ('+0.2', '0.000')
        >>> signed(-0.01) == MINUS + "0.010"
        True
    """
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def change(value: float, low: float, high: float) -> str:
    """Write a difference with its interval.

    Example:
        >>> change(0.01, 0.005, 0.04), change(0.2, float("nan"), float("nan"))
        ('+0.010 [+0.005, +0.040]', '+0.200')
    """
    if math.isnan(value):
        return UNDEFINED
    return signed(value) if math.isnan(low) else f"{signed(value)} [{signed(low)}, {signed(high)}]"


def points(value: float, low: float, high: float) -> str:
    """Write a difference between two shares in percentage points, with its interval.

    Example:
        >>> points(0.042, 0.01, 0.07)
        '+4.2 points [+1.0, +7.0]'
    """
    if math.isnan(value):
        return UNDEFINED
    ends = "" if math.isnan(low) else f" [{signed(100 * low, 1)}, {signed(100 * high, 1)}]"
    return f"{signed(100 * value, 1)} points{ends}"


def figure(value: float, low: float, high: float) -> str:
    """Write a figure with its interval.

    Example:
        >>> figure(0.544, 0.502, 0.593), figure(float("nan"), 0, 1)
        ('0.544 [0.502, 0.593]', 'undefined')
    """
    if math.isnan(value):
        return UNDEFINED
    text = f"{value:.3f}" if math.isnan(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"
    return text.replace("-", MINUS)


def estimate(value: Estimate) -> str:
    """Write an estimate with its interval, as `figure` does.

    Example:
        >>> estimate(Estimate(0.544, 0.502, 0.593))
        '0.544 [0.502, 0.593]'
    """
    return figure(value.value, value.low, value.high)


def first_row(rows: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    """Return the first row that a mask chooses, such as the one with the largest value.

    Example:
        >>> rows = pd.DataFrame({"dx": ["mel", "nv"], "recall": [0.6, 0.9]})
        >>> first_row(rows, rows["recall"] == rows["recall"].max())["dx"]
        'nv'
    """
    return rows[chosen].iloc[0]


def figures(rows: pd.DataFrame, name: str) -> list[str]:
    """Write `figure` for each row of a table with the columns NAME, NAME_low and NAME_high."""
    return [figure(*ends) for ends in rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)]


def shares(rows: pd.DataFrame, name: str) -> list[str]:
    """Write a share as a percentage with its interval, for each row of a table as `figures` takes it.

    Example:
        >>> shares(pd.DataFrame({"x": [0.79], "x_low": [0.7], "x_high": [0.85]}), "x")
        ['79% [70, 85]']
    """
    out = []
    for value, low, high in rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False):
        ends = "" if math.isnan(low) else f" [{100 * low:.0f}, {100 * high:.0f}]"
        out.append(UNDEFINED if math.isnan(value) else f"{100 * value:.0f}%{ends}")
    return out


def all_points(rows: pd.DataFrame, name: str) -> list[str]:
    """Write `points` for each row of a table as `figures` takes it."""
    return [points(*ends) for ends in rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)]
