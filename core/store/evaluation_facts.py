"""What a card says of a model's figures: both splits, slices, synthetic lesions."""

from dataclasses import dataclass

from core.stats import Estimate
from core.store.predictions import Split
from core.store.stored import MadeFrom, StoredFile


@dataclass(frozen=True)
class SplitFigures:
    """Every metric of one split, by its name in `core.evaluation.metrics.METRICS`."""

    images: int
    lesions: int
    metrics: dict[str, Estimate]


@dataclass(frozen=True)
class Evaluation:
    """The figures of both splits.

    Attributes:
        draws: Resamples of lesions behind the intervals.
        seed: Of the draws.
        validation: Figures of the validation split.
        test: Figures of the test split.
    """

    draws: int
    seed: int
    validation: SplitFigures
    test: SplitFigures

    def of(self, split: Split) -> SplitFigures:
        """Return the figures of a split."""
        return self.validation if split == "validation" else self.test


@dataclass(frozen=True)
class OtherClinics(Evaluation):
    """The figures of both splits of MILK10k, whose images come from other clinics and devices.

    Attributes:
        file: The table of predictions behind them.
        made_from: The export that predicted, of an ensemble its own predictions.
    """

    file: StoredFile
    made_from: MadeFrom


@dataclass(frozen=True)
class Slices:
    """Figures by age, sex and site, in slices.csv."""

    file: StoredFile
    made_from: MadeFrom
    split: Split
    draws: int
    seed: int


@dataclass(frozen=True)
class SyntheticScore:
    """How a model does on synthetic lesions: `per_class` of each class."""

    per_class: int
    balanced_accuracy: Estimate
