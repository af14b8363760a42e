"""Repeat the notebook's balancing: SMOTE on one-hot metadata, then image paths drawn at random.

Each synthetic row gets the path of a random training image, so most labels are wrong for their image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.config import SEED, TABLES
from core.data.cleaning import Cleaning, clean
from core.data.committed import NOTEBOOK_SMOTE, read_committed
from core.data.splits import image_split
from core.labels import DX

if TYPE_CHECKING:
    from scipy import sparse

SMOTE_FILE = TABLES / NOTEBOOK_SMOTE.file
FEATURES = ["age", "dx_type", "sex", "localization"]
CLEANED = Cleaning(age=True, sex=True, localization=True)
TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Mismatch:
    """How many synthetic rows get an image of another class.

    Attributes:
        rows: Training rows after SMOTE.
        synthetic: How many of them SMOTE added.
        expected: Expected number of rows with an image of another class, over all random draws.
        low: 2.5% point of that number (normal approximation to independent draws).
        high: 97.5% point.
        drawn: Rows with an image of another class in the one seeded draw.
    """

    rows: int
    synthetic: int
    expected: float
    low: float
    high: float
    drawn: int


def notebook_features(metadata: pd.DataFrame) -> sparse.csr_matrix:
    """Build the notebook's feature table: one-hot metadata and one-hot image paths, the first level of each dropped.

    Args:
        metadata: Cleaned as in the notebook; columns image_id and `FEATURES`; no missing values.

    Returns:
        float, (rows, columns): 10,015 x 10,032 on the full dataset; 10,014 of the columns identify the image.
        Sparse here (dense in the notebook: 0.8 GB). Paths sort like image_ids.

    Example:
        >>> rows = pd.DataFrame({"image_id": ["a", "b"], "age": [40, 50], "dx_type": "histo", "sex": ["f", "m"]})
        >>> notebook_features(rows.assign(localization="back")).shape
        (2, 3)
    """
    from scipy import sparse

    facts = pd.get_dummies(metadata[FEATURES], drop_first=True).to_numpy(float)
    level = metadata["image_id"].rank(method="first").to_numpy(int) - 1
    image = sparse.csr_matrix((np.ones(len(metadata)), (np.arange(len(metadata)), level)))[:, 1:]
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(facts), image]))


def run_smote(metadata: pd.DataFrame, seed: int = SEED) -> tuple[pd.Series, pd.Series]:
    """Clean, split and balance the metadata as the notebook does.

    Args:
        metadata: In the file's row order; columns `core.data.metadata.COLUMNS`.

    Returns:
        Labels of the training rows before (indexed by image_id) and after (the originals come first):
        8,012 and 37,548 on the full dataset.
    """
    from imblearn.over_sampling import SMOTE

    dx = metadata.set_index("image_id")["dx"]
    train = (image_split(dx) == "train").to_numpy()
    _, after = SMOTE(random_state=seed).fit_resample(notebook_features(clean(metadata, CLEANED))[train], dx[train])
    return dx[train], after


def draw_mismatched(before: pd.Series, after: pd.Series, seed: int = SEED) -> pd.Series:
    """Give each synthetic row a random training image, and count those of another class.

    Args:
        before: Labels of the training images.
        after: Labels after SMOTE, the originals first.
        seed: Random seed of the draw; the notebook set none.

    Returns:
        Number of synthetic rows with an image of another class, by the row's dx, in the order of `DX`.

    Example:
        >>> before, after = pd.Series(["nv", "nv"]), pd.Series(["nv", "nv", "mel", "mel"])
        >>> int(draw_mismatched(before, after)["mel"])  # all images show nevi
        2
    """
    synthetic = after.to_numpy()[len(before) :]
    drawn = np.random.default_rng(seed).choice(before.to_numpy(), len(synthetic), replace=True)
    return pd.Series(synthetic[synthetic != drawn]).value_counts().reindex(list(DX), fill_value=0)


def count_smote(metadata: pd.DataFrame) -> pd.DataFrame:
    """Run the notebook's balancing and count the rows by class.

    Args:
        metadata: As for `run_smote`.

    Returns:
        Columns dx, before, after (training rows) and mismatched (in the draw seeded with `SEED`); one row per class.
    """
    before, after = run_smote(metadata)
    counts = {
        "before": before.value_counts(),
        "after": after.value_counts(),
        "mismatched": draw_mismatched(before, after),
    }
    return pd.DataFrame(counts).reindex(list(DX), fill_value=0).rename_axis("dx").reset_index()


def load_smote() -> pd.DataFrame:
    """Read the committed result of `count_smote` on the full dataset, indexed by dx.

    Example:
        >>> int(load_smote()["after"].sum())
        37548
    """
    return read_committed(NOTEBOOK_SMOTE).set_index("dx")


def expect_mismatched(counts: pd.DataFrame) -> pd.DataFrame:
    """Compute the expected result of the random draw, in closed form.

    A synthetic row of class k gets an image of its own class with probability before[k] / before.sum().

    Args:
        counts: Columns before and after, one row per class.

    Returns:
        Same index: synthetic (rows), expected (number with an image of another class) and variance.

    Example:
        >>> counts = pd.DataFrame({"before": [1, 3], "after": [3, 3]}, index=["mel", "nv"])
        >>> expect_mismatched(counts)["expected"].tolist()
        [1.5, 0.0]
    """
    fits = counts["before"] / counts["before"].sum()
    synthetic = counts["after"] - counts["before"]
    return pd.DataFrame(
        {"synthetic": synthetic, "expected": synthetic * (1 - fits), "variance": synthetic * fits * (1 - fits)}
    )


def summarise_mismatch(counts: pd.DataFrame) -> Mismatch:
    """Sum up the mismatches over all classes.

    Args:
        counts: As from `load_smote`.

    Example:
        >>> summarise_mismatch(load_smote()).synthetic
        29536
    """
    by_dx = expect_mismatched(counts)
    expected, spread = float(by_dx["expected"].sum()), TWO_SIDED_95 * float(by_dx["variance"].sum()) ** 0.5
    return Mismatch(
        rows=int(counts["after"].sum()),
        synthetic=int(by_dx["synthetic"].sum()),
        expected=expected,
        low=expected - spread,
        high=expected + spread,
        drawn=int(counts["mismatched"].sum()),
    )
