"""Raw Grad-CAM of all diagnoses from the served graphs; of an ensemble, the mean of its members'."""

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
from core.explain.localization import enlarge
from core.inference.model import read_export
from core.inference.pool import SIZE, shared_pool
from core.labels import DX
from core.models.trained import load_trained
from core.store.card import read_card
from core.store.heatmap_facts import Speed
from core.store.provenance import check_members

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
    """A trained model's answers with their heatmaps; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        parts: The networks that answer: itself, or an ensemble's members.
    """

    def __init__(self, folder: Path, timeout: float = WAIT) -> None:
        """Open trained_models/NAME.

        Args:
            folder: Where the model lies.
            timeout: Seconds that a picture waits for a free interpreter.

        Raises:
            UserError: It is no network and no ensemble of networks, or an export is missing or altered.
        """
        card = read_card(folder)
        if card.kind == "baseline":
            raise UserError(f"{folder.name} sees no picture, so there is no heatmap of it.")
        folders = check_members(folder, card) or [folder]
        self.name = folder.name
        self.parts = [each.name for each in folders]
        self._timeout = timeout
        self._pools = [shared_pool(read_export(each)) for each in folders]

    def answer(self, image: Image) -> tuple[Array, Array]:
        """Answer for one picture.

        Args:
            image: uint8, (height, width, 3), RGB, of any size.

        Returns:
            Probabilities (7,) and Grad-CAM (rows, columns, 7), >= 0. An ensemble's are the means of its members';
            there each heatmap is first divided by its maximum and enlarged to the finest, for logits of different
            networks have no common scale.
        """
        fed = [preprocess(image, pool.size)[None].astype(np.float32) for pool in self._pools]
        outs = [pool.run(each, self._timeout) for pool, each in zip(self._pools, fed, strict=True)]
        probabilities: Array = np.asarray(np.mean([out["probabilities"][0] for out in outs], axis=0), np.float32)
        if len(outs) == 1:
            return probabilities, outs[0]["cams"][0]
        finest = max((out["cams"].shape[1:3] for out in outs), key=lambda size: int(np.prod(size)))
        cams = [[enlarge(cam, finest) for cam in np.moveaxis(out["cams"][0], -1, 0)] for out in outs]
        return probabilities, np.moveaxis(np.mean(cams, axis=0, dtype=np.float32), 0, -1)


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

        if read_card(folder).weights is None:
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


def compare_speed(folder: Path, explainer: Explainer, pictures: Sequence[Image]) -> Speed:
    """Time both ways and compare their heatmaps of the most probable diagnosis.

    Args:
        folder: trained_models/NAME of one network.
        explainer: Of that folder.
        pictures: All go through the served graph, the first VIS_PICTURES through tf-keras-vis too.
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
    return Speed(len(some), round(litert, 1), round(vis, 2), float(np.max(apart)), float(np.mean(apart)))


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
