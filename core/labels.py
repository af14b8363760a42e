"""The seven diagnoses of HAM10000: order, names, colors, malignancy.

Order everywhere (arrays, model outputs, tables) is alphabetical by dx code.
Source: Tschandl, Rosendahl, Kittler, Scientific Data 5, 180161 (2018), doi:10.1038/sdata.2018.161.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis.

    Attributes:
        dx: Code in HAM10000's metadata.
        isic: Column name in the ISIC 2018 Task 3 ground truth.
        name: Display name.
        malignant: True for cancer and its immediate precursors (akiec contains actinic keratoses and
            intraepithelial carcinoma, which are treated as early squamous cell carcinoma).
        color: Hex color in every chart; distinguishable under each type of color blindness, with a contrast of at
            least 3 to the light and the dark background (tests/dashboard/charts/test_style.py).
    """

    dx: str
    isic: str
    name: str
    malignant: bool
    color: str


DIAGNOSES = (
    Diagnosis("akiec", "AKIEC", "Actinic keratosis / Bowen's disease", True, "#8B9C07"),
    Diagnosis("bcc", "BCC", "Basal cell carcinoma", True, "#C2116A"),
    Diagnosis("bkl", "BKL", "Benign keratosis", False, "#09771D"),
    Diagnosis("df", "DF", "Dermatofibroma", False, "#887693"),
    Diagnosis("mel", "MEL", "Melanoma", True, "#D77680"),
    Diagnosis("nv", "NV", "Melanocytic nevus", False, "#5B59C2"),
    Diagnosis("vasc", "VASC", "Vascular lesion", False, "#279BE6"),
)
DX = tuple(d.dx for d in DIAGNOSES)
NAMES = {d.dx: d.name for d in DIAGNOSES}
PLURALS = {
    "akiec": "actinic keratoses",
    "bcc": "basal cell carcinomas",
    "bkl": "benign keratoses",
    "df": "dermatofibromas",
    "mel": "melanomas",
    "nv": "melanocytic nevi",
    "vasc": "vascular lesions",
}
"""Inside a sentence."""
MEANINGS = {
    "akiec": "rough patches from sunlight, which can become skin cancer",
    "bcc": "the most common skin cancer; it seldom spreads",
    "bkl": "harmless: age spots and wart-like growths",
    "df": "harmless: a small, firm knot",
    "mel": "skin cancer that can spread early",
    "nv": "harmless: a mole",
    "vasc": "harmless: a red or blue spot of blood vessels",
}
"""What each diagnosis is, for people who have never heard of it."""
COLORS = {d.dx: d.color for d in DIAGNOSES}
MALIGNANT = tuple(d.dx for d in DIAGNOSES if d.malignant)
ISIC = {d.isic: d.dx for d in DIAGNOSES}
