"""Train, validation and test splits: by lesion (ours) and by image (the notebook's, which leaks)."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED, TABLES
from core.data.committed import NEAR_DUPLICATES, SPLITS, read_committed
from core.data.metadata import Dataset
from core.errors import UserError

SPLITS_FILE = TABLES / SPLITS.file
PAIRS_TABLE = TABLES / NEAR_DUPLICATES.file
PAIRS_FILE = "near_duplicate_pairs.csv"
"""Beside the dataset: published pairs (Abhishek et al. 2024), whose lesions become one group."""
KEYPOINT_PAIRS_FILE = "near_duplicate_pairs_keypoints.csv"
"""Beside the dataset: pairs found by `core.data.duplicates` later, whose lesions only leave the earlier split."""
IMAGE_VALIDATION_SHARE = 1 / 8
TENTHS = {0: "test", 1: "test", 2: "validation"}
"""Fold of ten to split name; the other seven train."""


def lesion_groups(metadata: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Number the lesions, merging those with near-duplicate images.

    Args:
        metadata: Columns image_id, lesion_id; one row per image.
        pairs: Columns image_id_a, image_id_b: images of one lesion under two lesion_ids
            (Abhishek, Jain, Hamarneh 2024, "Investigating the Quality of DermaMNIST and Fitzpatrick17k").

    Returns:
        Integer group by image_id, numbered in order of first appearance.
    """
    lesion = metadata.set_index("image_id")["lesion_id"]
    root = {lesion_id: lesion_id for lesion_id in lesion}

    def find(lesion_id: str) -> str:
        while root[lesion_id] != lesion_id:
            lesion_id = root[lesion_id]
        return lesion_id

    for a, b in zip(pairs["image_id_a"], pairs["image_id_b"], strict=True):
        if a in lesion.index and b in lesion.index:
            root[find(lesion[b])] = find(lesion[a])
    codes, _ = pd.factorize(lesion.map(find))
    return pd.Series(codes, index=lesion.index, name="group")


def lesion_split(dx: pd.Series, group: pd.Series, seed: int = SEED) -> pd.Series:
    """Split 70/10/20 by lesion, stratified by diagnosis.

    Args:
        dx: Diagnosis of each image, indexed by image_id.
        group: Lesion group of each image, same index.

    Returns:
        "train", "validation" or "test" by image_id.

    Example:
        >>> dx = pd.Series(["nv"] * 40, index=[f"i{n}" for n in range(40)])
        >>> group = pd.Series([n // 2 for n in range(40)], index=dx.index)
        >>> lesion_split(dx, group).value_counts().to_dict()
        {'train': 28, 'test': 8, 'validation': 4}
    """
    from sklearn.model_selection import StratifiedGroupKFold  # 1.6 s that reading the committed splits does not need

    folds = StratifiedGroupKFold(n_splits=10, shuffle=True, random_state=seed)
    split = pd.Series("train", index=dx.index, name="lesion")
    for fold, (_, rows) in enumerate(folds.split(dx, dx, group)):
        if fold in TENTHS:
            split.iloc[rows] = TENTHS[fold]
    return split


def image_split(dx: pd.Series, seed: int = SEED) -> pd.Series:
    """Split 80/20 by image like the notebook, stratified, ignoring lesions.

    Args:
        dx: Diagnosis of each image in the metadata file's row order, indexed by image_id.

    Returns:
        "train" or "test" by image_id; on the full set 8,012 and 2,003.
    """
    from sklearn.model_selection import train_test_split

    _, test = train_test_split(dx.index.to_numpy(), test_size=0.2, stratify=dx, random_state=seed)
    return pd.Series("train", index=dx.index, name="image").where(~dx.index.isin(test), "test")


