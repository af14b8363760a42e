"""The two splits in words: which test images show a lesion from training, and what class shares reveal."""

import pandas as pd

from core.data.leakage import SCHEME_SPLITS, largest_share_gap
from dashboard.text.format import count, percent
from dashboard.text.phrases import PLURALS, listed

WAYS = {"image": "by image", "lesion": "by lesion"}
VISIBLE = 0.01
"""A difference in class shares that somebody might notice."""


def overlap_sentence(shares: pd.DataFrame, split: str, unit: str) -> str:
    """Count the test images or lesions that the training set has seen.

    Args:
        shares: As `core.data.leakage.leaked_share` returns it.
        split: "image" or "lesion".
        unit: "images" or "lesions".
    """
    leaked, total = (int(shares.loc["all", column]) for column in ("leaked", "total"))
    if not total:
        return f"Split {WAYS[split]}, the test set is empty."
    test = count(total, f"test {unit}")
    if not leaked:
        seen = "shows a lesion that is also" if unit == "images" else "has another image"
        return f"**None of {test} {seen} in the training set**."
    seen = "show a lesion that is also" if unit == "images" else "have another image"
    by_dx = shares["share"].drop("all").dropna()
    most, least = str(by_dx.idxmax()), str(by_dx.idxmin())
    parts = [f"{percent(by_dx[dx])} of the {PLURALS[dx]}" for dx in dict.fromkeys((most, "mel", least))]
    return f"**{leaked:,} of {test} ({percent(leaked, total)}) {seen} in the training set**: {listed(parts)}."


def shares_sentence(overlap: pd.DataFrame, unit: str) -> str:
    """Say how far class shares in train and test lie apart, and whether that reveals the leak.

    Args:
        overlap: As `core.data.leakage.count_overlap` returns it.
        unit: "images" or "lesions".
    """
    gaps = {split: largest_share_gap(overlap, split, unit) for split in SCHEME_SPLITS}
    parts = [f"{100 * gap:.2g} ({PLURALS[dx]}) when split {WAYS[split]}" for split, (dx, gap) in gaps.items()]
    text = f"The largest difference in class shares between train and test, in percentage points, is {listed(parts)}."
    if max(gap for _, gap in gaps.values()) < VISIBLE:
        text += " So the class distribution doesn't reveal the leak; only counting lesions does."
    return text
