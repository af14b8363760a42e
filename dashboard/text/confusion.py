"""The confusion matrix in words: its cells, one model's mistakes, two models compared."""

import pandas as pd

from core.labels import NAMES
from dashboard.text.format import count, first_row, percent, signed
from dashboard.text.phrases import PLURALS, inside


def cell_text(row: pd.Series, share: float) -> str:
    """Describe a cell for its tooltip and for screen readers.

    Args:
        row: Of `core.evaluation.decisions.confusion_table`.
        share: Of the images with that true diagnosis.
    """
    return (
        f"{_names(row)}: {count(row['images'])} of {count(row['lesions'], 'lesions')}, "
        f"{100 * share:.0f}% of all {PLURALS[row['dx']]}"
    )


def difference_text(row: pd.Series, difference: float) -> str:
    """Describe a cell where two models are compared.

    Args:
        row: Of `core.evaluation.decisions.confusion_difference`.
        difference: Of the two row shares.
    """
    return (
        f"{_names(row)}: {row['images']:,} against {count(row['images_b'])}, "
        f"a difference of {signed(100 * difference, 1)} percentage points"
    )


def _names(row: pd.Series) -> str:
    return f"{NAMES[row['dx']]} predicted as {inside(row['predicted'])}"


def confusion_sentence(table: pd.DataFrame) -> str:
    """Count the mistakes, name the most frequent one, and count the missed melanomas.

    Args:
        table: As `core.evaluation.decisions.confusion_table` returns it.
    """
    wrong = table[table["dx"] != table["predicted"]].sort_values("images", ascending=False, kind="stable")
    total, mistakes = table["images"].sum(), wrong["images"].sum()
    if not mistakes:
        return f"**No mistakes** in {count(total)}."
    top = wrong.iloc[0]
    text = (
        f"**{mistakes:,} of {count(total)} are wrong**. The most frequent mistake is {PLURALS[top['dx']]} predicted as "
        f"{PLURALS[top['predicted']]} ({top['images']:,})."
    )
    melanomas = table[table["dx"] == "mel"].set_index("predicted")["images"]
    if not melanomas.sum():
        return text
    missed = melanomas.sum() - melanomas["mel"]
    share = percent(missed, melanomas.sum())
    return f"{text} {missed:,} of {count(melanomas.sum(), 'melanomas')} ({share}) are missed."


def difference_sentence(table: pd.DataFrame, a: str, b: str) -> str:
    """Say where two models differ most.

    Args:
        table: As `core.evaluation.decisions.confusion_difference` returns it.
        a: Name of the first model, whose shares are larger where the difference is positive.
        b: Name of the second.
    """
    wrong = table[table["dx"] != table["predicted"]]
    mistakes = [int(wrong[column].sum()) for column in ("images", "images_b")]
    text = f"**{a} is wrong on {mistakes[0]:,} images, {b} on {mistakes[1]:,}.** "
    gaps = wrong["difference"].abs()
    top = first_row(wrong, gaps == gaps.max()) if gaps.notna().any() else None
    if top is None or not top["difference"]:
        return f"{text}They make the same mistakes."
    more, less = (a, b) if top["difference"] > 0 else (b, a)
    high, low = sorted((100 * top["share"], 100 * top["share_b"]), reverse=True)
    return (
        f"{text}They differ most on {PLURALS[top['dx']]} predicted as {PLURALS[top['predicted']]}: {more} {high:.0f}%, "
        f"{less} {low:.0f}%. Orange cells are more frequent in {a}, blue ones in {b}."
    )
