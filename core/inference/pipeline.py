"""From a decoded picture to all that is said of it, or to the reason why nothing is: quality, guard, model, sets."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.evaluation.calibration import temperature_of, tempered
from core.evaluation.conformal import prediction_sets
from core.inference.image_descriptors import looks
from core.inference.model import Answer, Classifier
from core.inference.ood import Neighbour, read_guard
from core.inference.quality import Fault, assess, faults
from core.labels import DX, MALIGNANT
from core.store.card import Card, read_card
from core.store.provenance import current

FLIPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Row and column steps of the four views; the first is the picture as it is."""
UNLIKE = Fault(
    "It does not look like the dermatoscopic pictures that the model learned from.",
    "Use a picture taken through a dermatoscope, with one spot in the middle that fills a good part of the crop.",
)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Range:
    """A probability, with its least and its largest value over the four flips of the picture."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """What is said of one picture.

    Attributes:
        faults: Why nothing should be said, worst first; empty where the picture passed.
        strangeness: Distance from the training pictures as a multiple of what is let pass; None without a guard.
        answer: The network's own answer to the picture as it is.
        views: (v, 7) calibrated probabilities: of the picture as it is, then of its flips.
        members: The conformal set, most probable first; empty where none was fitted.
        neighbours: The training pictures most alike; empty without a guard.
        seconds: From decoded picture to all of this.
    """

    faults: tuple[Fault, ...]
    strangeness: float | None
    answer: Answer
    views: Array
    members: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]
    seconds: float

    @property
    def probabilities(self) -> Array:
        """(7,) calibrated, of the picture as it is."""
        return np.asarray(self.views[0])

    @property
    def top(self) -> str:
        """The most probable diagnosis's code."""
        return DX[int(self.probabilities.argmax())]

    def over_flips(self, *codes: str) -> Range:
        """The probability that it is one of these, and its range over the flips."""
        values = self.views[:, [DX.index(dx) for dx in codes]].sum(axis=1)
        return Range(float(values[0]), float(values.min()), float(values.max()))

    @property
    def malignant(self) -> Range:
        """The probability of the malignant diagnoses together."""
        return self.over_flips(*MALIGNANT)


class Judge:
    """One model with what was fitted beside it; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        card: Its card.
        classifier: Its open graph.
        temperature: None where none was fitted for this export: probabilities are then as the network gives them.
        thresholds: (7,) of the conformal sets, or None.
        guard: None where none was fitted for this export: nothing is then refused for being strange.
    """

    def __init__(self, folder: Path) -> None:
        """Open trained_models/NAME.

        Raises:
            UserError: The export or the guard is missing, altered or damaged.
        """
        self.name = folder.name
        self.classifier = Classifier(folder)
        self.card: Card = read_card(folder)
        self.temperature = temperature_of(self.card)
        self.thresholds = _thresholds(self.card)
        self.guard = read_guard(folder, self.card)

    def judge(self, image: Image, flips: bool = True) -> Judgement:
        """Say all of one picture.

        Args:
            image: uint8, (height, width, 3), RGB, of any size; its centred 4:3 crop is looked at.
            flips: Whether to look at its flips too, for the range.

        Raises:
            UserError: The server is busy.
        """
        start = time.perf_counter()
        prepared = self.classifier.prepare(image)
        answer = self.classifier.answer(prepared)
        views = [answer.probabilities]
        for down, across in FLIPS[1:] if flips else ():
            views.append(self.classifier.answer(prepared[::down, ::across]).probabilities)
        probabilities = np.stack(views).astype(np.float64)
        if self.temperature is not None:
            probabilities = tempered(probabilities, self.temperature)
        found, strangeness = self._faults(image, answer)
        return Judgement(
            faults=found,
            strangeness=strangeness,
            answer=answer,
            views=probabilities,
            members=self._members(probabilities[0]),
            neighbours=self.guard.neighbours(answer.embedding) if self.guard else (),
            seconds=time.perf_counter() - start,
        )

    def _faults(self, image: Image, answer: Answer) -> tuple[tuple[Fault, ...], float | None]:
        facts = self.card.ood_detector
        if self.guard is None or facts is None:
            return (), None
        distances = self.guard.distances(answer.embedding[None], looks(image)[None])
        strangeness = float(distances[facts.kind][0]) / facts.threshold
        found = faults(assess(image), facts.limits)
        return (*found, *((UNLIKE,) if strangeness > 1 else ())), strangeness

    def _members(self, probabilities: Array) -> tuple[str, ...]:
        if self.thresholds is None:
            return ()
        inside = prediction_sets(probabilities, self.thresholds)
        return tuple(DX[i] for i in np.argsort(-probabilities) if inside[i])


def _thresholds(card: Card) -> Array | None:
    facts = current(card, card.conformal)
    return np.array([facts.classes[dx].threshold for dx in DX], np.float64) if facts else None
