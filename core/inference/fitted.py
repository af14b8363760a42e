"""What was fitted for a model on validation data: temperature, conformal thresholds, OOD detector.

The only module of inference that reads these parts of a model's card.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation import calibration, conformal
from core.evaluation.conformal import prediction_sets
from core.evaluation.leaderboard import load_scores
from core.inference.crop import PreparedImage
from core.inference.image_descriptors import image_descriptors
from core.inference.model import Model
from core.inference.ood import DESCRIPTORS, FILE, Neighbour, OODDetector, read_detector
from core.inference.quality import ImageWarning, assess, quality_warnings
from core.labels import DX
from core.store.card import Card, check_file, class_prior, read_card

Array = NDArray[np.float64]
UNUSUAL = ImageWarning(
    "This doesn't look like a dermatoscopic image, so the prediction would mean nothing.",
    "Use an image taken through a dermatoscope, with one spot in the middle that fills much of the crop.",
)


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling.

    Attributes:
        temperature: Above 1 it makes probabilities less extreme.
        source: "card" if it was fitted when the model was released, "validation" if it was fitted on the validation
            predictions when the model was opened.
    """

    temperature: float
    source: Literal["card", "validation"]

    def apply(self, probabilities: NDArray[np.floating]) -> Array:
        """Calibrate probabilities, (..., 7)."""
        return calibration.tempered(probabilities, self.temperature)


@dataclass(frozen=True)
class ConformalSets:
    """Conformal prediction sets.

    Attributes:
        thresholds: (7,) lowest calibrated probability with which each class is in the set.
        facts: As `core.evaluation.conformal.fit` returns them: "alpha", "fitted", "test".
    """

    thresholds: Array
    facts: dict[str, Any]

    def members(self, probabilities: Array) -> tuple[str, ...]:
        """Labels that aren't ruled out, most probable first; `probabilities` (7,) are calibrated."""
        inside = prediction_sets(probabilities, self.thresholds)
        return tuple(DX[i] for i in np.argsort(-probabilities) if inside[i])


@dataclass(frozen=True)
class ImageCheck:
    """OOD detector and quality limits.

    Attributes:
        model: Name of the network whose embedding the detector uses.
        detector: The detector.
        kind: Which of its distances counts.
        threshold: Distance above which an image counts as out of distribution.
        limits: See `core.inference.quality.quality_warnings`.
        facts: The card's entry, with the rates measured on test images.
    """

    model: str
    detector: OODDetector
    kind: str
    threshold: float
    limits: dict[str, float]
    facts: dict[str, Any]

    def ood_score(self, image: PreparedImage, embedding: NDArray[np.floating]) -> float:
        """Distance to the training images, divided by the threshold."""
        distances = self.detector.distances(embedding[None], image_descriptors(image)[None])
        return float(distances[self.kind][0]) / self.threshold

    def warnings(self, image: PreparedImage, ood_score: float) -> tuple[ImageWarning, ...]:
        """Problems with an image, most serious first; `ood_score` is its own."""
        found = quality_warnings(assess(image), self.limits)
        return (*found, UNUSUAL) if ood_score > 1 else tuple(found)

    def neighbours(self, embedding: NDArray[np.floating]) -> tuple[Neighbour, ...]:
        """The most similar training images."""
        return self.detector.neighbours(embedding)


@dataclass(frozen=True)
class Fitted:
    """Everything that was fitted for a model.

    Attributes:
        prior: (7,) class shares of the training images, which the probabilities assume.
        calibration: None if there is none for the present export; probabilities are then uncalibrated.
        conformal: None if there is none for the present export.
        check: None if there is none for the present export; no image is then refused.
    """

    prior: Array
    calibration: Calibration | None
    conformal: ConformalSets | None
    check: ImageCheck | None


def read_fitted(folder: Path, model: Model) -> Fitted:
    """Read what was fitted for a model.

    An ensemble whose card has no calibration gets one from its validation predictions; its images are checked by its
    first member's OOD detector.

    Args:
        folder: trained_models/NAME.
        model: From `core.inference.model.open_model`.

    Raises:
        UserError: The card or a file that it names is missing, altered or damaged.
    """
    card = read_card(folder)
    fitted, sets = _calibration(card), _conformal(card)
    if model.averages_flips and fitted is None:
        fitted, sets = _from_validation(folder)
    first = folder.parent / model.members[0].name if model.averages_flips else folder
    return Fitted(class_prior(card), fitted, sets, _check(first))


def _for_this_export(card: Card, key: str) -> dict[str, Any] | None:
    """A part of the card; None if it's missing or was fitted for other predictions than the model's present ones."""
    facts = card.get(key)
    present = card.get("export") or (card.get("predictions") if card.get("members") else None)
    if not isinstance(facts, dict) or not isinstance(present, dict) or facts.get("export") != present.get("sha256"):
        return None
    return facts


def _calibration(card: Card) -> Calibration | None:
    facts = _for_this_export(card, "calibration")
    value = (facts or {}).get("temperature")
    low, high = calibration.RANGE
    return Calibration(float(value), "card") if isinstance(value, int | float) and low <= value <= high else None


def _conformal(card: Card) -> ConformalSets | None:
    facts = _for_this_export(card, "conformal")
    if facts is None:
        return None
    return ConformalSets(np.array([facts["fitted"][dx]["threshold"] for dx in DX], np.float64), facts)


def _from_validation(folder: Path) -> tuple[Calibration, ConformalSets]:
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    temperature = calibration.fit_temperature(validation)
    facts = conformal.fit(*(calibration.calibrated(each, temperature) for each in (validation, test)))
    thresholds = np.array([facts["fitted"][dx]["threshold"] for dx in DX], np.float64)
    return Calibration(temperature, "validation"), ConformalSets(thresholds, facts)


def _check(folder: Path) -> ImageCheck | None:
    card = read_card(folder)
    facts = _for_this_export(card, "guard")
    if facts is None:
        return None
    check_file(folder, card, "guard")
    kind = str(facts["kind"]).replace("looks", DESCRIPTORS)  # as cards of earlier versions call it
    return ImageCheck(
        folder.name, read_detector(folder / FILE), kind, float(facts["threshold"]), facts["limits"], facts
    )
