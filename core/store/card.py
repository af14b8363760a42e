"""The card of a trained model: what ran, on what, and which files belong to it (trained_models/NAME/card.json)."""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replacing
from core.labels import DX
from core.stats import UNDEFINED, Estimate
from core.store.evaluation_facts import Evaluation, OtherClinics, Slices, SyntheticScore
from core.store.export_facts import Export, Precisions
from core.store.fitted_facts import Calibration, Conformal, OodDetectorFacts
from core.store.heatmap_facts import CamChecks, CamMethods, CamScores, Heatmaps, LayerMaps, SyntheticGallery
from core.store.names import CARD
from core.store.predictions import Split
from core.store.stored import MadeFrom, Member, StoredFile
from core.store.training_facts import BaselineFit, DataFacts, HeadFit, TrainingFacts
from core.store.typed_json import FieldError, from_json, to_json

SCHEMA = 3
"""Version of the card's fields; `core.store.upgrade` reads the former ones, of which version 1 has no number."""
KEPT = 64
"""Cards kept parsed, about 50 KB each: checking all fields takes a hundred times as long as reading the file."""
_AGAIN = "fetch it again or train the model"


@dataclass(frozen=True)
class Card:
    """All that is known of a trained model, apart from the arrays and tables that lie beside the card.

    Attributes:
        name: The folder's.
        kind: A network has weights of its own, an ensemble has members, a baseline sees no image, an experiment is one
            half of a comparison, and one that was added came as a file from elsewhere.
        architecture: Name in `core.models.registry`; of an ensemble or a baseline its own.
        parameters: Number of them; of an ensemble, its members' together.
        data: What it learned from.
        training: How it was trained.
        text: One sentence on it.
        source: Who proposed it.
        trainable_parameters: Number of those that training changed.
        input_size: (height, width) in pixels.
        licence: Of weights and figures.
        weights: Its Keras weights; None where only its scores are kept.
        predictions: The table that `evaluation` was computed from.
        members: Of an ensemble.
        flips: Flips of an image that an ensemble takes the mean over.

    The other attributes are what later commands add, None until then.
    """

    name: str
    kind: Literal["network", "ensemble", "baseline", "experiment", "added"]
    architecture: str
    parameters: int
    data: DataFacts
    training: TrainingFacts
    text: str = ""
    source: str | None = None
    trainable_parameters: int | None = None
    input_size: tuple[int, int] | None = None
    licence: str | None = None
    baseline: BaselineFit | None = None
    head: HeadFit | None = None
    weights: StoredFile | None = None
    predictions: StoredFile | None = None
    members: tuple[Member, ...] = ()
    flips: int = 1
    evaluation: Evaluation | None = None
    other_clinics: OtherClinics | None = None
    slices: Slices | None = None
    synthetic_score: SyntheticScore | None = None
    export: Export | None = None
    precisions: Precisions | None = None
    calibration: Calibration | None = None
    conformal: Conformal | None = None
    ood_detector: OodDetectorFacts | None = None
    heatmaps: Heatmaps | None = None
    layer_maps: LayerMaps | None = None
    cam_scores: CamScores | None = None
    cam_checks: CamChecks | None = None
    cam_methods: CamMethods | None = None
    layer_cam_scores: CamScores | None = None
    layer_cam_checks: CamChecks | None = None
    synthetic_gallery: SyntheticGallery | None = None

    def __post_init__(self) -> None:
        """Raise a ValueError that names the field if a model of this kind lacks it."""
        if self.kind == "network" and self.export and self.weights is None:
            raise ValueError("weights is missing")
        if self.kind == "ensemble" and not self.members:
            raise ValueError("members is missing")

    @property
    def files(self) -> MadeFrom:
        """Hashes of the files that parts are made from, as they are now."""
        return MadeFrom(
            self.weights.sha256 if self.weights else None,
            self.predictions.sha256 if self.predictions else None,
            self.export.file.sha256 if self.export else None,
        )

    def figure(self, metric: str, split: Split = "test") -> Estimate:
        """Return a metric of a split, undefined where it was not evaluated."""
        return self.evaluation.of(split).metrics.get(metric, UNDEFINED) if self.evaluation else UNDEFINED

    @property
    def prior(self) -> NDArray[np.float64]:
        """(7,) share of each class among the training images, in the order of `core.labels.DX`."""
        counts = np.array([self.data.train_counts[dx] for dx in DX], np.float64)
        return np.asarray(counts / counts.sum())

    def require_input_size(self) -> tuple[int, int]:
        """(height, width) in pixels of what the model is fed.

        Raises:
            UserError: The card does not say.
        """
        if self.input_size is None:
            raise UserError(f"{self.name}/{CARD}: input_size is missing; {_AGAIN}.")
        return self.input_size


