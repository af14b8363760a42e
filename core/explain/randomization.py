"""The sanity check of Adebayo et al. 2018 (arXiv:1810.03292): heatmaps must change when the weights are spoilt.

Layer by layer, from the answer down, the values of each kernel are shuffled; biases and what batch normalization knows
stay, so that a heatmap that changes has lost what was learned and not its numerical range. Heatmaps are compared before
Grad-CAM cuts off what speaks against the class: behind a spoilt layer often nothing speaks for it, and nothing would be
left to compare.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
STAGES = 8
"""Deep networks are spoilt in so many steps, each several layers."""


def stages(model: keras.Model, most: int = STAGES) -> list[list[Any]]:
    """The layers with kernels, from the answer down, in at most so many groups."""
    layers = [layer for layer in reversed(model.layers) if any(len(weight.shape) > 1 for weight in layer.weights)]
    bounds = np.linspace(0, len(layers), min(most, len(layers)) + 1).round().astype(int)
    return [layers[low:high] for low, high in pairwise(bounds.tolist())]


def randomisation_curve(
    model: keras.Model, images: NDArray[np.generic], seed: int, most: int = STAGES
) -> tuple[list[str], Array, Array]:
    """Spoil a network from the answer down and compare its heatmaps with those of before.

    Args:
        model: Functional, trained; its weights are spoilt afterwards.
        images: (n, height, width, 3), RGB, 0-255; at least two.
        seed: Of the shuffling.
        most: Groups of layers.

    Returns:
        Name of the deepest layer spoilt at each step; rank correlation over cells between heatmaps of the same class
        before and after, (steps, n), NaN where one is flat; and for comparison the rank correlation of each heatmap
        with that of the next image, (n,).

    Raises:
        UserError: The network's head has no closed form.
    """
    rng = np.random.default_rng(seed)
    first, classes = _cams(model, images, None)
    names, found = [], []
    for group in stages(model, most):
        for layer in group:
            _shuffle(layer, rng)
        cams, _ = _cams(model, images, classes)
        names.append(str(group[-1].name))
        found.append(rank_correlation(first, cams))
    return names, np.array(found, np.float32), rank_correlation(first, np.roll(first, 1, axis=0))


def _cams(model: keras.Model, images: NDArray[np.generic], classes: Any) -> tuple[Array, Any]:
    from core.models.cam_heads import with_cams

    out = with_cams(model, signed=True)(np.asarray(images, np.float32), training=False)
    said = np.asarray(out["probabilities"]).argmax(axis=1) if classes is None else classes
    cams = np.asarray(out["cams"])
    return cams[np.arange(len(cams)), ..., said], said


def _shuffle(layer: Any, rng: np.random.Generator) -> None:
    for weight in layer.weights:
        values = np.asarray(weight)
        if values.ndim < 2:
            continue
        weight.assign(rng.permutation(values.ravel()).reshape(values.shape))


def rank_correlation(a: Array, b: Array) -> Array:
    """Spearman's correlation over the cells of each pair of heatmaps.

    Args:
        a: (n, rows, columns).
        b: As `a`.

    Returns:
        (n,), NaN where either is the same everywhere.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (a, b)]
    x, y = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    below = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    out = np.full(len(a), np.nan, np.float32)
    np.divide((x * y).sum(axis=1), below, out=out, where=below > 0, casting="unsafe")
    return out
