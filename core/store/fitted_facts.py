"""What a card says of all that is fitted beside a model: calibration, prediction sets, the OOD detector."""

from dataclasses import dataclass

from core.labels import DX
from core.stats import Estimate, Measured
from core.store.predictions import Split
from core.store.stored import MadeFrom, StoredFile

TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class BeforeAfter:
    """A measure before and after temperature scaling."""

    before: Estimate
    after: Estimate


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling, fitted on validation.

    Attributes:
        made_from: The export it was fitted for.
        temperature: What the logarithms of probabilities are divided by.
        validation: Calibration error and Brier score by name.
        test: The same on test.
    """

    made_from: MadeFrom
    temperature: float
    validation: dict[str, BeforeAfter]
    test: dict[str, BeforeAfter]

    def __post_init__(self) -> None:
        """Raise a ValueError for a temperature that no fit gives."""
        low, high = TEMPERATURES
        if not low <= self.temperature <= high:
            raise ValueError(f"temperature {self.temperature} is not between {low} and {high}")

    def of(self, split: Split) -> dict[str, BeforeAfter]:
        """Return the measures of a split."""
        return self.validation if split == "validation" else self.test


@dataclass(frozen=True)
class Span:
    """From low to high."""

    low: float
    high: float


@dataclass(frozen=True)
class ConformalClass:
    """One class's threshold.

    Attributes:
        threshold: A class belongs to the set where its calibrated probability is at least this.
        images: Test images of the class, on which the threshold was fitted.
        lesions: Their lesions.
        possible: Where its true coverage may lie, with so few lesions.
    """

    threshold: float
    images: int
    lesions: int
    possible: Span


@dataclass(frozen=True)
class Coverage:
    """How a class's sets did on test: share that hold the true class, and mean number of classes in them."""

    images: int
    lesions: int
    coverage: Estimate
    size: Measured


@dataclass(frozen=True)
class Conformal:
    """Prediction sets, fitted on test lesions and measured by folds (see core.evaluation.conformal).

    Attributes:
        made_from: The export they were fitted for.
        alpha: Share of lesions whose set may miss the true class.
        classes: By class.
        test: By class, and "all"; each lesion with thresholds from other folds.
    """

    made_from: MadeFrom
    alpha: float
    classes: dict[str, ConformalClass]
    test: dict[str, Coverage]

    def __post_init__(self) -> None:
        """Raise a ValueError unless there is one threshold for each class."""
        if set(self.classes) != set(DX):
            raise ValueError(f"classes is not one threshold for each of {', '.join(DX)}")


@dataclass(frozen=True)
class Rate:
    """A share of images with its interval over independent cases: lesions, or sources.

    Attributes:
        share: With the interval for `effective` cases.
        images: Number of images.
        cases: Number of cases; those with many images count less than as many cases with one.
    """

    share: Estimate
    images: int
    cases: int


@dataclass(frozen=True)
class SyntheticRate:
    """Share of synthetic lesions that the OOD detector accepts."""

    share: float
    images: int


@dataclass(frozen=True)
class OodDetectorFacts:
    """The out-of-distribution detector, which stands before every model, and how it was measured.

    Rates are those of the detector and the quality check together. Images that took part in fitting are in none.

    Attributes:
        made_from: The export whose embedding it uses.
        file: Its parameters.
        threshold: Images with a higher probability of not being dermatoscopic are refused.
        limits: Of the quality check, by measure.
        accepted: HAM10000's test images accepted, by class and "all"; cases are lesions.
        other_clinics: MILK10k's test images accepted, by its diagnoses and "all"; cases are lesions.
        altered: HAM10000's test images accepted after an alteration, by alteration; cases are lesions.
        clinical: Close-ups of MILK10k's test lesions, taken without a dermatoscope, that are refused.
        rejected: OOD samples refused, by kind and "all"; cases are sources.
        rejected_as_jpeg: The same, after JPEG compression.
        synthetic_accepted: Synthetic lesions accepted.
        sources: Files the OOD samples were cut from.
    """

    made_from: MadeFrom
    file: StoredFile
    threshold: float
    limits: dict[str, float]
    accepted: dict[str, Rate]
    other_clinics: dict[str, Rate]
    altered: dict[str, Rate]
    clinical: Rate
    rejected: dict[str, Rate]
    rejected_as_jpeg: dict[str, Rate]
    synthetic_accepted: SyntheticRate
    sources: tuple[str, ...]
