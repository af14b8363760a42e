"""What a card says of a model's exports: the served one, and the same at other precisions."""

from dataclasses import dataclass
from typing import Literal

from core.stats import Estimate, Measured
from core.store.stored import MadeFrom, StoredFile

Precision = Literal["float32", "float16", "int8"]


@dataclass(frozen=True)
class Parity:
    """How an export compares with the Keras model.

    Attributes:
        images: Images compared.
        agreement: Share of them with the same most probable class.
        max_difference: Largest difference between two probabilities.
        max_cam_difference: Largest difference between two heatmaps of the most probable class, as a share of the
            heatmap's maximum. (Where next to nothing speaks for a class, its heatmap is mostly rounding.)
    """

    images: int
    agreement: float
    max_difference: Measured
    max_cam_difference: Measured


@dataclass(frozen=True)
class Export:
    """The LiteRT graph that the app serves."""

    file: StoredFile
    precision: Precision
    parity: Parity


@dataclass(frozen=True)
class PrecisionFacts:
    """What an export at one precision costs.

    Attributes:
        bytes: Size of the file.
        parity: Against Keras, on the test split.
        accuracy: On the test split.
        accuracy_gap: Accuracy less that of Keras.
        milliseconds: Median for one image on one core.
    """

    bytes: int
    parity: Parity
    accuracy: float
    accuracy_gap: Estimate
    milliseconds: float


@dataclass(frozen=True)
class Precisions:
    """A model's exports at every precision, measured on the test split."""

    made_from: MadeFrom
    images: int
    by_precision: dict[Precision, PrecisionFacts]
