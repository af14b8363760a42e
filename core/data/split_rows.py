"""Which pictures a run learns from, chooses on and is scored on."""

import pandas as pd

from core.data.metadata import Dataset
from core.data.splits import image_split, lesion_groups, lesion_split, load_splits
from core.errors import UserError


def split_for(dataset: Dataset) -> pd.DataFrame:
    """The lesion split of a dataset: the committed one where it knows every picture, else computed alike.

    Returns:
        Indexed by image_id: dx, group, split; rows with a picture on disk only, sorted by image_id. Lesions that a
        later part of the split shows too are left out (see `core.data.splits.near_duplicates`).

    Raises:
        UserError: No picture, or a side of the split without one.
    """
    table = _both_splits(dataset)
    return _check_sides(table[~table["near_duplicate"]].drop(columns=["image", "near_duplicate"]), dataset)


def image_split_for(dataset: Dataset, seed: int) -> pd.DataFrame:
    """The notebook's image-level split, with as many pictures to learn from as the lesion split has.

    An eighth of its training side is drawn for validation, blind to lesions as the split itself is. The test side
    keeps the pictures that are on the lesion split's test side too: both models of a pair can be scored on them.

    Returns:
        As `split_for`.
    """
    from sklearn.model_selection import train_test_split

    table = _both_splits(dataset)
    pool = table.index[table["image"] == "train"].to_numpy(str)
    _, held = train_test_split(pool, test_size=1 / 8, stratify=table.loc[pool, "dx"], random_state=seed)
    both = (table["image"] == "test") & (table["split"] == "test")
    side = pd.Series("unused", index=table.index).mask(table["image"] == "train", "train").mask(both, "test")
    side[held] = "validation"
    return _check_sides(table.assign(split=side)[side != "unused"].drop(columns=["image", "near_duplicate"]), dataset)


def _both_splits(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.with_images.set_index("image_id")
    if rows.empty:
        raise UserError(f"{dataset.folder} holds metadata but no picture; training needs pictures.")
    known = load_splits()
    if rows.index.isin(known.index).all():
        table = rows[["dx"]].join(known.astype({"lesion": str, "image": str}))
        return table.rename(columns={"lesion": "split"}).sort_index()
    no_pairs = pd.DataFrame({"image_id_a": [], "image_id_b": []})
    group = lesion_groups(dataset.with_images, no_pairs)
    split = lesion_split(rows["dx"], group).rename("split")
    table = pd.concat([rows["dx"], group, split, image_split(rows["dx"])], axis=1)
    return table.assign(near_duplicate=False).sort_index()


def _check_sides(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    absent = {"train", "validation", "test"} - set(table["split"])
    if absent:
        raise UserError(f"No picture of {dataset.folder} is on the {', '.join(sorted(absent))} side of the split.")
    return table
