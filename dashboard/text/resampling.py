"""Resampled training rows in words."""

import pandas as pd

from core.resampling.notebook import summarise_mismatch
from core.resampling.strategies import get_strategy
from dashboard.text.format import first_row, percent
from dashboard.text.phrases import PLURALS, inside, listed


def notebook_sentence(counts: pd.DataFrame) -> str:
    """Count the notebook's labels that are wrong for their image.

    Args:
        counts: As from `core.resampling.notebook.load_smote`.
    """
    found = summarise_mismatch(counts)
    return (
        f"**{counts['before'].sum():,} rows become {found.rows:,}, and about {found.expected:,.0f} of them "
        f"({percent(found.expected, found.rows)}) have a label that is wrong for their image.** SMOTE created "
        f"{found.synthetic:,} rows from metadata, and each got the path of a random training image of any class. "
        f"95% of such draws give {found.low:,.0f} to {found.high:,.0f} wrong labels; this one gave {found.drawn:,}."
    )


GONE = "dropped"
"""What a strategy does to images that it leaves out."""


def counts_sentence(counts: pd.DataFrame, strategy: str, gone: str = GONE) -> str:
    """Say what a strategy did to the training rows.

    Args:
        counts: As from `core.resampling.inspection.count_rows`.
        strategy: A key of `core.resampling.strategies.STRATEGIES`.
        gone: What became of the images that are not among the rows after.
    """
    before, after = int(counts["before"].sum()), int(counts["after"].sum())
    rare, common = (first_row(counts, counts["before"] == n) for n in (counts["before"].min(), counts["before"].max()))
    few, many = PLURALS[str(rare.name)], PLURALS[str(common.name)]
    if get_strategy(strategy).kind == "weight":
        return (
            f"{_stay(counts, before, gone)}. In training, a mistake on one {inside(str(rare.name))} counts as "
            f"much as mistakes on **{rare['weight'] / common['weight']:,.1f}** {many} "
            f"(weights {counts['weight'].min():.2f} to {counts['weight'].max():.2f}, mean 1)."
        )
    if not counts[["dropped", "copies", "synthetic"]].to_numpy().any():
        return (
            f"All {before:,} images stay as they are: {percent(common['before'], before)} are {many}, "
            f"{percent(rare['before'], before)} {few}."
        )
    return _changes(counts, before, after, gone)


def _stay(counts: pd.DataFrame, before: int, gone: str) -> str:
    left_out = int(counts["dropped"].sum())
    return f"{left_out:,} of {before:,} images are {gone}" if left_out else f"All {before:,} images stay"


def _changes(counts: pd.DataFrame, before: int, after: int, gone: str) -> str:
    wrong, dropped = int(counts["wrong"].sum()), int(counts["dropped"].sum())
    parts = {
        "synthetic": int(counts["synthetic"].sum()), "copies": int(counts["copies"].sum()) - wrong,
        "images with a wrong label": wrong,
    }  # fmt: skip
    made = [f"{n:,} ({percent(n, after)}) are {what}" for what, n in parts.items() if n]
    text = f"**{before:,} rows become {after:,}**" + (f": {listed(made)}" if made else "")
    rest = f"; {dropped:,} images ({percent(dropped, before)}) are {gone}" if dropped else ""
    return f"{text}{rest}."
