"""The one way from an image to a prediction: decode, crop, prepare once, run the model, calibrate, check."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.inference.crop import Crop, PreparedImage, cut, prepare
from core.inference.decode import decode
from core.inference.fitted import TemperatureScaling, read_fitted
from core.inference.heatmaps import METHODS, HeatmapMethod, normalize
from core.inference.layer_cam import Evidence, layer_cam
from core.inference.model import FLIPS, Output, explain, flip_probabilities, open_model
from core.inference.ood import Neighbour
from core.inference.pool import TIMEOUT
from core.inference.quality import ImageWarning
from core.labels import DX, MALIGNANT
from core.store.folders import model_folder

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Range:
    """A probability with its smallest and largest value over the four flips of the image."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Prediction:
    """A model's prediction for one image.

    Attributes:
        probabilities: (7,) class probabilities in the order of `core.labels.DX`, for `prior`; calibrated unless
            `calibration` is None.
        raw_probabilities: (7,) before temperature scaling.
        calibration: Turns the raw probabilities into calibrated ones; None if the model isn't calibrated.
        prior: (7,) class shares that the probabilities assume.
        per_flip: (4, 7) as `probabilities`, of the image and its three flips; (1, 7) if the flips weren't run.
        conformal_set: Labels on the shortlist, at 90% coverage, most probable first; empty if no set was fitted.
        heatmaps: (rows, columns, 7) Grad-CAM per class, each scaled to [0, 1]; zero if nothing supports the class.
        ood_score: Out-of-distribution score; above 1 the image is unlike the training data. None without a detector.
        warnings: Problems with the image, most serious first; empty if there are none.
        neighbours: The most similar training images; empty without a detector.
        seconds: From the decoded image to this prediction.
        evidence: What LayerCAM is computed from; empty unless it was asked for, and where a model doesn't offer it.
        layer_cams: LayerCAM of some classes, (rows, columns) in [0, 1], kept when the evidence was given up.

    Example:
        >>> from core.synthetic.lesions import sample_lesion
        >>> prediction = Pipeline.load("efficientnet_lite0").predict(sample_lesion("nv", 0).image)
        >>> prediction.top
        'nv'
        >>> prediction.heatmaps.shape
        (6, 7, 7)
    """

    probabilities: Array
    raw_probabilities: Array
    calibration: TemperatureScaling | None
    prior: Array
    per_flip: Array
    conformal_set: tuple[str, ...]
    heatmaps: NDArray[np.float32]
    ood_score: float | None
    warnings: tuple[ImageWarning, ...]
    neighbours: tuple[Neighbour, ...]
    seconds: float
    evidence: tuple[Evidence, ...] = ()
    layer_cams: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def heatmap(self, dx: str, method: HeatmapMethod) -> NDArray[np.float32]:
        """Return one class's heatmap, (rows, columns) in [0, 1]; zero everywhere if nothing supports the class.

        Args:
            dx: The class.
            method: "LayerCAM" needs `evidence` or the class in `layer_cams`; without either this is Grad-CAM.

        Raises:
            UserError: The server is busy.
        """
        if method == "LayerCAM" and dx in self.layer_cams:
            return self.layer_cams[dx]
        if method == "LayerCAM" and self.evidence:
            return np.asarray(normalize(layer_cam(self.evidence, [DX.index(dx)]))[..., 0])
        return np.asarray(self.heatmaps[..., DX.index(dx)])

    def without_evidence(self, labels: Sequence[str]) -> Prediction:
        """Give up the evidence, which is large, and keep LayerCAM of some classes.

        Raises:
            UserError: The server is busy.
        """
        if not self.evidence:
            return self
        found = normalize(layer_cam(self.evidence, [DX.index(dx) for dx in labels]))
        return replace(self, evidence=(), layer_cams={dx: found[..., i] for i, dx in enumerate(labels)})

    @property
    def calibrated(self) -> bool:
        """Whether `probabilities` are calibrated."""
        return self.calibration is not None

    @property
    def top(self) -> str:
        """The label with the highest probability."""
        return DX[int(self.probabilities.argmax())]

    def flip_range(self, *labels: str) -> Range:
        """Return the probability of these labels together, and its range over the flips."""
        columns = [DX.index(dx) for dx in labels]
        value, flips = float(self.probabilities[columns].sum()), self.per_flip[:, columns].sum(axis=1)
        return Range(value, min(value, float(flips.min())), max(value, float(flips.max())))

    @property
    def malignant(self) -> Range:
        """The probability of the malignant classes together."""
        return self.flip_range(*MALIGNANT)


