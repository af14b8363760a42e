"""What was fitted for a model after its training: temperature, conformal thresholds, OOD detector, quality limits."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation import calibration, conformal
from core.inference.crop import PreparedImage
from core.inference.image_descriptors import image_descriptors
from core.inference.model import Model, Network, Output
from core.inference.ood import Neighbour, OODDetector, read_detector
from core.inference.quality import ImageWarning, assess, quality_warnings
from core.labels import DX
from core.stats import Estimate
from core.store.card import Card, read_card
from core.store.fitted_facts import Conformal, ConformalClass, Coverage, OodDetectorFacts, Span
from core.store.names import CARD
from core.store.predictions import Scores
from core.store.provenance import current
from core.store.stored import MadeFrom

Array = NDArray[np.float64]
CHECK_MODEL = "efficientnet_lite0"
"""The network whose OOD detector stands before every model."""
UNUSUAL = ImageWarning(
    "This doesn't look like a dermatoscopic image.",
    "Use an image taken through a dermatoscope, with one spot in the middle that fills much of the crop.",
)


@dataclass(frozen=True)
class TemperatureScaling:
    """Temperature scaling.

    Attributes:
        temperature: Above 1 it makes probabilities less extreme.
        source: "card" if it was fitted when the model was released, "validation" if it was fitted on the validation
            predictions when the model was opened.

    Example:
        >>> TemperatureScaling(2.0, "card").apply(np.array([0.64, 0.06, 0.06, 0.06, 0.06, 0.06, 0.06])).round(2)
        array([0.35, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11])
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
        facts: Of the card, or of `fit_conformal`.
    """

    facts: Conformal

    @property
    def thresholds(self) -> Array:
        """(7,) lowest calibrated probability with which each class is in the set."""
        return np.array([self.facts.classes[dx].threshold for dx in DX], np.float64)

    def members(self, probabilities: Array) -> tuple[str, ...]:
        """Labels on the shortlist, most probable first; `probabilities` (7,) are calibrated."""
        inside = conformal.prediction_sets(probabilities, self.thresholds)
        return tuple(DX[i] for i in np.argsort(-probabilities) if inside[i])


@dataclass(frozen=True)
class ImageCheck:
    """The image check: OOD detector and quality limits; an image with `warnings` is refused.

    Attributes:
        network: The network whose embedding the detector uses.
        detector: The detector.
        facts: Its entry on the network's card: threshold, quality limits, the rates measured.
    """

    network: Network
    detector: OODDetector
    facts: OodDetectorFacts

    def embedding(self, image: PreparedImage, model: Model, output: Output) -> NDArray[np.float32]:
        """Return the network's embedding of an image, (d,); not computed again if it is among those that ran.

        Args:
            image: The image.
            model: The model that ran on it.
            output: What it computed.

        Raises:
            UserError: The server is busy.
        """
        ran = [member.name for member in model.members]
        if self.network.name in ran:
            return output.embeddings[ran.index(self.network.name)]
        return self.network.run(image).embeddings[0]

    def ood_score(self, image: PreparedImage, embedding: NDArray[np.floating]) -> float:
        """Probability that the image isn't dermatoscopic, divided by the threshold."""
        found = self.detector.scores(embedding[None], image_descriptors(image)[None])
        return float(found[0]) / self.facts.threshold

    def warnings(self, image: PreparedImage, ood_score: float) -> tuple[ImageWarning, ...]:
        """Problems with an image, most serious first; `ood_score` is its own."""
        found = quality_warnings(assess(image), self.facts.limits)
        return (*found, UNUSUAL) if ood_score > 1 else tuple(found)

    def neighbours(self, embedding: NDArray[np.floating]) -> tuple[Neighbour, ...]:
        """Return the most similar training images."""
        return self.detector.neighbours(embedding)


@dataclass(frozen=True)
class Fitted:
    """Everything that was fitted for a model.

    Attributes:
        prior: (7,) class shares of the training images, which the probabilities assume.
        calibration: None if there is none for the current export; probabilities are then uncalibrated.
        conformal: None if there is none for the current export.
        check: None if there is none for the current export; no image is then refused.
    """

    prior: Array
    calibration: TemperatureScaling | None
    conformal: ConformalSets | None
    check: ImageCheck | None


def read_fitted(folder: Path, model: Model) -> Fitted:
    """Read what was fitted for a model.

    An ensemble whose card has no calibration gets one from its predictions. Images are checked by the OOD detector of
    the model itself or the first member that has one, else by that of CHECK_MODEL beside it.

    Args:
        folder: trained_models/NAME.
        model: From `core.inference.model.open_model`.

    Raises:
        UserError: The card or a file that it names is missing, altered or damaged.
    """
    card = read_card(folder)
    scaling, sets = current(card, card.calibration), current(card, card.conformal)
    calibrated = TemperatureScaling(scaling.temperature, "card") if scaling else None
    if model.averages_flips and calibrated is None:
        calibrated, sets = _from_predictions(folder, card)
    return Fitted(card.prior, calibrated, ConformalSets(sets) if sets else None, _check(folder.parent, model))


def fit_conformal(of: MadeFrom, test: Scores) -> Conformal:
    """Fit thresholds on test lesions, which chose nothing, and measure their coverage by folds, as the card holds it.

    Args:
        of: What the predictions were made from.
        test: Calibrated.
    """
    thresholds, fitted = conformal.fit_thresholds(test), {}
    for i, dx in enumerate(DX):
        rows = test.truth == i
        lesions = len(np.unique(test.group[rows]))
        possible = Span(*(round(end, 4) for end in conformal.possible_coverage(lesions)))
        fitted[dx] = ConformalClass(round(float(thresholds[i]), 6), int(rows.sum()), lesions, possible)
    table = conformal.cross_coverage(test).round(4)
    return Conformal(of, conformal.ALPHA, fitted, {row["dx"]: _coverage(row) for row in table.to_dict("records")})


def _coverage(row: dict[Hashable, Any]) -> Coverage:
    return Coverage(row["images"], row["lesions"], Estimate(row["coverage"], row["low"], row["high"]), row["size"])


def _from_predictions(folder: Path, card: Card) -> tuple[TemperatureScaling, Conformal]:
    from core.evaluation.leaderboard import load_scores  # only ensembles need it, and it's slow to import

    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    found = TemperatureScaling(calibration.fit_temperature(validation), "validation")
    sets = fit_conformal(MadeFrom(predictions=card.files.predictions), calibration.calibrated(test, found.temperature))
    return found, sets


def _check(models: Path, model: Model) -> ImageCheck | None:
    members = {member.name: member for member in model.members}
    for name in (*members, CHECK_MODEL):
        folder = models / name
        if not (folder / CARD).is_file():
            continue
        card = read_card(folder)
        detector = read_detector(folder, card)
        if detector and card.ood_detector:
            return ImageCheck(members.get(name) or Network(folder), detector, card.ood_detector)
    return None
