"""What a card says of a model's exports: the served one, and the same at other precisions."""

from dataclasses import dataclass
from typing import Literal

from core.stats import Estimate, Measured
from core.store.stored import MadeFrom, StoredFile

Precision = Literal["float32", "float16", "int8"]
Scaling = Literal["0 to 255", "0 to 1", "-1 to 1", "ImageNet", "ImageNet, BGR"]
"""Usual inputs of networks. ImageNet: 0 to 1, less its mean, divided by its deviation. BGR: 0 to 255, less its mean."""


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
class Adapter:
    """What belongs around the graph of a model that was added from a file.

    Attributes:
        scaling: How pixels from 0 to 255 become the graph's input.
        classes: Classes of the graph's output, in its order.
        logits: Whether the output is logits instead of probabilities.
        heatmaps: Whether the graph computes heatmaps.
    """

    scaling: Scaling
    classes: tuple[str, ...]
    logits: bool
    heatmaps: bool


@dataclass(frozen=True)
class Export:
    """The LiteRT graph that the app serves.

    Attributes:
        file: The graph.
        precision: Of its weights.
        parity: How it compares with the Keras model.
        adapter: Of a model that was added from a file; None for one that was trained here.
    """

    file: StoredFile
    precision: Precision
    parity: Parity
    adapter: Adapter | None = None


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
