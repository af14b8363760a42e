"""The notebook's balancing, done over: SMOTE on one-hot metadata, then picture paths drawn at random.

The synthetic rows get the path of any training picture, so most of their labels belong to another diagnosis.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from core.config import SEED, TABLES
from core.data.cleaning import Cleaning, clean
from core.data.splits import image_split
from core.labels import DX

SMOTE_FILE = TABLES / "notebook_smote.csv"
FEATURES = ["age", "dx_type", "sex", "localization"]
CLEANED = Cleaning(age=True, sex=True, localization=True)
TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Mismatch:
    """How many of the synthetic rows get a picture of another diagnosis.

    Attributes:
        rows: Training rows after SMOTE.
        synthetic: Those of them that SMOTE made.
        expected: Rows expected to get a wrong picture, over all random draws.
        low: 2.5 % point of that number (normal approximation to independent draws).
        high: 97.5 % point.
        drawn: Rows that got a wrong picture in the one seeded draw.
    """

    rows: int
    synthetic: int
    expected: float
    low: float
    high: float
    drawn: int


def notebook_features(metadata: pd.DataFrame) -> sparse.csr_matrix:
    """The notebook's feature table: one-hot metadata and one-hot picture paths, first level of each dropped.

    Args:
        metadata: Cleaned as the notebook does; columns image_id and `FEATURES`; no value missing.

    Returns:
        float, (rows, columns): 10,015 x 10,032 on the full dataset, of which 10,014 say which picture it is.
        Sparse here (dense in the notebook, 0.8 GB); paths sort as image_ids do.
    """
    facts = pd.get_dummies(metadata[FEATURES], drop_first=True).to_numpy(float)
    level = metadata["image_id"].rank(method="first").to_numpy(int) - 1
    picture = sparse.csr_matrix((np.ones(len(metadata)), (np.arange(len(metadata)), level)))[:, 1:]
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(facts), picture]))


def run_smote(metadata: pd.DataFrame, seed: int = SEED) -> tuple[pd.Series, pd.Series]:
    """Clean, split and balance as the notebook does.

    Args:
        metadata: In the file's row order; columns `core.data.metadata.COLUMNS`.

    Returns:
        Diagnoses of the training rows before (indexed by image_id) and after (the originals come first):
        8,012 and 37,548 on the full dataset.
    """
    from imblearn.over_sampling import SMOTE

    dx = metadata.set_index("image_id")["dx"]
    train = (image_split(dx) == "train").to_numpy()
    _, after = SMOTE(random_state=seed).fit_resample(notebook_features(clean(metadata, CLEANED))[train], dx[train])
    return dx[train], after


def draw_mismatched(before: pd.Series, after: pd.Series, seed: int = SEED) -> pd.Series:
    """Hand pictures to the synthetic rows at random over all training pictures, and count the wrong ones.

    Args:
        before: Diagnoses of the training pictures.
        after: Diagnoses after SMOTE, the originals first.
        seed: Of the draw; the notebook set none.

    Returns:
        Synthetic rows whose picture shows another diagnosis, by the row's dx, in the order of `DX`.
    """
    synthetic = after.to_numpy()[len(before) :]
    picture = np.random.default_rng(seed).choice(before.to_numpy(), len(synthetic), replace=True)
    return pd.Series(synthetic[synthetic != picture]).value_counts().reindex(list(DX), fill_value=0)


def count_smote(metadata: pd.DataFrame) -> pd.DataFrame:
    """Run the notebook's balancing and count what comes out.

    Args:
        metadata: As for `run_smote`.

    Returns:
        Columns dx, before, after (training rows) and mismatched (in the draw seeded with `SEED`); a row a diagnosis.
    """
    before, after = run_smote(metadata)
    counts = {
        "before": before.value_counts(),
        "after": after.value_counts(),
        "mismatched": draw_mismatched(before, after),
    }
    return pd.DataFrame(counts).reindex(list(DX), fill_value=0).rename_axis("dx").reset_index()


def load_smote() -> pd.DataFrame:
    """The committed counts of the full dataset, as `count_smote` makes them, indexed by dx."""
    return pd.read_csv(SMOTE_FILE, index_col="dx")


def expect_mismatched(counts: pd.DataFrame) -> pd.DataFrame:
    """Expectation of the random draw, in closed form.

    A synthetic row of class k gets a picture of its own class with probability before[k] / before.sum().

    Args:
        counts: Columns before and after, a row a diagnosis.

    Returns:
        Same index: synthetic (rows), expected (wrong pictures among them) and variance.
    """
    fits = counts["before"] / counts["before"].sum()
    synthetic = counts["after"] - counts["before"]
    return pd.DataFrame(
        {"synthetic": synthetic, "expected": synthetic * (1 - fits), "variance": synthetic * fits * (1 - fits)}
    )


def summarise_mismatch(counts: pd.DataFrame) -> Mismatch:
    """Sum up the wrong pictures over all diagnoses.

    Args:
        counts: As from `load_smote`.
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
