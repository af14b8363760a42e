"""Count leaked test images: those whose lesion has another image in the training set; and near duplicates."""

import pandas as pd

from core.config import TABLES
from core.data.committed import LEAKAGE, read_committed
from core.data.milk10k import DOUBTFUL, ISIC_TEST, load_left_out, load_split
from core.data.splits import load_splits
from core.labels import DX

LEAKAGE_FILE = TABLES / LEAKAGE.file
SCHEME_SPLITS = {"image": ("train", "test"), "lesion": ("train", "validation", "test")}
"""The splits of each split scheme, in display order."""
KEYS = ["split_scheme", "split", "dx", "leaked"]
HELD_OUT = "test"
PARTS_APART = (("train", "validation"), ("train", "test"), ("validation", "test"))
SHOWS = ("HAM10000", "ISIC 2018 test", "doubtful", "neither")
"""Whose lesion an image of MILK10k shows."""


def mark_leaked(group: pd.Series, split: pd.Series) -> pd.Series:
    """Mark images outside the training set whose lesion also appears in it.

    Args:
        group: Lesion group of each image.
        split: Its split ("train", "validation" or "test"), same index.

    Returns:
        True for each leaked image, same index; training images are never leaked.

    Example:
        >>> group = pd.Series([1, 1, 2], index=["a", "b", "c"])
        >>> mark_leaked(group, pd.Series(["train", "test", "test"], index=["a", "b", "c"])).tolist()
        [False, True, False]
    """
    return group.isin(group[split == "train"]) & (split != "train")


def count_overlap(splits: pd.DataFrame, dx: pd.Series) -> pd.DataFrame:
    """Count images and lesions in each split of both split schemes, by diagnosis and by leak.

    Args:
        splits: As from `load_splits`: indexed by image_id; columns group, lesion, image.
        dx: Diagnosis by image_id; images without one are ignored.

    Returns:
        Columns split_scheme, split, dx, leaked, images, lesions; every combination once, zeros included.
        A lesion counts once in each split that has an image of it.
    """
    rows = splits.join(dx.rename("dx"), how="inner")
    return pd.concat([_count(rows, scheme) for scheme in SCHEME_SPLITS], ignore_index=True)


def _count(rows: pd.DataFrame, scheme: str) -> pd.DataFrame:
    leaked = mark_leaked(rows["group"], rows[scheme])
    marked = rows.assign(split_scheme=scheme, split=rows[scheme], leaked=leaked)
    counts = marked.groupby(KEYS, observed=True)["group"].agg(images="size", lesions="nunique")
    every = pd.MultiIndex.from_product([[scheme], SCHEME_SPLITS[scheme], DX, [False, True]], names=KEYS)
    return counts.reindex(every, fill_value=0).reset_index()


def load_overlap() -> pd.DataFrame:
    """Read the committed counts of the full dataset, as `count_overlap` returns them."""
    return read_committed(LEAKAGE)


def current_overlap(dx: pd.Series | None) -> tuple[pd.DataFrame, bool]:
    """Count from the installed metadata if it covers the whole split, else read the committed counts.

    Args:
        dx: Diagnosis by image_id of the installed dataset, or None. Part of HAM10000 isn't counted, because it would
            misrepresent the split of the whole dataset.

    Returns:
        A table as from `count_overlap`, and whether it was counted now.
    """
    splits = load_splits()
    if dx is None or not splits.index.isin(dx.index).all():
        return load_overlap(), False
    return count_overlap(splits, dx), True


def class_counts(overlap: pd.DataFrame, scheme: str, split: str, unit: str = "images") -> pd.Series:
    """Count by diagnosis in one split, in the order of `DX`.

    Args:
        overlap: As from `count_overlap`.
        scheme: "image" or "lesion".
        split: One of `SCHEME_SPLITS[scheme]`.
        unit: "images" or "lesions".
    """
    rows = overlap[(overlap["split_scheme"] == scheme) & (overlap["split"] == split)]
    return rows.groupby("dx")[unit].sum().reindex(list(DX), fill_value=0)


