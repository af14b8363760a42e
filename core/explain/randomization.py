"""The sanity check of Adebayo et al. 2018 (arXiv:1810.03292): heatmaps must change when weights are randomized.

One layer at a time, from the output down, the values of each kernel are shuffled. Biases and batch normalization stay
as they are, so that a changed heatmap reflects lost knowledge and not a different numerical range. Of Grad-CAM, signed
heatmaps are compared, because behind a randomized layer it is often zero everywhere after its ReLU.

The paper randomizes one network. An ensemble's heatmap is the mean of its members' heatmaps, so here all members are
randomized together, each down to the same share of its layers, and the mean heatmap is compared with the trained one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.explain.explained import explain_with, predicted_classes
from core.inference.heatmaps import HeatmapMethod

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]


class Randomized(NamedTuple):
    """How a network's heatmaps change as its weights are randomized.

    Attributes:
        layers: Name of the layer randomized last at each step; all behind it are randomized too.
        correlation: (seeds, steps, n) rank correlation over cells between heatmaps of the same class before and after;
            NaN if one is constant, so that no correlation is defined.
        empty: (seeds, steps, n) whether a heatmap has nothing that speaks for its class.
        other: (n, n) rank correlation of each image's heatmap with every other image's, for comparison; NaN on the
            diagonal and where one is constant.
    """

    layers: list[str]
    correlation: Array
    empty: NDArray[np.bool_]
    other: Array


def cascade(model: keras.Model) -> list[Any]:
    """List the layers with kernels, from the output down."""
    return [layer for layer in reversed(model.layers) if any(len(weight.shape) > 1 for weight in layer.weights)]


class Cascade(NamedTuple):
    """One network's heatmaps of the explained classes while its layers are randomized; Grad-CAM's are signed.

    Attributes:
        layers: As in `Randomized`.
        trained: (n, rows, columns) before.
        randomized: (seeds, steps, n, rows, columns) after each step.
    """

    layers: list[str]
    trained: Array
    randomized: Array


def randomisation_curve(
    model: keras.Model, images: NDArray[np.generic], seeds: Sequence[int], method: HeatmapMethod = "Grad-CAM"
) -> Randomized:
    """Randomize a network layer by layer from the output down, and compare its heatmaps with the original ones.

    Args:
        model: Functional, trained; its weights are randomized in place, and restored.
        images: (n, height, width, 3), RGB, 0-255; at least two.
        seeds: Of the shuffling; each starts from the trained weights.
        method: Whose heatmaps.

    Raises:
        UserError: See `core.explain.explained.explain_with`.
    """
    return _compared(run_cascade(model, images, seeds, method=method))


def ensemble_curve(members: Sequence[Cascade]) -> Randomized:
    """Randomize all members of an ensemble at the same depth, and compare its heatmaps with the original ones.

    The deepest member has one layer more randomized at each step; of the others it is the same share of their layers,
    rounded up. So the first step randomizes every output layer, the last one all layers. The ensemble's heatmap is the
    mean of its members', each divided by its largest absolute value and enlarged to the finest grid: as
    `core.inference.heatmaps.mean_heatmaps`, but signed.

    Args:
        members: Of `run_cascade`, for the same images, classes and number of seeds. Give each member seeds of its own,
            or equal layers are shuffled alike.
    """
    steps = max(len(each.layers) for each in members)
    at = [[-(-len(each.layers) * (step + 1) // steps) - 1 for step in range(steps)] for each in members]
    rows, columns = max((each.trained.shape[1:] for each in members), key=lambda size: size[0] * size[1])
    names = [_joined([each.layers[i[step]] for each, i in zip(members, at, strict=True)]) for step in range(steps)]
    trained = np.mean([_scaled(each.trained, rows, columns) for each in members], axis=0)
    parts = [_scaled(each.randomized[:, i], rows, columns) for each, i in zip(members, at, strict=True)]
    empty = np.all([_empty(each.randomized[:, i]) for each, i in zip(members, at, strict=True)], axis=0)
    return _compared(Cascade(names, trained, np.mean(parts, axis=0)))._replace(empty=empty)


def run_cascade(
    model: keras.Model,
    images: NDArray[np.generic],
    seeds: Sequence[int | tuple[int, ...]],
    classes: NDArray[np.integer] | None = None,
    method: HeatmapMethod = "Grad-CAM",
) -> Cascade:
    """Randomize a network layer by layer from the output down, and keep its heatmaps.

    Args:
        model: See `randomisation_curve`.
        images: See `randomisation_curve`.
        seeds: See `randomisation_curve`.
        classes: (n,) which class to explain. Default: the one that the model predicts.
        method: Whose heatmaps.

    Raises:
        UserError: See `core.explain.explained.explain_with`.
    """
    from core.models.cam_heads import find_head

    trained, layers = model.get_weights(), cascade(model)
    behind = {layer.name for layer in find_head(model).dense}
    classes = predicted_classes(model, images) if classes is None else classes
    first = explain_with(model, method)(images, classes)
    steps: list[list[Array]] = []
    for seed in seeds:
        rng, explain = np.random.default_rng(seed), None
        steps.append([])
        for layer in layers:
            _shuffle(layer, rng)
            if explain is None or layer.name in behind:
                explain = explain_with(model, method)  # it may hold copies of the head's weights
            steps[-1].append(explain(images, classes))
        model.set_weights(trained)
    return Cascade([str(layer.name) for layer in layers], first, np.array(steps))


def _compared(found: Cascade) -> Randomized:
    correlation = np.array([[rank_correlation(found.trained, cams) for cams in each] for each in found.randomized])
    return Randomized(found.layers, correlation, _empty(found.randomized), between_images(found.trained))


def _empty(cams: Array) -> NDArray[np.bool_]:
    return np.asarray(cams.max(axis=(-2, -1)) <= 0)


def _scaled(cams: Array, rows: int, columns: int) -> Array:
    """Divide each heatmap by its largest absolute value and enlarge it; (..., rows, columns)."""
    peak = np.abs(cams).max(axis=(-2, -1), keepdims=True)
    flat = np.divide(cams, peak, out=np.zeros_like(cams), where=peak > 0).reshape(-1, *cams.shape[-2:])
    large = [cv2.resize(cam, (columns, rows), interpolation=cv2.INTER_LINEAR) for cam in flat]
    return np.asarray(large, np.float32).reshape(*cams.shape[:-2], rows, columns)


def _joined(names: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def _shuffle(layer: Any, rng: np.random.Generator) -> None:
    for weight in layer.weights:
        values = np.asarray(weight)
        if values.ndim < 2:
            continue
        weight.assign(rng.permutation(values.ravel()).reshape(values.shape))


def shuffle(model: keras.Model, rng: np.random.Generator) -> None:
    """Randomize all layers of a network in place, as the last step of `randomisation_curve` does."""
    for layer in cascade(model):
        _shuffle(layer, rng)


def between_images(cams: Array) -> Array:
    """Compute Spearman's correlation over the cells of each two images' heatmaps.

    Args:
        cams: (n, rows, columns).

    Returns:
        (n, n); NaN on the diagonal, and where a heatmap is constant.

    Example:
        >>> cams = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
        >>> between_images(np.concatenate([cams, -cams])).tolist()
        [[nan, -1.0], [-1.0, nan]]
    """
    n = len(cams)
    out = np.full((n, n), np.nan, np.float32)
    if n > 1:
        first, second = np.triu_indices(n, 1)
        out[first, second] = out[second, first] = rank_correlation(cams[first], cams[second])
    return out


def rank_correlation(a: Array, b: Array) -> Array:
    """Compute Spearman's correlation over the cells of each pair of heatmaps.

    Args:
        a: (n, rows, columns).
        b: As `a`.

    Returns:
        (n,); NaN if either is constant.

    Example:
        >>> a = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
        >>> rank_correlation(a, -a).tolist()
        [-1.0]
    """
    from scipy.stats import rankdata

    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (a, b)]
    x, y = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    below = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    out = np.full(len(a), np.nan, np.float32)
    np.divide((x * y).sum(axis=1), below, out=out, where=below > 0, casting="unsafe")
    return out
