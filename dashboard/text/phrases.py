"""Figures and codes in words, the same in every sentence."""

import math
from collections.abc import Sequence

from core.data.summary import Selection

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


def amount(n: float, unit: str = "images") -> str:
    """A count with its noun: "1 image", "7,470 lesions"."""
    return f"{n:,.0f} {unit.removesuffix('s') if n == 1 else unit}"


def percent(part: float, whole: float) -> str:
    """A share with two significant digits below ten: "67 %", "1.1 %", "0.02 %"."""
    if not whole:
        return "no share"
    value = 100 * part / whole
    if value == 0 or value >= 9.95:
        return f"{value:.0f} %" if part == whole or value < 99.5 else f"{min(value, 99.9):.1f} %"
    return f"{value:.1f} %" if value >= 0.95 else f"{value:.1g} %"


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
