"""Names and codes in words, the same in every sentence."""

import math
from collections.abc import Sequence

from core.data.summary import Selection
from core.labels import MEANINGS, NAMES, PLURALS
from dashboard.text.format import percent

__all__ = ["CONFIRMED", "PLURALS", "inside", "inside_label", "kept", "listed", "percent", "plain"]

CONFIRMED_HELP = (
    "Histopathology: tissue was cut out and examined under a microscope. Follow-up: the lesion didn't change over "
    "several visits. Expert consensus: experts agreed from the image. Confocal microscopy: a laser microscope looked "
    "into the skin."
)
CONFIRMED = {
    "histo": "histopathology",
    "follow_up": "follow-up",
    "consensus": "expert consensus",
    "confocal": "confocal microscopy",
}


def diagnoses_help() -> str:
    """Say what each diagnosis is, for a tooltip: a line for each, for paragraphs would be cut off on a phone."""
    return "  \n".join(f"**{NAMES[dx]}**: {MEANINGS[dx]}." for dx in NAMES)


def listed(names: Sequence[str]) -> str:
    """Join names with commas and a last "and".

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def inside(dx: str) -> str:
    """Name a diagnosis inside a sentence.

    Example:
        >>> inside("akiec")
        "actinic keratosis / Bowen's disease"
    """
    return inside_label(NAMES[dx])


def inside_label(label: str) -> str:
    """Write a label inside a sentence: a small first letter, unless the first word is an abbreviation or a name.

    Example:
        >>> inside_label("Balanced accuracy"), inside_label("AUC"), inside_label("Brier score")
        ('balanced accuracy', 'AUC', 'Brier score')
    """
    first = label.split()[0]
    return label if first.isupper() or first == "Brier" else label[0].lower() + label[1:]


def kept(selection: Selection) -> str:
    """Write a selection's filters in words, in brackets; empty if nothing is filtered."""
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
    """Remove Markdown's emphasis from a sentence, as a screen reader should read it."""
    return sentence.replace("*", "")
