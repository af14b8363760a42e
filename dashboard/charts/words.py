"""Figures and codes in words, the same in every sentence."""

from collections.abc import Sequence

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
