"""What a card says of data and training."""

from dataclasses import dataclass, field
from typing import Literal

from core.labels import DX
from core.store.predictions import Split
from core.store.recipe import Recipe
from core.store.stored import Member

SplitScheme = Literal["lesion", "image"]


@dataclass(frozen=True)
class DataFacts:
    """What a model learned from.

    Attributes:
        split_scheme: Whether lesions or single images were split.
        split_sha256: Of the split's table.
        train_counts: Training images of each class.
        sha256: Over the bytes and diagnoses of all images.
    """

    split_scheme: SplitScheme
    split_sha256: str
    train_counts: dict[str, int]
    sha256: str | None = None

    def __post_init__(self) -> None:
        """Raise a ValueError unless there is one count for each class."""
        counts = self.train_counts
        if set(counts) != set(DX) or min(counts.values()) < 0 or not any(counts.values()):
            raise ValueError(f"train_counts is not one count for each of {', '.join(DX)}")


@dataclass(frozen=True)
class Rounding:
    """What rounding the weights for storage changes on a split.

    Attributes:
        predictions_changed: Share of images with another most probable class.
        accuracy_change: Accuracy gained (or lost).
        split: Where it was measured.
    """

    predictions_changed: float
    accuracy_change: float
    split: Split = "test"


@dataclass(frozen=True)
class TrainingFacts:
    """How a model was trained.

    Attributes:
        seconds: Wall-clock time; of an ensemble, of its members together.
        seed: Of everything random.
        hardware: The machine.
        versions: Packages that decide the result.
        recipe: Of a network.
        teachers: The networks that it learned from besides the labels.
        start: The network whose weights it started from.
        epochs_run: Epochs trained.
        best_epoch: The epoch whose weights were kept, from 0.
        ended: Who ended it: the recipe, or a person.
        rows: Training rows of each class, as labeled.
        mislabeled_rows: Rows whose label is not that of their image.
        rounding: What rounding the weights for storage changes.
    """

    seconds: int
    seed: int
    hardware: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    recipe: Recipe | None = None
    teachers: tuple[Member, ...] = ()
    start: Member | None = None
    epochs_run: int | None = None
    best_epoch: int | None = None
    ended: Literal["by its recipe", "by hand"] | None = None
    rows: dict[str, int] = field(default_factory=dict)
    mislabeled_rows: int | None = None
    rounding: Rounding | None = None


@dataclass(frozen=True)
class BaselineFit:
    """How the metadata-only baseline was fitted.

    Attributes:
        inverse_regularization: The C of its logistic regression.
        validation_balanced_accuracy: Of each C that was tried.
    """

    inverse_regularization: float
    validation_balanced_accuracy: dict[str, float]


@dataclass(frozen=True)
class HeadFit:
    """How a new head was fitted on a network's frozen features.

    Attributes:
        strategy: Resampling strategy.
        classifier: Kind of head.
        neighbors: Of the strategy.
        rows: Rows after resampling.
        features_of: The network.
    """

    strategy: str
    classifier: str
    neighbors: int
    rows: int
    features_of: Member
