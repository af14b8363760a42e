"""Figures and codes in words, the same in every sentence."""

import math
from collections.abc import Sequence

from core.data.summary import Selection
from dashboard.text.format import count as amount
from dashboard.text.format import percent

__all__ = ["CONFIRMED", "PLURALS", "amount", "kept", "listed", "percent", "plain"]

PLURALS = {
    "akiec": "actinic keratoses",
    "bcc": "basal cell carcinomas",
    "bkl": "benign keratoses",
    "df": "dermatofibromas",
    "mel": "melanomas",
    "nv": "melanocytic nevi",
    "vasc": "vascular lesions",
}
CONFIRMED = {
    "histo": "histopathology",
    "follow_up": "follow-up",
    "consensus": "expert consensus",
    "confocal": "confocal microscopy",
}


def listed(words: Sequence[str]) -> str:
    """Words with commas and a last "and"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def kept(selection: Selection) -> str:
    """A selection's filters in words, in brackets; empty where nothing is filtered."""
    parts = [
        f"{label} {', '.join(values)}"
        for label, values in (
            ("diagnosis", selection.dx),
            ("sex", selection.sex),
            ("site", selection.localization),
            ("confirmed by", [CONFIRMED[kind] for kind in selection.dx_type]),
        )
        if values
    ]
    if selection.age:
        low, high = selection.age
        parts.append(f"age {low:g} and over" if high == math.inf else f"age {low:g} to {high:g}")
    return f" ({'; '.join(parts)})" if parts else ""


def plain(sentence: str) -> str:
    """A sentence without Markdown's emphasis, as a screen reader should read it."""
    return sentence.replace("*", "")
