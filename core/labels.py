"""The seven diagnoses of HAM10000: order, names, colours, malignancy.

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
        name: Name for people.
        malignant: True for cancer and its immediate precursors (akiec holds actinic keratoses and
            intraepithelial carcinoma, which are treated as the beginning of squamous cell carcinoma).
        color: Hex colour in every chart; Paul Tol's colour-blind safe "bright" scheme.
    """

    dx: str
    isic: str
    name: str
    malignant: bool
    color: str


DIAGNOSES = (
    Diagnosis("akiec", "AKIEC", "Actinic keratosis / Bowen's disease", True, "#CCBB44"),
    Diagnosis("bcc", "BCC", "Basal cell carcinoma", True, "#AA3377"),
    Diagnosis("bkl", "BKL", "Benign keratosis", False, "#228833"),
    Diagnosis("df", "DF", "Dermatofibroma", False, "#999999"),
    Diagnosis("mel", "MEL", "Melanoma", True, "#EE6677"),
    Diagnosis("nv", "NV", "Melanocytic nevus", False, "#4477AA"),
    Diagnosis("vasc", "VASC", "Vascular lesion", False, "#66CCEE"),
)
DX = tuple(d.dx for d in DIAGNOSES)
NAMES = {d.dx: d.name for d in DIAGNOSES}
COLORS = {d.dx: d.color for d in DIAGNOSES}
MALIGNANT = tuple(d.dx for d in DIAGNOSES if d.malignant)
ISIC = {d.isic: d.dx for d in DIAGNOSES}
