"""The two splits in words: which test images show a lesion from training, and what class shares reveal."""

from collections.abc import Sequence

import pandas as pd

from core.data.leakage import SCHEME_SPLITS, SHOWS, largest_share_gap
from dashboard.text.format import count, percent
from dashboard.text.models import list_models
from dashboard.text.phrases import PLURALS, listed

WAYS = {"image": "by image", "lesion": "by lesion"}
VISIBLE = 0.01
"""A difference in class shares that somebody might notice."""


def overlap_sentence(shares: pd.DataFrame, scheme: str, unit: str) -> str:
    """Count the test images or lesions that the training set has seen.

    Args:
        shares: As `core.data.leakage.leaked_share` returns it.
        scheme: "image" or "lesion".
        unit: "images" or "lesions".
    """
    leaked, total = (int(shares[column]["all"]) for column in ("leaked", "total"))
    if not total:
        return f"Split {WAYS[scheme]}, the test set is empty."
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
    gaps = {scheme: largest_share_gap(overlap, scheme, unit) for scheme in SCHEME_SPLITS}
    parts = [f"{100 * gap:.2g} ({PLURALS[dx]}) when split {WAYS[scheme]}" for scheme, (dx, gap) in gaps.items()]
    text = f"The largest difference in class shares between train and test, in percentage points, is {listed(parts)}."
    if max(gap for _, gap in gaps.values()) < VISIBLE:
        text += " So the class distribution doesn't reveal the leak; only counting lesions does."
    return text


def removed_sentence(found: pd.DataFrame, splits: pd.DataFrame, learned_all: Sequence[str] = ()) -> str:
    """Say how many near duplicates lay across the parts of the split by lesion, and what was removed.

    Args:
        found: As from `core.data.leakage.duplicates_across`.
        splits: As from `core.data.splits.load_splits`.
        learned_all: Models that were trained before, on these images too.
    """
    removed = splits[splits["near_duplicate"]]
    parts = [
        f"{count(len(rows))} ({count(rows['group'].nunique(), 'lesions')}) of {name}"
        for name, rows in removed.groupby(removed["lesion"].astype(str))
    ]
    pairs = count(int(found["pairs"].sum()), "pairs")
    if not parts:
        return f"**{pairs} of images show one lesion in two parts** of the split by lesion."
    older = (
        f" Trained before that was known, so with this small leak: {list_models(learned_all)}." if learned_all else ""
    )
    return (
        f"**{pairs} of images showed one lesion in two parts** of the split by lesion, under two lesion_ids. So these "
        f"are left out: {listed(parts)}. The test set is unchanged.{older}"
    )


def datasets_sentence(found: pd.DataFrame) -> str:
    """Say how much of MILK10k HAM10000 and the ISIC 2018 test show too.

    Args:
        found: As from `core.data.leakage.overlap_of_datasets`.
    """
    ham, isic, doubtful, _ = (int(found.set_index("shows")["images"][name]) for name in SHOWS)
    total = int(found["images"].sum())
    return (
        f"**{ham + isic:,} of MILK10k's {count(total, 'dermatoscopic images')} ({percent(ham + isic, total)}) show a "
        f"lesion of HAM10000 ({ham:,}) or of the ISIC 2018 test ({isic:,})**; {doubtful:,} more are doubtful. Training "
        "on one dataset and testing on the other would test partly on lesions that the model has seen, so this project "
        "leaves all of them out."
    )
