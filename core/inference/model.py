"""A trained model as the app serves it: picture in, probabilities and heatmaps out, on LiteRT alone."""

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image, preprocess
from core.errors import UserError
from core.inference.heatmaps import normalize
from core.inference.pool import shared_pool
from core.store.card import read_card

LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Answer:
    """What a model says of one picture.

    Attributes:
        probabilities: (7,) in the order of core.labels.DX, for the class shares of HAM10000.
        cams: (rows, columns, 7) Grad-CAM of each diagnosis, each divided by its own maximum: in [0, 1], and zero all
            over where nothing speaks for the diagnosis.
        embedding: (d,) what the network's last layer sees.
        seconds: From decoded picture to answer.
    """

    probabilities: NDArray[np.float32]
    cams: NDArray[np.float32]
    embedding: NDArray[np.float32]
    seconds: float


class Classifier:
    """One model, open and ready; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        size: (height, width) in pixels of what the network is fed.
    """

    def __init__(self, folder: Path) -> None:
        """Open trained_models/NAME.

        Raises:
            UserError: No export there, or not the file that the card describes.
        """
        self.name = folder.name
        self._pool = shared_pool(read_export(folder))
        self.size = self._pool.size

    def classify(self, image: Image) -> Answer:
        """Answer for one picture.

        Args:
            image: uint8, (height, width, 3), RGB, of any size.

        Raises:
            UserError: The server is busy.
        """
        start = time.perf_counter()
        answer = self.answer(self.prepare(image))
        return replace(answer, seconds=time.perf_counter() - start)

    def prepare(self, image: Image) -> Image:
        """What the network is fed of a picture: uint8, (*size, 3)."""
        return preprocess(image, self.size)

    def answer(self, prepared: Image) -> Answer:
        """Answer for what `prepare` gave, or for a mirrored view of it.

        Raises:
            UserError: The server is busy.
        """
        start = time.perf_counter()
        out = self._pool.run(prepared[None].astype(np.float32))
        cams = np.moveaxis(normalize(np.moveaxis(out["cams"][0], -1, 0)), 0, -1)
        return Answer(out["probabilities"][0], cams, out["embedding"].reshape(-1), time.perf_counter() - start)


def read_export(folder: Path) -> bytes:
    """The bytes of a model's LiteRT graph, checked against its card before anything parses them.

    Raises:
        UserError: Not exported, missing, a Git LFS pointer, or altered.
    """
    export = read_card(folder).export
    again = f"run `python -m core export {folder.name}` or fetch it again"
    if export is None:
        raise UserError(f"{folder.name} has not been exported for serving; {again}.")
    path = folder / export.file.name
    try:
        graph = path.read_bytes()
    except OSError:
        raise UserError(f"{folder.name}/{path.name} is missing; {again}.") from None
    if graph.startswith(LFS_POINTER):
        raise UserError(f"{folder.name}/{path.name} is a Git LFS pointer, not the model; run `git lfs pull`.")
    if hashlib.sha256(graph).hexdigest() != export.file.sha256:
        raise UserError(f"{folder.name}/{path.name} is not the file that its card describes (SHA-256); {again}.")
    return graph
