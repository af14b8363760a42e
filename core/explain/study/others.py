"""The fairer baseline: how well the heatmap that a model shows for another image fits this image's lesion.

It has the model's own coarseness, spread and habit of looking at the middle; what is missing is this image.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.masks import Mask
from core.explain.localization import SCORES, Fit, Heat, fit
from core.explain.study.explainers import in_parallel

OTHERS = 4
"""Number of other images that each heatmap is compared with; their scores are averaged."""
OTHER = tuple(f"other_{name}" for name in SCORES)


def mean_fit(cams: Sequence[Heat], mask: Mask) -> Fit:
    """Average the scores of several heatmaps against one lesion.

    Args:
        cams: As `core.explain.localization.fit` takes them; those without positive evidence don't count.
        mask: bool, (height, width), True inside the lesion; not empty.

    Returns:
        NaN if no heatmap counts.
    """
    fits = np.array([fit(cam, mask) for cam in cams]).reshape(-1, len(SCORES))
    kept = fits[~np.isnan(fits).any(axis=1)]
    return Fit(*(kept.mean(axis=0) if len(kept) else np.full(len(SCORES), np.nan)))


def with_others(
    table: pd.DataFrame, cams: Mapping[tuple[str, str], NDArray[np.floating]], read: Callable[[str], Mask]
) -> pd.DataFrame:
    """Add the scores of other images' heatmaps.

    The others are drawn at random from other lesions; each shows the class that is predicted there.

    Args:
        table: Rows of `core.explain.study.scores.COLUMNS`; its columns OTHER are replaced.
        cams: Heatmaps by image_id and target.
        read: Reads an image's mask.
    """
    group = table.drop_duplicates("image_id").set_index("image_id")["group"].sort_index()
    order = np.random.default_rng(SEED).permutation(group.index.to_numpy(str)).tolist()
    at = {name: i for i, name in enumerate(order)}

    def scores(name: str) -> Fit:
        following = (order[(at[name] + k) % len(order)] for k in range(1, len(order)))
        others = islice((other for other in following if group[other] != group[name]), OTHERS)
        return mean_fit([cams[other, "predicted"] for other in others], read(name))

    names = group.index.tolist()
    found = pd.DataFrame(in_parallel(scores, names), index=names, columns=list(OTHER))
    return table.drop(columns=list(OTHER), errors="ignore").join(found, on="image_id")
