"""Training, validation and test images of a dataset, by lesion or by image."""

import pandas as pd

from core.data.metadata import Dataset
from core.data.splits import hold_out_validation, image_split, lesion_groups, lesion_split, load_splits
from core.errors import UserError


def split_for(dataset: Dataset) -> pd.DataFrame:
    """Split a dataset by lesion: the committed split if it contains every image, else one computed the same way.

    Returns:
        Indexed by image_id: dx, group, split; only images on disk, sorted by image_id. Omits lesions that also
        appear in a later split (see `core.data.splits.mark_near_duplicates`).

    Raises:
        UserError: There are no images, or none in the training, validation or test split.
    """
    table = _both_splits(dataset)
    return _check_splits(table[~table["near_duplicate"]].drop(columns=["image", "near_duplicate"]), dataset)


def image_split_for(dataset: Dataset) -> pd.DataFrame:
    """Return the notebook's split by image, with as many training images as the split by lesion.

    `hold_out_validation` takes the validation images out of its training images. Only those test images are kept that
    are also in the test split by lesion, so that both models of a pair can be scored on them.

    Returns:
        As `split_for`.
    """
    table = _both_splits(dataset)
    _, held = hold_out_validation(table.index[table["image"] == "train"].to_numpy(str))
    both = (table["image"] == "test") & (table["split"] == "test")
    split = pd.Series("unused", index=table.index).mask(table["image"] == "train", "train").mask(both, "test")
    split[held] = "validation"
    return _check_splits(
        table.assign(split=split)[split != "unused"].drop(columns=["image", "near_duplicate"]), dataset
    )


def _both_splits(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.with_images.set_index("image_id")
    if rows.empty:
        raise UserError(f"{dataset.folder} contains metadata but no images; download the images to train.")
    known = load_splits()
    if rows.index.isin(known.index).all():
        table = rows[["dx"]].join(known.astype({"lesion": str, "image": str}))
        return table.rename(columns={"lesion": "split"}).sort_index()
    no_pairs = pd.DataFrame({"image_id_a": [], "image_id_b": []})
    group = lesion_groups(dataset.with_images, no_pairs)
    split = lesion_split(rows["dx"], group).rename("split")
    table = pd.concat([rows["dx"], group, split, image_split(rows["dx"])], axis=1)
    return table.assign(near_duplicate=False).sort_index()


def _check_splits(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    absent = {"train", "validation", "test"} - set(table["split"])
    if absent:
        raise UserError(f"{dataset.folder} has no images for {', '.join(sorted(absent))}; download the full dataset.")
    return table