class Pipeline:
    """A model with everything that was fitted for it; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        model: One network or an ensemble.
        fitted: Calibration, conformal sets, OOD detector.
        methods: How it can explain a prediction, the one that is shown first at the front.
    """

    def __init__(self, folder: Path, timeout: float = TIMEOUT) -> None:
        """Open trained_models/NAME.

        Args:
            folder: Where the model is.
            timeout: Seconds that an image waits while the server is busy.

        Raises:
            UserError: A file is missing, altered or damaged, or the model can't predict images.
        """
        self.name = folder.name
        self.model = open_model(folder, timeout)
        self.fitted = read_fitted(folder, self.model)
        self.methods = METHODS if self.model.explains else METHODS[1:]

    @classmethod
    def load(cls, name: str) -> Pipeline:
        """Open a trained model by its name.

        Args:
            name: Folder in trained_models/.

        Raises:
            UserError: There is no such model, or see `Pipeline`.
        """
        return cls(model_folder(name))

    def predict_bytes(self, data: bytes, crop: Crop | None = None, flips: bool = True) -> Prediction:
        """Predict an image file.

        Args:
            data: The file's bytes, of unknown origin.
            crop: Which part the model sees; default the largest 4:3 crop in the middle.
            flips: See `predict`.

        Raises:
            UserError: The file isn't an image that can be read (see `core.inference.decode`), or the server is busy.
        """
        image = decode(data)
        return self.predict(image if crop is None else cut(image, crop), flips)

    def predict(self, image: Image, flips: bool = True, explain: bool = False) -> Prediction:
        """Predict one image.

        Args:
            image: uint8, (height, width, 3), RGB, of any size; the model sees its centred 4:3 crop.
            flips: Whether to run the flips too. Without them there is no range, and an ensemble predicts the image
                as it is instead of the mean over all flips.
            explain: Whether to keep the evidence for LayerCAM: about a megabyte for each network.

        Raises:
            UserError: The server is busy.
        """
        start = time.perf_counter()
        prepared = prepare(image)
        output = self.model.run(prepared, explain=explain)
        raw_per_flip = flip_probabilities(self.model, prepared, output, FLIPS if flips else FLIPS[:1])
        per_flip = self._calibrate(raw_per_flip)
        raw, probabilities = raw_per_flip[0], per_flip[0]
        if self.model.averages_flips:
            raw = raw_per_flip.mean(axis=0)
            probabilities = self._calibrate(raw)
        ood_score, warnings, neighbours = self._check(prepared, output)
        return Prediction(
            probabilities=probabilities,
            raw_probabilities=raw,
            calibration=self.fitted.calibration,
            prior=self.fitted.prior,
            per_flip=per_flip,
            conformal_set=self.fitted.conformal.members(probabilities) if self.fitted.conformal else (),
            heatmaps=normalize(output.heatmaps),
            ood_score=ood_score,
            warnings=warnings,
            neighbours=neighbours,
            seconds=time.perf_counter() - start,
            evidence=output.evidence,
        )

    def heatmaps(
        self, image: Image, labels: Sequence[str] = DX, method: HeatmapMethod = "Grad-CAM"
    ) -> NDArray[np.float32]:
        """Return heatmaps alone.

        Args:
            image: See `predict`.
            labels: Classes, k of them.
            method: One of `methods`; Grad-CAM instead of one that the model doesn't offer.

        Returns:
            (rows, columns, k), each in [0, 1]; zero if nothing supports the class.

        Raises:
            UserError: The server is busy.
        """
        return normalize(explain(self.model, prepare(image), [DX.index(dx) for dx in labels], method))

    def _calibrate(self, raw: Array) -> Array:
        return self.fitted.calibration.apply(raw) if self.fitted.calibration else raw

    def _check(
        self, image: PreparedImage, output: Output
    ) -> tuple[float | None, tuple[ImageWarning, ...], tuple[Neighbour, ...]]:
        check = self.fitted.check
        if check is None:
            return None, (), ()
        embedding = check.embedding(image, self.model, output)
        score = check.ood_score(image, embedding)
        return score, check.warnings(image, score), check.neighbours(embedding)
