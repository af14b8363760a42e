"""Trained models on LiteRT alone: one exported network, or an ensemble of such networks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.inference.adapter import as_probabilities, in_order, scaled
from core.inference.crop import PreparedImage
from core.inference.heatmaps import HeatmapMethod, mean_heatmaps
from core.inference.layer_cam import Evidence, layer_cam
from core.inference.pool import TIMEOUT, shared_pool
from core.labels import DX
from core.store.card import read_card
from core.store.provenance import check_members

LFS_POINTER = b"version https://git-lfs"
FLIPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Row and column steps of the four flips, the image as it is first: a dermatoscopic image has no up and no left."""
Flip = tuple[int, int]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Output:
    """What a model computes for one image.

    Attributes:
        probabilities: (7,) in the order of `core.labels.DX`, before temperature scaling.
        heatmaps: (rows, columns, 7) Grad-CAM per class, >= 0, not scaled.
        embeddings: (d,) input of the last layer, of each network: an ensemble has one for each member.
        evidence: What LayerCAM of any class is computed from, by network; empty unless it was asked for.
    """

    probabilities: Array
    heatmaps: Array
    embeddings: tuple[Array, ...]
    evidence: tuple[Evidence, ...] = ()


class Network:
    """One exported network, open; safe to share between threads.

    Attributes:
        name: Folder name in trained_models/.
        size: (height, width) of its input in pixels.
        members: Itself alone.
        averages_flips: False: a network predicts the image as it is.
        explains: Whether LayerCAM can be computed: see `core.inference.graph_tail`.
    """

    averages_flips = False

    def __init__(self, folder: Path, timeout: float = TIMEOUT) -> None:
        """Open the export in a folder of trained_models/.

        Args:
            folder: Where the model is.
            timeout: Seconds that an image waits for a free interpreter.

        Raises:
            UserError: There is no export, or it isn't the file that the card describes.
        """
        self.name = folder.name
        self._timeout = timeout
        self._pool = shared_pool(read_export(folder))
        export = read_card(folder).export
        self._adapter = export.adapter if export else None
        self.size = self._pool.size
        self.explains = self._pool.tail is not None
        self.members: tuple[Network, ...] = (self,)

    def run(self, image: PreparedImage, flip: Flip = FLIPS[0], explain: bool = False) -> Output:
        """Run the network on one image.

        Args:
            image: From `core.inference.crop.prepare`.
            flip: One of FLIPS.
            explain: Keep the evidence for LayerCAM, if the network `explains`.

        Raises:
            UserError: The server is busy.
        """
        down, across = flip
        pixels = image.resized(self.size)[::down, ::across]
        batch = pixels[None].astype(np.float32)
        adapter, tail = self._adapter, self._pool.tail if explain else None
        if adapter:
            batch = scaled(batch, adapter.scaling)
        out, values = self._pool.run_and_keep(batch, self._timeout, tail.kept if tail else ())
        probabilities, heatmaps = out["probabilities"][0], out["cams"][0]
        if adapter:
            probabilities, heatmaps = as_probabilities(probabilities, adapter), in_order(heatmaps, adapter)
        order = tuple(adapter.classes.index(dx) for dx in DX) if adapter else tuple(range(len(DX)))
        evidence = (Evidence(tail, values, order),) if tail else ()
        return Output(probabilities, heatmaps, (out["embedding"].reshape(-1),), evidence)

    def probabilities(self, image: PreparedImage, flip: Flip = FLIPS[0]) -> Array:
        """(7,) probabilities alone; see `run`."""
        return self.run(image, flip).probabilities


