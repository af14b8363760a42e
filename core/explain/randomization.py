"""The sanity check of Adebayo et al. 2018 (arXiv:1810.03292): heatmaps must change when weights are randomized.

One layer at a time, from the output down, the values of each kernel are shuffled. Biases and batch normalization stay
as they are, so that a changed heatmap reflects lost knowledge and not a different numerical range. Signed heatmaps are
compared, because behind a randomized layer Grad-CAM is often zero everywhere after its ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
BATCH = 32


class Randomized(NamedTuple):
    """How a network's heatmaps change as its weights are randomized.

    Attributes:
        layers: Name of the layer randomized last at each step; all behind it are randomized too.
        correlation: (seeds, steps, n) rank correlation over cells between heatmaps of the same class before and after;
            NaN if one is constant, so that no correlation is defined.
        empty: (seeds, steps, n) whether Grad-CAM, which drops what speaks against a class, is zero everywhere.
        other: (n,) rank correlation of each heatmap with that of the next image, for comparison.
    """

    layers: list[str]
    correlation: Array
    empty: NDArray[np.bool_]
    other: Array


def cascade(model: keras.Model) -> list[Any]:
    """List the layers with kernels, from the output down."""
    return [layer for layer in reversed(model.layers) if any(len(weight.shape) > 1 for weight in layer.weights)]


def randomisation_curve(model: keras.Model, images: NDArray[np.generic], seeds: Sequence[int]) -> Randomized:
    """Randomize a network layer by layer from the output down, and compare its heatmaps with the original ones.

    Args:
        model: Functional, trained; its weights are randomized in place, and restored.
        images: (n, height, width, 3), RGB, 0-255; at least two.
        seeds: Of the shuffling; each starts from the trained weights.

    Raises:
        UserError: The network's head has no closed form.
    """
    from core.models.cam_heads import find_head, with_cams

    trained, layers = model.get_weights(), cascade(model)
    behind = {layer.name for layer in find_head(model).dense}
    first, probabilities = _cams(with_cams(model, signed=True), images)
    classes = probabilities.argmax(axis=1)
    first = _of(first, classes)
    steps: list[list[Array]] = []
    for seed in seeds:
        rng, explained = np.random.default_rng(seed), None
        steps.append([])
        for layer in layers:
            _shuffle(layer, rng)
            if explained is None or layer.name in behind:
                explained = with_cams(model, signed=True)  # it holds copies of the head's weights
            steps[-1].append(_of(_cams(explained, images)[0], classes))
        model.set_weights(trained)
    found = np.array([[rank_correlation(first, cams) for cams in each] for each in steps], np.float32)
    empty = np.array([[cams.max(axis=(1, 2)) <= 0 for cams in each] for each in steps])
    names = [str(layer.name) for layer in layers]
    return Randomized(names, found, empty, rank_correlation(first, np.roll(first, 1, axis=0)))


def _cams(model: keras.Model, images: NDArray[np.generic]) -> tuple[Array, Array]:
    """Signed heatmaps of all classes, (n, rows, columns, classes), and probabilities, (n, classes)."""
    outs = [
        model(np.asarray(images[start : start + BATCH], np.float32), training=False)
        for start in range(0, len(images), BATCH)
    ]
    cams, probabilities = (np.concatenate([np.asarray(out[key]) for out in outs]) for key in ("cams", "probabilities"))
    return cams, probabilities


def _of(cams: Array, classes: NDArray[np.integer]) -> Array:
    return cams[np.arange(len(cams)), ..., classes]


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
