"""Make the grid's two tables from its draws: every setting with intervals, and what each wrong protocol adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import EXPERIMENTS
from core.errors import UserError
from core.lab.classifiers import CLASSIFIERS
from core.lab.grid import GRID, PROTOCOLS_TABLE, SPLIT_SCHEMES
from core.lab.grid_parts import Parts
from core.lab.measures import MEASURES, estimate
from core.lab.protocols import PROTOCOLS
from core.resampling.strategies import STRATEGIES
from core.stats import interval
from core.store import model_tables as store
from core.store.model_tables import TableSchema
from core.store.table_schema import Column, Schema

Array = NDArray[np.float64]
ENDS = {
    "": Column(float), "_low": Column(float, optional=True), "_high": Column(float, optional=True),
    "_spread": Column(float), "_gap": Column(float, optional=True), "_gap_low": Column(float, optional=True),
    "_gap_high": Column(float, optional=True),
}  # fmt: skip
"""Columns of each measure in the grid, by what follows the measure's name."""
SETTING: Schema = {
    "strategy": Column(str, tuple(STRATEGIES)), "classifier": Column(str, tuple(CLASSIFIERS)),
}  # fmt: skip
GRID_SCHEMA: Schema = {
    "split_scheme": Column(str, tuple(SPLIT_SCHEMES.values())), **SETTING, "seeds": Column(int),
    **{f"{measure}{end}": column for measure in MEASURES for end, column in ENDS.items()},
}  # fmt: skip
PROTOCOLS_SCHEMA: Schema = {
    "protocol": Column(str, tuple(PROTOCOLS)), **SETTING, "measure": Column(str, tuple(MEASURES)), "seeds": Column(int),
    "inflated": Column(float), "honest": Column(float), "gap": Column(float),
    "low": Column(float, optional=True), "high": Column(float, optional=True),
    "full": Column(float, optional=True), "size": Column(float, optional=True),
    "size_low": Column(float, optional=True), "size_high": Column(float, optional=True),
}  # fmt: skip
SCHEMAS = {
    GRID: TableSchema(GRID, GRID_SCHEMA, "experiment"),
    PROTOCOLS_TABLE: TableSchema(PROTOCOLS_TABLE, PROTOCOLS_SCHEMA, "experiment"),
}
DECIMALS = 4


def _means(parts: Parts) -> dict[tuple[str, str, str, str], tuple[Array, Array, int]]:
    """Mean over seeds of each measure's draws, their standard deviation over seeds, and the number of seeds."""
    by_setting: dict[tuple[str, str, str, str], list[Array]] = {}
    for key, draws in sorted(parts.items(), key=lambda item: item[0]):
        setting = (key.protocol, key.strategy, key.classifier, key.outcome)
        by_setting.setdefault(setting, []).append(draws.astype(np.float64))
    return {key: (np.mean(each, axis=0), np.std(each, axis=0)[:, 0], len(each)) for key, each in by_setting.items()}


def grid_table(parts: Parts) -> pd.DataFrame:
    """Tabulate every split scheme, strategy and classifier.

    Returns:
        The columns of `GRID_SCHEMA`. seeds is 1 where nothing is random. For each measure M of `MEASURES`: M (mean over
        seeds), M_low and M_high (95%, resampling lesions), M_spread (standard deviation over seeds), and M_gap,
        M_gap_low and M_gap_high (paired difference from no resampling; empty if that has not run).
    """
    means, rows = _means(parts), []
    for (protocol, strategy, classifier, outcome), (values, spread, seeds) in means.items():
        if outcome != "own":
            continue
        row: dict[str, object] = {"split_scheme": SPLIT_SCHEMES[protocol], "strategy": strategy}
        row |= {"classifier": classifier, "seeds": seeds}
        none = means.get((protocol, "none", classifier, "own"))
        for i, measure in enumerate(MEASURES):
            row |= estimate(values[i]).columns(measure) | {f"{measure}_spread": spread[i]}
            gap = values[i] - none[0][i] if none else np.full(2, np.nan)
            low, high = interval(gap[1:]) if strategy != "none" else (np.nan, np.nan)
            row |= {f"{measure}_gap": gap[0], f"{measure}_gap_low": low, f"{measure}_gap_high": high}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(GRID_SCHEMA)).round(DECIMALS)


def protocol_table(parts: Parts) -> pd.DataFrame:
    """Tabulate what each wrong protocol adds.

    Returns:
        The columns of `PROTOCOLS_SCHEMA`. inflated and honest are trained on equally many images of each class; gap,
        low and high are their paired difference. full is the wrong protocol with all its training images, and size,
        size_low and size_high the difference to inflated: what the larger training set adds, empty if it isn't larger.
    """
    means, rows = _means(parts), []
    for (protocol, strategy, classifier, outcome), (values, _, seeds) in means.items():
        counterpart = means.get((protocol, strategy, classifier, "honest"))
        if outcome != "inflated" or counterpart is None:
            continue
        honest, full = counterpart[0], means.get((protocol, strategy, classifier, "full"))
        for i, measure in enumerate(MEASURES):
            gap = values[i] - honest[i]
            figures = (values[i, 0], honest[i, 0], gap[0], *interval(gap[1:]))
            size = full[0][i] - values[i] if full else None
            more = (np.nan,) * 4 if full is None or size is None else (full[0][i, 0], size[0], *interval(size[1:]))
            rows.append((protocol, strategy, classifier, measure, seeds, *figures, *more))
    return pd.DataFrame(rows, columns=list(PROTOCOLS_SCHEMA)).round(DECIMALS)


def write_tables(parts: Parts, folder: Path = EXPERIMENTS) -> None:
    """Write both tables."""
    for name, table in ((GRID, grid_table(parts)), (PROTOCOLS_TABLE, protocol_table(parts))):
        store.write_table(folder, SCHEMAS[name], table)


class MissingTable(UserError):
    """A table that has not been written yet: not an error, there is just nothing to show."""


def read_table(name: str, folder: Path = EXPERIMENTS) -> pd.DataFrame:
    """Read one of the two committed tables.

    Args:
        name: `GRID` or `PROTOCOLS_TABLE`.
        folder: Where it is.

    Raises:
        MissingTable: It doesn't exist or has no rows.
        UserError: It is damaged; names the column.

    Example:
        >>> len(read_table("grid_protocols.csv")) % len(MEASURES)
        0
    """
    advice = "fetch it again or run `python -m core experiment`."
    if not (folder / name).is_file():
        raise MissingTable(f"{folder.name}/{name} is missing; {advice}")
    table = store.read_table(folder, SCHEMAS[name])
    if table.empty:
        raise MissingTable(f"{folder.name}/{name} has no rows yet; {advice}")
    return table