class Ensemble:
    """Several networks that predict together: the mean of their probabilities over all four flips.

    Attributes:
        name: Folder name in trained_models/.
        size: (height, width) of the largest input of a member in pixels.
        members: The networks.
        averages_flips: True: a prediction is the mean over FLIPS.
        explains: Whether LayerCAM can be computed for all members.
    """

    averages_flips = True

    def __init__(self, name: str, members: Sequence[Network]) -> None:
        """Combine open networks; there must be at least one."""
        self.name = name
        self.members = tuple(members)
        self.size = max(member.size for member in self.members)
        self.explains = all(member.explains for member in self.members)

    def run(self, image: PreparedImage, flip: Flip = FLIPS[0], explain: bool = False) -> Output:
        """Run all members on one image.

        Args:
            image: From `core.inference.crop.prepare`.
            flip: One of FLIPS.
            explain: Keep the evidence for LayerCAM, if all members explain.

        Returns:
            Mean probabilities; mean heatmaps, see `core.inference.heatmaps.mean_heatmaps`.

        Raises:
            UserError: The server is busy.
        """
        outputs = [member.run(image, flip, explain and self.explains) for member in self.members]
        heatmaps = outputs[0].heatmaps if len(outputs) == 1 else mean_heatmaps([each.heatmaps for each in outputs])
        embeddings = tuple(part for each in outputs for part in each.embeddings)
        evidence = tuple(part for each in outputs for part in each.evidence)
        return Output(_mean([each.probabilities for each in outputs]), heatmaps, embeddings, evidence)

    def probabilities(self, image: PreparedImage, flip: Flip = FLIPS[0]) -> Array:
        """(7,) mean probabilities alone; see `run`."""
        return _mean([member.probabilities(image, flip) for member in self.members])


Model = Network | Ensemble


def open_model(folder: Path, timeout: float = TIMEOUT) -> Model:
    """Open a trained model or an ensemble of trained models.

    Args:
        folder: trained_models/NAME.
        timeout: Seconds that an image waits for a free interpreter.

    Raises:
        UserError: It can't predict images, or a file is missing or altered, or an ensemble's member was retrained.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> open_model(TRAINED_MODELS / "efficientnet_lite_ensemble").averages_flips
        True
    """
    card = read_card(folder)
    if card.kind == "baseline":
        raise UserError(f"{folder.name} doesn't use images, so it can't predict one.")
    members = check_members(folder, card)
    if members:
        return Ensemble(folder.name, [Network(each, timeout) for each in members])
    return Network(folder, timeout)


def flip_probabilities(
    model: Model, image: PreparedImage, first: Output | None = None, flips: Sequence[Flip] = FLIPS
) -> NDArray[np.float64]:
    """Predict an image and its flips.

    Args:
        model: From `open_model`.
        image: From `core.inference.crop.prepare`.
        first: The model's output for the first flip if it's known already.
        flips: Which flips.

    Returns:
        (flips, 7) probabilities before temperature scaling.
    """
    known = [] if first is None else [first.probabilities]
    others = [model.probabilities(image, flip) for flip in flips[len(known) :]]
    return np.stack([*known, *others]).astype(np.float64)


def explain(model: Model, image: PreparedImage, classes: Sequence[int], method: HeatmapMethod) -> Array:
    """Compute heatmaps of some classes.

    Args:
        model: From `open_model`.
        image: From `core.inference.crop.prepare`.
        classes: Indices into `core.labels.DX`, k of them.
        method: "LayerCAM" where the model explains; else this is Grad-CAM.

    Returns:
        (rows, columns, k), >= 0, not scaled.

    Raises:
        UserError: The server is busy.
    """
    output = model.run(image, explain=method == "LayerCAM")
    return layer_cam(output.evidence, classes) if output.evidence else output.heatmaps[..., list(classes)]


def read_export(folder: Path) -> bytes:
    """Read a model's LiteRT graph, checked against its card before anything parses it.

    Raises:
        UserError: Not exported, missing, a Git LFS pointer, or altered.
    """
    export = read_card(folder).export
    again = f"run `python -m core export {folder.name}` or fetch it again"
    if export is None:
        raise UserError(f"{folder.name} hasn't been exported yet; {again}.")
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


def _mean(probabilities: Sequence[Array]) -> Array:
    return np.asarray(np.mean(probabilities, axis=0), np.float32)