def hold_out_validation(train: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Divide the training images of the split by image into training and validation, blind to lesions like that split.

    The notebook has no validation images, so an eighth of its training images becomes the validation part.

    Args:
        train: (n,) the training images, as names or as row numbers, sorted by image_id.

    Returns:
        Training and validation images, each sorted.

    Example:
        >>> train, validation = hold_out_validation(np.arange(16))
        >>> len(train), len(validation)
        (14, 2)
    """
    shuffled = np.random.default_rng(SEED).permutation(train)
    held = round(IMAGE_VALIDATION_SHARE * len(shuffled))
    return np.sort(shuffled[held:]), np.sort(shuffled[:held])


def mark_near_duplicates(group: pd.Series, split: pd.Series, pairs: pd.DataFrame) -> pd.Series:
    """Mark lesions that an image of a later split shows too, so that no model trains or is chosen on them.

    The test split stays as it is. A lesion of train leaves it if validation or test shows it, a lesion of validation
    if test shows it; all images of the lesion leave together.

    Args:
        group: Lesion group by image_id.
        split: "train", "validation" or "test" by image_id, same index.
        pairs: Columns image_id_a, image_id_b: images that show one lesion under two lesion_ids.

    Returns:
        True for each image that leaves its split, same index.

    Example:
        >>> group = pd.Series([1, 1, 2, 3], index=["a", "b", "c", "d"])
        >>> split = pd.Series(["train", "train", "test", "train"], index=group.index)
        >>> mark_near_duplicates(group, split, pd.DataFrame({"image_id_a": ["a"], "image_id_b": ["c"]})).tolist()
        [True, True, False, False]
    """
    lesions = group.rename("lesion_id").rename_axis("image_id").reset_index()
    shown = lesion_groups(lesions, pairs).reindex(group.index)
    order = split.astype(str).map({"train": 0, "validation": 1, "test": 2})
    return (order < order.groupby(shown).transform("max")).rename("near_duplicate")


def make_splits(dataset: Dataset) -> pd.DataFrame:
    """Compute the table that `load_splits` reads, for the full dataset.

    Returns:
        Columns image_id, group, lesion, image, near_duplicate; sorted by image_id.

    Raises:
        UserError: A list of near-duplicate pairs is not beside the dataset.
    """
    known, found = (_read_pairs(dataset.folder / name) for name in (PAIRS_FILE, KEYPOINT_PAIRS_FILE))
    dx = dataset.metadata.set_index("image_id")["dx"]
    group = lesion_groups(dataset.metadata, known)
    table = pd.concat([group, lesion_split(dx, group), image_split(dx)], axis=1)
    check_disjoint(table["group"], table["lesion"])
    table["near_duplicate"] = mark_near_duplicates(table["group"], table["lesion"], found)
    return table.rename_axis("image_id").sort_index().reset_index()


def _read_pairs(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"{path} is missing; it lists the images that show one lesion under two lesion_ids.")
    return pd.read_csv(path)


def check_disjoint(group: pd.Series, split: pd.Series) -> None:
    """Check that no lesion appears in more than one split.

    Raises:
        UserError: States how many lesions do.
    """
    splits = pd.DataFrame({"group": group, "split": split}).groupby("group")["split"].nunique()
    if (splits > 1).any():
        raise UserError(f"{(splits > 1).sum()} lesions appear in more than one split; do not use it.")


def load_splits() -> pd.DataFrame:
    """Read the committed splits of the full dataset.

    Returns:
        Indexed by image_id; columns group (lesion group), lesion (train / validation / test), image (train / test,
        the notebook's) and near_duplicate (True: a later part of the lesion split shows this lesion too).
    """
    return read_committed(SPLITS).set_index("image_id").astype({"lesion": "category", "image": "category"})


def load_near_duplicates() -> pd.DataFrame:
    """Read the committed pairs of images that show one lesion under two lesion_ids.

    Found by matching SIFT keypoints (see `core.data.duplicates`).

    Returns:
        Columns image_id_a, image_id_b, inliers.
    """
    return read_committed(NEAR_DUPLICATES)


def shared_groups(
    image_id: NDArray[np.str_], group: NDArray[np.int64], pairs: pd.DataFrame | None = None
) -> NDArray[np.int64]:
    """Give near duplicates within one set of images the same group, so that the bootstrap draws them together.

    Args:
        image_id: (n,) images that are scored together, such as those of the test split; one may occur more than once.
        group: (n,) their lesion groups.
        pairs: Columns image_id_a, image_id_b. Default: `load_near_duplicates()`.

    Returns:
        (n,) groups; two lesions that a pair joins, directly or over further pairs, have the number of the first.

    Example:
        >>> pairs = pd.DataFrame({"image_id_a": ["a"], "image_id_b": ["c"]})
        >>> shared_groups(np.array(["a", "b", "c", "d"]), np.array([1, 2, 3, 3]), pairs).tolist()
        [1, 2, 1, 1]
    """
    listed = _committed_pairs() if pairs is None else _as_pairs(pairs)
    known = set(image_id.tolist())
    here = [(a, b) for a, b in listed if a in known and b in known]
    if not here:
        return group
    codes, first = pd.factorize(group)
    lesion = dict(zip(image_id.tolist(), codes.tolist(), strict=True))
    root = np.arange(len(first))
    for a, b in here:
        low, high = sorted((root[lesion[a]], root[lesion[b]]))
        root[root == high] = low
    return np.asarray(first[root[codes]], np.int64)


@cache
def _committed_pairs() -> tuple[tuple[str, str], ...]:
    return _as_pairs(load_near_duplicates())


def _as_pairs(table: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    return tuple(zip(table["image_id_a"].astype(str), table["image_id_b"].astype(str), strict=True))
