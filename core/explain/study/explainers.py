"""Raw Grad-CAM of all diagnoses from the served graphs; of an ensemble, the mean of its members'."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image, preprocess
from core.errors import UserError
from core.inference.crop import prepare
from core.inference.model import open_model
from core.inference.pool import SIZE
from core.labels import DX
from core.models.trained import load_trained
from core.store.card import read_card

Array = NDArray[np.float32]
WAIT = 600.0
"""Seconds that an offline picture may wait for an interpreter; the app's users wait for seconds."""
VIS_PICTURES = 4
"""tf-keras-vis is timed on so many pictures: it takes a second or more each."""
BATCH = 8 * SIZE
"""Pictures held at once."""
In = TypeVar("In")
Out = TypeVar("Out")


class Explainer:
    """A trained model's probabilities and heatmaps for one image as it is; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        parts: Names of its networks: itself, or an ensemble's members.
    """

    def __init__(self, folder: Path, timeout: float = WAIT) -> None:
        """Open trained_models/NAME.

        Args:
            folder: Where the model is.
            timeout: Seconds that an image waits for a free interpreter.

        Raises:
            UserError: See `core.inference.model.open_model`.
        """
        self.name = folder.name
        self._model = open_model(folder, timeout)
        self.parts = [each.name for each in self._model.members]

    def answer(self, image: Image) -> tuple[Array, Array]:
        """Run the model on one image.

        Args:
            image: uint8, (height, width, 3), RGB, of any size.

        Returns:
            Probabilities (7,) and Grad-CAM (rows, columns, 7), >= 0: see `core.inference.model.Output`.
        """
        output = self._model.run(prepare(image))
        return output.probabilities, output.heatmaps


class LayerExplainer:
    """The same by tf-keras-vis, at any layer with feature maps; slow, one picture at a time."""

    def __init__(self, folder: Path, penultimate_layer: str) -> None:
        """Build trained_models/NAME in Keras.

        Args:
            folder: Where the model lies, with weights.
            penultimate_layer: Name of the layer whose feature maps are weighed.

        Raises:
            UserError: It has no weights, or no such layer.
        """
        from core.explain.gradcam import Reference

        if "weights" not in read_card(folder):
            raise UserError(f"{folder.name} is no single network; name one of its members.")
        self._model = load_trained(folder)
        self._reference = Reference(self._model, penultimate_layer)
        self._lock = Lock()

    def answer(self, image: Image) -> tuple[Array, Array]:
        """Answer for one picture: see `Explainer.answer`."""
        height, width = (int(each) for each in self._model.input.shape[1:3])
        fed = preprocess(image, (height, width))[None].astype(np.float32)
        with self._lock:
            probabilities = np.asarray(self._model(fed, training=False))[0]
            cams = self._reference.cams(np.repeat(fed, len(DX), axis=0), np.arange(len(DX)))
        return probabilities, np.moveaxis(cams, 0, -1)


@dataclass(frozen=True)
class Speed:
    """The served graph beside tf-keras-vis, one picture at a time, in one run.

    Attributes:
        pictures: Pictures compared.
        litert: Pictures a second through the served graph, two at once, all seven heatmaps each.
        tf_keras_vis: Pictures a second through tf-keras-vis, one heatmap each.
        max_difference: Largest difference between two heatmaps of the answer, as a share of the heatmap's maximum.
        mean_difference: Mean over all cells of the difference, on the same scale.
    """

    pictures: int
    litert: float
    tf_keras_vis: float
    max_difference: float
    mean_difference: float


def compare_speed(folder: Path, explainer: Explainer, pictures: Sequence[Image]) -> dict[str, Any]:
    """Time both ways and compare their heatmaps of the most probable diagnosis.

    Args:
        folder: trained_models/NAME of one network.
        explainer: Of that folder.
        pictures: All go through the served graph, the first VIS_PICTURES through tf-keras-vis too.

    Returns:
        `Speed` as a dict for the card.
    """
    from core.explain.gradcam import Reference

    explainer.answer(pictures[0])
    start = time.perf_counter()
    answers = list(in_parallel(explainer.answer, pictures))
    litert = len(pictures) / (time.perf_counter() - start)
    model = load_trained(folder)
    reference, size = Reference(model), (int(model.input.shape[1]), int(model.input.shape[2]))
    some = [preprocess(picture, size)[None] for picture in pictures[:VIS_PICTURES]]
    said = [np.array([int(probabilities.argmax())]) for probabilities, _ in answers[: len(some)]]
    reference.cams(some[0], said[0])
    start = time.perf_counter()
    expected = [reference.cams(image, dx)[0] for image, dx in zip(some, said, strict=True)]
    vis = len(some) / (time.perf_counter() - start)
    apart = [
        np.abs(cam - cams[..., dx[0]]) / (cam.max() or 1)
        for cam, (_, cams), dx in zip(expected, answers, said, strict=False)
    ]
    found = Speed(len(some), round(litert, 1), round(vis, 2), float(np.max(apart)), float(np.mean(apart)))
    return asdict(found)


def in_parallel(job: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Results in order, as many jobs at once as there are interpreters, holding no more than a batch of items."""
    batch: list[In] = []
    with ThreadPoolExecutor(SIZE) as threads:
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                yield from threads.map(job, batch)
                batch = []
        yield from threads.map(job, batch)
