"""How well a heatmap fits the lesion: three scores of one heatmap and one mask, and two baselines without an image.

Sources: energy inside, Wang et al. 2020 (Score-CAM, arXiv:1910.01279); pointing game, Zhang et al. 2016
(arXiv:1608.00507), without its tolerance of 15 pixels; overlap, cf. Choe et al. 2020 (arXiv:2001.07437).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.data.masks import Mask
from core.errors import UserError
from core.inference.heatmaps import enlarge
from core.store.heatmap_facts import Center

Heat = NDArray[np.floating]
"""(rows, columns) of one heatmap."""


class Fit(NamedTuple):
    """How well a heatmap fits a lesion, each from 0 to 1; NaN if the heatmap has no positive evidence.

    Attributes:
        energy: Share of the heatmap's sum inside the lesion.
        pointing: Whether its maximum is inside (if there are several, the share of them).
        iou: Overlap (intersection over union) of the lesion and equally many of the hottest pixels.
    """

    energy: float
    pointing: float
    iou: float


SCORES = Fit._fields
NOTHING = Fit(*[float("nan")] * 3)


def fit(cam: Heat, mask: Mask) -> Fit:
    """Score one heatmap against one lesion.

    Args:
        cam: (rows, columns) at any size; negative values count as 0. It is enlarged bilinearly to the mask's size, each
            cell centred on its part of the image.
        mask: bool, (height, width), True inside the lesion; not empty.

    Returns:
        Where pixels tie (all of them, in a uniform map), the expectation over ties broken at random.

    Raises:
        ValueError: The mask is empty.
    """
    size = int(mask.sum())
    if not size:
        raise ValueError("the mask marks no lesion")
    if not (np.isfinite(cam).all() and cam.max() > 0):
        return NOTHING
    heat = enlarge(cam, (mask.shape[0], mask.shape[1]))
    threshold = np.partition(heat, heat.size - size, axis=None)[heat.size - size]
    above, tied = heat > threshold, heat == threshold
    hits = mask[above].sum() + (size - above.sum()) * mask[tied].mean()
    energy = heat[mask].sum(dtype=np.float64) / heat.sum(dtype=np.float64)
    return Fit(float(energy), float(mask[heat == heat.max()].mean()), float(hits / (2 * size - hits)))


def uniform_fit(area: float | Heat) -> tuple[float | Heat, float | Heat, float | Heat]:
    """Compute the scores of a heatmap that is the same everywhere, in the order of SCORES.

    Args:
        area: The lesion's share of the image.
    """
    return area, area, area / (2 - area)


def center_heatmap(center: Center, size: tuple[int, int] = SOURCE_SIZE) -> NDArray[np.float32]:
    """Make the center prior: a Gaussian where lesions usually are, (height, width), maximum about 1."""
    y, x = ((np.arange(n) + 0.5) / n for n in size)
    down = np.exp(-0.5 * ((y - center.y) / center.sd_y) ** 2)
    across = np.exp(-0.5 * ((x - center.x) / center.sd_x) ** 2)
    return np.asarray(np.outer(down, across), np.float32)


def fit_center(masks: Iterable[Mask]) -> Center:
    """Fit mean and standard deviation of lesion pixels over masks, with equal weight for each lesion.

    Raises:
        UserError: There is no mask.
    """
    total, n = np.zeros(SOURCE_SIZE), 0
    for mask in masks:
        total += mask / mask.sum()
        n += 1
    if not n:
        raise UserError("There is no lesion mask of a training image to fit the center prior on; fetch the masks.")
    moments = []
    for axis in (0, 1):
        share, at = total.sum(axis=1 - axis) / n, (np.arange(SOURCE_SIZE[axis]) + 0.5) / SOURCE_SIZE[axis]
        mean = float(share @ at)
        moments.append((mean, float(np.sqrt(share @ (at - mean) ** 2))))
    (y, sd_y), (x, sd_x) = moments
    return Center(y, x, sd_y, sd_x)
