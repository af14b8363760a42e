"""Map the ISIC Archive's terms for diagnosis and site to HAM10000's codes."""

from typing import Any

DIAGNOSES: dict[str, tuple[tuple[str, str], ...]] = {
    "akiec": (
        ("diagnosis_3", "Solar or actinic keratosis"),
        ("diagnosis_3", "Squamous cell carcinoma, NOS"),
        ("diagnosis_3", "Squamous cell carcinoma in situ"),
    ),
    "bcc": (("diagnosis_3", "Basal cell carcinoma"),),
    "bkl": (
        ("diagnosis_3", "Pigmented benign keratosis"),
        ("diagnosis_3", "Seborrheic keratosis"),
        ("diagnosis_3", "Solar lentigo"),
        ("diagnosis_3", "Lichen planus like keratosis"),
    ),
    "df": (("diagnosis_3", "Dermatofibroma"),),
    "mel": (("diagnosis_2", "Malignant melanocytic proliferations (Melanoma)"),),
    "nv": (("diagnosis_3", "Nevus"),),
    "vasc": (("diagnosis_2", "Benign soft tissue proliferations - Vascular"),),
}
"""(level, name) in the archive's hierarchy (github.com/ImageMarkup/isic-metadata) of each dx.

Holds for HAM10000's own images only: there the archive files 130 akiec as actinic keratosis and the 197
intraepithelial carcinomas as "Squamous cell carcinoma, NOS", and gives vascular lesions no third level.
"""

SITES = {
    "scalp": "scalp",
    "ear": "ear",
    "face": "face",
    "neck": "neck",
    "anterior chest": "chest",
    "lateral chest": "chest",
    "anterior abdomen": "abdomen",
    "lateral abdomen": "abdomen",
    "posterior trunk": "back",
    "posterior torso": "back",
    "anterior torso": "trunk",
    "lateral torso": "trunk",
    "trunk": "trunk",
    "hand": "hand",
    "foot": "foot",
    "palms/soles": "acral",
    "upper extremity": "upper extremity",
    "lower extremity": "lower extremity",
    "genital region": "genital",
}
"""localization by the archive's site, in both of its vocabularies; coarser sites (head/neck) stay unknown."""
SITE_LEVELS = (*(f"anatom_site_{level}" for level in (5, 4, 3, 2, 1)), "anatom_site_general")


def dx_of(clinical: dict[str, Any]) -> str | None:
    """Map an archive image's clinical metadata to a dx code; None if there is no unique match."""
    codes = {dx for dx, names in DIAGNOSES.items() for level, name in names if clinical.get(level) == name}
    return codes.pop() if len(codes) == 1 else None


def localization_of(clinical: dict[str, Any]) -> str:
    """Map the archive's most detailed known site to a localization, else "unknown"."""
    sites = (str(clinical.get(level, "")).lower() for level in SITE_LEVELS)
    return next((SITES[site] for site in sites if site in SITES), "unknown")
