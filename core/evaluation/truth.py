"""What predictions are scored against: a split of HAM10000, or a table of true diagnoses."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.evaluation.prediction_table import read_prediction_table
from core.store.card import read_card
from core.store.folders import best_first, model_folders
from core.store.model_selection import validation_score
from core.store.predictions import Split


@dataclass(frozen=True)
class Truth:
    """True diagnoses of the images to score.

    Attributes:
        name: Display name.
        image_id: (n,) names.
        group: (n,) lesion of each image.
        truth: (n,) index into core.labels.DX.
        prior: (7,) class shares of HAM10000's training images, which the balanced operating point divides by.
        notes: One sentence for each thing that had to be assumed.
    """

    name: str
    image_id: NDArray[np.str_]
    group: NDArray[np.int64]
    truth: NDArray[np.int64]
    prior: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def split_truth(split: Split = "test", root: Path | None = None) -> Truth:
    """Return the true diagnoses of one of HAM10000's splits, from the committed predictions of the best model.

    Raises:
        UserError: No model's predictions can be read.
    """
    folders = model_folders(root)
    scored: dict[str, float] = {}
    for name, folder in folders.items():
        try:
            scored[name] = validation_score(read_card(folder))
        except UserError:
            continue
    for name in best_first(scored):
        try:
            found = load_scores(folders[name], split)
        except UserError:
            continue
        return Truth(f"HAM10000, {split} split", found.image_id, found.group, found.truth, found.prior)
    raise UserError("No model in trained_models/ is complete, so the true diagnoses aren't known; fetch them again.")


def read_truth(path: Path) -> Truth:
    """Read true diagnoses: the ISIC challenge's ground truth, HAM10000's metadata, or columns image and label.

    Lesions come from a column lesion_id, else from HAM10000's committed lesion groups if all images are in it, else
    each image counts as a lesion of its own.

    Raises:
        UserError: The file is no such table, or holds probabilities.
    """
    table = read_prediction_table(path)
    if not table.labels_only:
        raise UserError(f"{path.name} contains probabilities; true diagnoses are labels, or a single 1 in each row.")
    known = load_splits()["group"].reindex(table.image_id)
    notes: tuple[str, ...] = ()
    if table.lesion is not None:
        group = np.unique(table.lesion, return_inverse=True)[1].astype(np.int64)
    elif known.notna().all():
        group = known.to_numpy(np.int64)
    else:
        group = np.arange(len(table.image_id), dtype=np.int64)
        notes = (f"{path.name} has no column lesion_id: each image counts as a lesion of its own.",)
    truth = table.probabilities.argmax(axis=1).astype(np.int64)
    return Truth(path.name, table.image_id, group, truth, split_truth().prior, notes)
