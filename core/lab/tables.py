"""From the grid's draws to its two tables: every setting with intervals, and what each wrong protocol adds."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replacing
from core.lab.classifiers import CLASSIFIERS
from core.lab.grid import GRID, OUT, PROTOCOLS_TABLE, SPLITS, Parts
from core.lab.measures import MEASURES, estimate
from core.lab.protocols import PROTOCOLS
from core.resampling.strategies import STRATEGIES
from core.stats import interval

Array = NDArray[np.float64]
KEYS = ["protocol", "strategy", "classifier"]
GAP_COLUMNS = [*KEYS, "measure", "seeds", "flattered", "honest", "gap", "low", "high"]
DECIMALS = 4


def _means(parts: Parts) -> dict[tuple[str, ...], tuple[Array, Array, int]]:
    """Mean over seeds of each measure's draws, its standard deviation over seeds, and their number."""
    by_setting: dict[tuple[str, ...], list[Array]] = {}
    for key, draws in sorted(parts.items()):
        protocol, strategy, classifier, _, which = key.split("|")
        by_setting.setdefault((protocol, strategy, classifier, which), []).append(draws.astype(np.float64))
    return {key: (np.mean(each, axis=0), np.std(each, axis=0)[:, 0], len(each)) for key, each in by_setting.items()}


def grid_table(parts: Parts) -> pd.DataFrame:
    """One row a split, strategy and classifier.

    Returns:
        Columns split, strategy, classifier, seeds (1 where nothing is drawn at random), and for each measure M of
        `MEASURES`: M (mean over seeds), M_low and
        M_high (95 %, drawing lesions), M_spread (standard deviation over seeds), and M_gap, M_gap_low and M_gap_high
        (against no strategy with the same split, classifier and lesions; empty where that did not run).
    """
    means, rows = _means(parts), []
    for (protocol, strategy, classifier, which), (values, spread, seeds) in means.items():
        if which != "own":
            continue
        row: dict[str, object] = {"split": SPLITS[protocol], "strategy": strategy, "classifier": classifier}
        row["seeds"] = seeds
        none = means.get((protocol, "none", classifier, "own"))
        for i, measure in enumerate(MEASURES):
            value, low, high = estimate(measure, values[i])
            row |= {measure: value, f"{measure}_low": low, f"{measure}_high": high, f"{measure}_spread": spread[i]}
            gap = values[i] - none[0][i] if none else np.full(2, np.nan)
            low, high = interval(gap[1:]) if strategy != "none" else (np.nan, np.nan)
            row |= {f"{measure}_gap": gap[0], f"{measure}_gap_low": low, f"{measure}_gap_high": high}
        rows.append(row)
    return pd.DataFrame(rows).round(DECIMALS)


def protocol_table(parts: Parts) -> pd.DataFrame:
    """What each wrong protocol adds.

    Returns:
        Columns protocol, strategy, classifier, measure, seeds, flattered, honest, gap, low, high.
    """
    means, rows = _means(parts), []
    for (protocol, strategy, classifier, which), (values, _, seeds) in means.items():
        beside = means.get((protocol, strategy, classifier, "honest"))
        if which != "flattered" or beside is None:
            continue
        honest = beside[0]
        for i, measure in enumerate(MEASURES):
            gap = values[i] - honest[i]
            figures = (values[i, 0], honest[i, 0], gap[0], *interval(gap[1:]))
            rows.append((protocol, strategy, classifier, measure, seeds, *figures))
    return pd.DataFrame(rows, columns=GAP_COLUMNS).round(DECIMALS)


def write_tables(parts: Parts, folder: Path = OUT) -> None:
    """Write both tables."""
    for name, table in ((GRID, grid_table(parts)), (PROTOCOLS_TABLE, protocol_table(parts))):
        with replacing(folder / name) as beside:
            table.to_csv(beside, index=False)


class MissingTable(UserError):
    """A table that has not been written yet: no fault, only nothing to show."""


def read_table(name: str, folder: Path = OUT) -> pd.DataFrame:
    """One of the two committed tables.

    Raises:
        MissingTable: It is not there, or empty.
        UserError: It is damaged.
    """
    advice = "fetch it again or run `python -m core experiment`."
    try:
        text = (folder / name).read_text(encoding="utf-8")
        table = pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""])
        whole = text.endswith("\n") and _whole(table, name)
    except FileNotFoundError:
        raise MissingTable(f"{folder.name}/{name} is missing; {advice}") from None
    except (ValueError, KeyError):
        whole = False
    if whole and table.empty:
        raise MissingTable(f"{folder.name}/{name} holds no rows yet; {advice}")
    if not whole:
        raise UserError(f"{folder.name}/{name} is damaged; {advice}")
    return table


def _whole(table: pd.DataFrame, name: str) -> bool:
    """Whether a table has known names and a number in every figure; raises where a column is missing."""
    ends = ("low", "high", "gap", "gap_low", "gap_high")
    intervals = [f"{measure}_{end}" for measure in MEASURES for end in ends] if name == GRID else ["low", "high"]
    table[intervals].astype(float)
    spreads = [f"{measure}_spread" for measure in MEASURES]
    figures = ["seeds", *MEASURES, *spreads] if name == GRID else ["seeds", "flattered", "honest", "gap"]
    known = {"strategy": list(STRATEGIES), "classifier": list(CLASSIFIERS)}
    known |= {"split": [*SPLITS.values()]} if name == GRID else {"protocol": [*PROTOCOLS], "measure": [*MEASURES]}
    named = all(table[column].isin(names).all() for column, names in known.items())
    return named and bool(table[figures].astype(float).notna().to_numpy().all())
