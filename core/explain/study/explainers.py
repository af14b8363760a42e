"""Raw heatmaps from the exported graphs; for an ensemble, the mean of its members'."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image, preprocess
from core.errors import UserError
from core.inference.crop import prepare
from core.inference.heatmaps import HeatmapMethod
from core.inference.model import FLIPS, explain, flip_probabilities, open_model
from core.inference.pool import SIZE
from core.labels import DX
from core.models.trained import load_trained
from core.store.card import read_card
from core.store.heatmap_facts import Speed

Array = NDArray[np.float32]
WAIT = 600.0
"""Seconds that an image may wait for an interpreter in a batch run; the app's users wait for seconds."""
VIS_IMAGES = 4
"""Number of images to time tf-keras-vis on; it takes a second or more for each."""
BATCH = 8 * SIZE
"""Number of images in memory at once."""
In = TypeVar("In")
Out = TypeVar("Out")


class Explainer:
    """A trained model's probabilities and heatmaps for one image as it is; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        parts: Names of its networks: itself, or an ensemble's members.
    """

    def __init__(self, folder: Path, timeout: float = WAIT, method: HeatmapMethod = "Grad-CAM") -> None:
        """Open trained_models/NAME.

        Args:
            folder: Where the model is.
            timeout: Seconds that an image waits for a free interpreter.
            method: Of `explain`.

        Raises:
            UserError: See `core.inference.model.open_model`, or the model has no heatmaps or doesn't offer the method.
        """
        self.name, self._method = folder.name, method
        export = read_card(folder).export
        if export and export.adapter and not export.adapter.heatmaps:
            raise UserError(f"{folder.name} has no heatmaps: what its file holds can't be explained with Grad-CAM.")
        self._model = open_model(folder, timeout)
        if method == "LayerCAM" and not self._model.explains:
            raise UserError(f"{folder.name} offers Grad-CAM only; leave --method out.")
        self.parts = [each.name for each in self._model.members]

    def predict_and_explain(self, image: Image) -> tuple[Array, Array]:
        """Run the model on one image.

        Args:
            image: uint8, (height, width, 3), RGB, of any size.

        Returns:
            Probabilities (7,) and Grad-CAM (rows, columns, 7), >= 0: see `core.inference.model.Output`.
        """
        output = self._model.run(prepare(image))
        return output.probabilities, output.heatmaps

    def predict(self, image: Image) -> NDArray[np.float64]:
        """Predict an image as `predictions.csv` has it: (7,), of an ensemble the mean over all four flips."""
        flips = FLIPS if self._model.averages_flips else FLIPS[:1]
        return np.asarray(flip_probabilities(self._model, prepare(image), flips=flips).mean(axis=0))

    def explain(self, image: Image, classes: Sequence[int]) -> Array:
        """Compute heatmaps of k classes by the method that was chosen, (rows, columns, k), >= 0."""
        return explain(self._model, prepare(image), classes, self._method)


class LayerExplainer:
    """The same by tf-keras-vis, at any layer with feature maps; slow, one image at a time."""

    def __init__(self, folder: Path, penultimate_layer: str) -> None:
        """Build trained_models/NAME in Keras.

        Args:
            folder: Where the model is, with weights.
            penultimate_layer: Name of the layer whose feature maps are weighted.

        Raises:
            UserError: It has no weights, or no such layer.
        """
        from core.explain.gradcam import Reference

        if read_card(folder).weights is None:
            raise UserError(f"{folder.name} isn't a single network; name one of its members.")
        self._model = load_trained(folder)
        self._reference = Reference(self._model, penultimate_layer)
        self._lock = Lock()

    def predict_and_explain(self, image: Image) -> tuple[Array, Array]:
        """Run the model on one image: see `Explainer.predict_and_explain`."""
        height, width = (int(each) for each in self._model.input.shape[1:3])
        fed = preprocess(image, (height, width))[None].astype(np.float32)
        with self._lock:
            probabilities = np.asarray(self._model(fed, training=False))[0]
            cams = self._reference.cams(np.repeat(fed, len(DX), axis=0), np.arange(len(DX)))
        return probabilities, np.moveaxis(cams, 0, -1)

    def explain(self, image: Image, classes: Sequence[int]) -> Array:
        """Compute Grad-CAM of k classes: see `Explainer.explain`."""
        return self.predict_and_explain(image)[1][..., list(classes)]


def compare_speed(folder: Path, explainer: Explainer, images: Sequence[Image]) -> Speed:
    """Time both ways and compare their heatmaps of the most probable class.

    Args:
        folder: trained_models/NAME of one network.
        explainer: Of that folder.
        images: All run through the exported graph, the first VIS_IMAGES through tf-keras-vis too.
    """
    from core.explain.gradcam import Reference

    explainer.predict_and_explain(images[0])
    start = time.perf_counter()
    outputs = list(in_parallel(explainer.predict_and_explain, images))
    litert = len(images) / (time.perf_counter() - start)
    model = load_trained(folder)
    reference, size = Reference(model), (int(model.input.shape[1]), int(model.input.shape[2]))
    some = [preprocess(image, size)[None] for image in images[:VIS_IMAGES]]
    predicted = [np.array([int(probabilities.argmax())]) for probabilities, _ in outputs[: len(some)]]
    reference.cams(some[0], predicted[0])
    start = time.perf_counter()
    expected = [reference.cams(image, dx)[0] for image, dx in zip(some, predicted, strict=True)]
    vis = len(some) / (time.perf_counter() - start)
    apart = [
        np.abs(cam - cams[..., dx[0]]) / (cam.max() or 1)
        for cam, (_, cams), dx in zip(expected, outputs, predicted, strict=False)
    ]
    return Speed(len(some), round(litert, 1), round(vis, 2), float(np.max(apart)), float(np.mean(apart)))


def in_parallel(job: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Run a job for each item, as many at once as there are interpreters; yields results in order.

    No more than a batch of items is in memory at once.
    """
    batch: list[In] = []
    with ThreadPoolExecutor(SIZE) as threads:
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                yield from threads.map(job, batch)
                batch = []
        yield from threads.map(job, batch)
