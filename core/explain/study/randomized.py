"""Rows of the randomization check, of one network or of all members of an ensemble together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config import SEED
from core.data.images import preprocess
from core.data.splits import shared_groups
from core.explain.randomization import Randomized, ensemble_curve, randomisation_curve, run_cascade
from core.explain.study.check_rows import between_images_row, over_seeds
from core.explain.study.pairs import Pair
from core.inference.heatmaps import HeatmapMethod
from core.models.trained import load_trained
from core.stats import DRAWS, draw_weights
from core.store.card import read_card
from core.store.predictions import Scores

OTHER = "another image"
RANDOM_SEEDS = (SEED, SEED + 1, SEED + 2)


def randomization_rows(
    folder: Path, predicted: Scores, some: Sequence[Pair], method: HeatmapMethod = "Grad-CAM"
) -> list[dict[str, Any]]:
    """Randomize a model's weights and tabulate how its heatmaps change.

    Args:
        folder: trained_models/NAME.
        predicted: Its predictions.
        some: At least two of their images.
        method: Whose heatmaps.

    Returns:
        Rows of `core.explain.study.check_rows`; none if a network has no weights here, as those added from a file.

    Raises:
        UserError: Weights are damaged, or a head has no closed form.
    """
    members = [folder.parent / member.name for member in read_card(folder).members]
    if any(read_card(part).weights is None for part in members or [folder]):
        return []
    found = _ensemble(members, predicted, some, method) if members else _network(folder, some, method)
    weights = lesion_draws(predicted, some)
    rows = [between_images_row(OTHER, "rank correlation", found.other, weights)]
    for i, name in enumerate(found.layers):
        for measure, values in (("rank correlation", found.correlation[:, i]), ("empty", found.empty[:, i])):
            rows.append(over_seeds(name, float(i + 1), measure, values.astype(np.float64), weights))
    return rows


def lesion_draws(predicted: Scores, some: Sequence[Pair]) -> NDArray[np.float64]:
    """Resample the lesions of some images, (n, draws); near duplicates are drawn together."""
    rows = [row for row, _, _ in some]
    lesion = shared_groups(predicted.image_id[rows], predicted.group[rows])
    return draw_weights(lesion, DRAWS, SEED).astype(np.float64)


def _network(folder: Path, some: Sequence[Pair], method: HeatmapMethod) -> Randomized:
    return randomisation_curve(load_trained(folder), _inputs(folder, some), RANDOM_SEEDS, method)


def _ensemble(folders: Sequence[Path], predicted: Scores, some: Sequence[Pair], method: HeatmapMethod) -> Randomized:
    """The class that the ensemble predicts is explained in every member."""
    classes = predicted.probabilities[[row for row, _, _ in some]].argmax(axis=1)
    members = []
    for i, folder in enumerate(folders):
        seeds = [(seed, i) for seed in RANDOM_SEEDS]
        members.append(run_cascade(load_trained(folder), _inputs(folder, some), seeds, classes, method))
    return ensemble_curve(members)


def _inputs(folder: Path, some: Sequence[Pair]) -> NDArray[np.uint8]:
    size = read_card(folder).require_input_size()
    return np.stack([preprocess(image, size) for _, image, _ in some])
