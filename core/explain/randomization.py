"""The sanity check of Adebayo et al. 2018 (arXiv:1810.03292): heatmaps must change when weights are randomized.

Layer by layer, from the output down, the values of each kernel are shuffled. Biases and batch normalization stay as
they are, so that a changed heatmap reflects lost knowledge and not a different numerical range. Signed heatmaps are
compared, because behind a randomized layer Grad-CAM is often zero everywhere after its ReLU.
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
"""Maximum number of steps; in deep networks each step randomizes several layers."""


def stages(model: keras.Model, most: int = STAGES) -> list[list[Any]]:
    """Group the layers with kernels, from the output down, into at most `most` groups."""
    layers = [layer for layer in reversed(model.layers) if any(len(weight.shape) > 1 for weight in layer.weights)]
    bounds = np.linspace(0, len(layers), min(most, len(layers)) + 1).round().astype(int)
    return [layers[low:high] for low, high in pairwise(bounds.tolist())]


def randomisation_curve(
    model: keras.Model, images: NDArray[np.generic], seed: int, most: int = STAGES
) -> tuple[list[str], Array, Array]:
    """Randomize a network from the output down and compare its heatmaps with the original ones.

    Args:
        model: Functional, trained; its weights are randomized in place.
        images: (n, height, width, 3), RGB, 0-255; at least two.
        seed: Seed of the shuffling.
        most: Maximum number of steps.

    Returns:
        Name of the deepest layer randomized at each step; rank correlation over cells between heatmaps of the same
        class before and after, (steps, n), NaN if one is constant; and, for comparison, the rank correlation of each
        heatmap with that of the next image, (n,).

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
    explained = np.asarray(out["probabilities"]).argmax(axis=1) if classes is None else classes
    cams = np.asarray(out["cams"])
    return cams[np.arange(len(cams)), ..., explained], explained


def _shuffle(layer: Any, rng: np.random.Generator) -> None:
    for weight in layer.weights:
        values = np.asarray(weight)
        if values.ndim < 2:
            continue
        weight.assign(rng.permutation(values.ravel()).reshape(values.shape))


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
