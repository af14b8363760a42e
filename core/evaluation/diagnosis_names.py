"""Names under which others write the seven diagnoses."""

import re

from core.labels import NAMES

LABEL_COLUMNS = ("label", "predicted", "prediction", "pred", "y_pred", "dx", "diagnosis", "class", "target")
"""Columns that may hold one diagnosis per image; a table may have one of them."""
_SYNONYMS = {
    "akiec": ("actinic keratosis", "actinic keratoses", "actinic keratoses and intraepithelial carcinoma", "bowen",
              "bowen disease", "bowens disease", "intraepithelial carcinoma", "ak",
              "actinic keratoses and intraepithelial carcinoma bowens disease"),
    "bcc": ("basal cell carcinoma",),
    "bkl": ("benign keratosis", "benign keratosis like lesion", "benign keratosis like lesions", "seborrheic keratosis",
            "pigmented benign keratosis"),
    "df": ("dermatofibroma",),
    "mel": ("melanoma", "malignant melanoma"),
    "nv": ("nevus", "nevi", "melanocytic nevus", "melanocytic nevi", "naevus"),
    "vasc": ("vascular", "vascular lesion", "vascular lesions"),
}  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(re.sub(r"['\u2019.]", "", text.lower()).translate(str.maketrans("-_/,()", "      ")).split())


_CODES = {_plain(name): dx for dx, synonyms in _SYNONYMS.items() for name in (dx, NAMES[dx], *synonyms)}


def as_code(text: str) -> str | None:
    """Return the code of a diagnosis written as a code or spelled out; None if it isn't known.

    Example:
        >>> as_code("Melanocytic nevi"), as_code("BKL"), as_code("wart")
        ('nv', 'bkl', None)
    """
    return _CODES.get(_plain(text))