def read_card(folder: Path) -> Card:
    """Read the card of the model in `folder`; never change it, because other callers get the same object.

    Raises:
        UserError: It is missing, cut short, not JSON, of an unknown version, or of another model, or a field is
            missing, unknown or of another type; the message names the file and the field.
    """
    path = f"{folder}/{CARD}"  # as text, which takes a tenth of the time: pages read all cards at every click
    try:
        there = os.stat(path)  # noqa: PTH116, see above
    except FileNotFoundError:
        raise UserError(f"{folder.name}/{CARD} is missing; {_AGAIN}.") from None
    except OSError as error:
        raise UserError(f"{folder.name}/{CARD} can't be read: {error.strerror}; {_AGAIN}.") from error
    return _read(folder, path, (there.st_ino, there.st_size, there.st_mtime_ns))


@lru_cache(maxsize=KEPT)
def _read(folder: Path, path: str, state: tuple[int, int, int]) -> Card:  # noqa: ARG001, part of the cache's key
    where = f"{folder.name}/{CARD}"
    try:
        card = parse_card(json.loads(Path(path).read_bytes().decode("utf-8")), where)
    except (OSError, ValueError) as error:
        raise UserError(f"{where} is cut short or not JSON; {_AGAIN}.") from error
    if card.name != folder.name:
        raise UserError(f"{where} is the card of {card.name!r}, not of {folder.name!r}; fetch it again.")
    return card


def parse_card(found: object, where: str) -> Card:
    """Build a card from parsed JSON, of any version.

    Args:
        found: As `json.loads` returns it.
        where: The file, for the message.

    Raises:
        UserError: See `read_card`.
    """
    if not isinstance(found, dict):
        raise UserError(f"{where} is not a JSON object; {_AGAIN}.")
    version = found.get("schema", 1)
    if version not in range(1, SCHEMA + 1):
        raise UserError(f"{where}: schema {version!r} is unknown, only 1 to {SCHEMA} can be read; update the program.")
    try:
        current = dict(found) if version == SCHEMA else _upgraded(found)
        del current["schema"]
        return from_json(Card, current)
    except KeyError as error:
        raise UserError(f"{where}: {error.args[0]} is missing; {_AGAIN}.") from error
    except FieldError as error:
        raise UserError(f"{where}: {error}; {_AGAIN}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{where} is not a card of version 1 ({error}); {_AGAIN}.") from error


def _upgraded(found: dict[str, Any]) -> dict[str, Any]:
    from core.store.upgrade import upgrade  # today's cards don't need it

    return upgrade(found)


def write_card(folder: Path, card: Card) -> None:
    """Write a card in one step; NaN becomes null, because JSON has no NaN."""
    with replacing(folder / CARD) as beside:
        beside.write_text(card_text(card), encoding="utf-8")


def card_text(card: Card) -> str:
    """Write the card as its file holds it."""
    plain: dict[str, Any] = {"schema": SCHEMA} | to_json(card)
    return json.dumps(plain, indent=2, allow_nan=False) + "\n"