def leaked_share(overlap: pd.DataFrame, scheme: str, unit: str = "images") -> pd.DataFrame:
    """Compute which share of the test split shows lesions from the training split, by diagnosis.

    Returns:
        Indexed by dx in the order of `DX`, with a last row "all"; columns leaked and total (counts) and
        share (0-1, NaN where the test split has none).
    """
    rows = overlap[(overlap["split_scheme"] == scheme) & (overlap["split"] == HELD_OUT)]
    leaked, total = (
        part.groupby("dx")[unit].sum().reindex(list(DX), fill_value=0) for part in (rows[rows["leaked"]], rows)
    )
    result = pd.DataFrame({"leaked": leaked, "total": total})
    result.loc["all"] = result.sum()
    return result.assign(share=result["leaked"] / result["total"])


def largest_share_gap(overlap: pd.DataFrame, scheme: str, unit: str = "images") -> tuple[str, float]:
    """Find the class whose share differs most between the training and the test set.

    Returns:
        Its dx and the difference in shares (0-1).
    """
    train, test = (class_counts(overlap, scheme, split, unit) for split in ("train", "test"))
    gap = (train / train.sum() - test / test.sum()).abs()
    return str(gap.idxmax()), float(gap.max())


def sibling_pairs(splits: pd.DataFrame, dx: pd.Series) -> pd.DataFrame:
    """Pair leaked test images of the notebook's split with a training image of the same lesion.

    Args:
        splits: As from `load_splits`.
        dx: Diagnosis by image_id.

    Returns:
        One row per lesion, sorted by group: columns group, dx, train and test (image_ids).
    """
    rows = splits.join(dx.rename("dx"), how="inner").rename_axis("image_id").reset_index().sort_values("image_id")
    pairs = rows.assign(image=rows["image"].astype(str)).pivot_table(
        index=["group", "dx"], columns="image", values="image_id", aggfunc="first"
    )
    return pairs.reindex(columns=["train", "test"]).dropna().rename_axis(columns=None).reset_index()


def duplicates_across(splits: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Count the near duplicates between the parts of the split by lesion, and what left the earlier part for them.

    Args:
        splits: As from `load_splits`.
        pairs: As from `core.data.splits.load_near_duplicates`.

    Returns:
        One row for each of `PARTS_APART`: earlier, later, pairs (of images), and the lesions and images of the earlier
        part that were removed because of these pairs.

    Example:
        >>> splits = pd.DataFrame({"group": [1, 1, 2], "lesion": ["train", "train", "test"]}, index=["a", "b", "c"])
        >>> pairs = pd.DataFrame({"image_id_a": ["c"], "image_id_b": ["a"]})
        >>> duplicates_across(splits.assign(near_duplicate=[True, True, False]), pairs).iloc[1].to_dict()
        {'earlier': 'train', 'later': 'test', 'pairs': 1, 'lesions': 1, 'images': 2}
    """
    part, rows = splits["lesion"].astype(str), []
    parts = pd.DataFrame({end: pairs[f"image_id_{end}"].map(part) for end in ("a", "b")})
    for earlier, later in PARTS_APART:
        forward, backward = ((parts[x] == earlier) & (parts[y] == later) for x, y in (("a", "b"), ("b", "a")))
        names = pd.concat([pairs.loc[forward, "image_id_a"], pairs.loc[backward, "image_id_b"]])
        removed = splits[splits["near_duplicate"] & splits["group"].isin(splits.loc[names, "group"])]
        rows.append((earlier, later, len(names), removed["group"].nunique(), len(removed)))
    return pd.DataFrame(rows, columns=["earlier", "later", "pairs", "lesions", "images"])


def overlap_of_datasets(left_out: pd.DataFrame, kept: int) -> pd.DataFrame:
    """Count MILK10k's dermatoscopic images by the public dataset that shows the same lesion.

    Args:
        left_out: As from `core.data.milk10k.load_left_out`.
        kept: Number of its dermatoscopic images that show no such lesion.

    Returns:
        Columns shows (a value of `SHOWS`) and images; every value once, in that order.
    """
    elsewhere = left_out["same_as"] == ISIC_TEST
    shows = pd.Series("HAM10000", index=left_out.index).mask(elsewhere, "ISIC 2018 test")
    counts = shows.mask(left_out["reason"] == DOUBTFUL, "doubtful").value_counts()
    counts["neither"] = kept
    return counts.reindex(SHOWS, fill_value=0).rename_axis("shows").rename("images").reset_index()


def milk10k_overlap() -> pd.DataFrame:
    """`overlap_of_datasets` of the committed lists."""
    return overlap_of_datasets(load_left_out(), len(load_split()))
