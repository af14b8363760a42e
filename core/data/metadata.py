"""Read HAM10000 from disk in any of its public layouts and report every error in it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.config import data_dir
from core.data.folder import Listing, explain_missing, index_images, list_folder
from core.data.read_table import numbers, read_table
from core.errors import UserError, name_offenders
from core.labels import DX, ISIC

COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
DX_TYPES = ("histo", "follow_up", "consensus", "confocal")
SEXES = ("female", "male", "unknown")
LOCALIZATIONS = (
    "abdomen", "acral", "back", "chest", "ear", "face", "foot", "genital", "hand", "lower extremity",
    "neck", "scalp", "trunk", "upper extremity", "unknown",
)  # fmt: skip
CONFIRMATIONS = {
    "histopathology": "histo",
    "serial imaging showing no change": "follow_up",
    "single image expert consensus": "consensus",
    "confocal microscopy with consensus dermoscopy": "confocal",
}
"""dx_type by the term used in ISIC 2018 Task 3's lesion groupings."""

METADATA_NAMES = ("HAM10000_metadata.csv", "HAM10000_metadata.tab", "HAM10000_metadata")
ISIC_TRUTH = "ISIC2018_Task3_Training_GroundTruth.csv"
ISIC_GROUPS = "ISIC2018_Task3_Training_LesionGroupings.csv"
COPY_NAME = re.compile(r"HAM10000_metadata( ?\(\d+\))?(\.csv|\.tab|\.txt)*", re.IGNORECASE)
"""What a browser or an editor makes of the metadata's name."""


@dataclass(frozen=True)
class Dataset:
    """HAM10000, or a part of it, as found in one folder.

    Attributes:
        folder: The folder.
        metadata: One row per image, columns `COLUMNS` (and `dataset` if the source has it);
            age in years, NaN where missing; row order as in the file.
        images: Path of each image on disk, by image_id.
        missing: image_ids in the metadata without a file in the folder.
    """

    folder: Path
    metadata: pd.DataFrame
    images: Mapping[str, Path]
    missing: tuple[str, ...]

    @property
    def with_images(self) -> pd.DataFrame:
        """Metadata rows whose image is on disk."""
        return self.metadata[self.metadata["image_id"].isin(list(self.images))]

    @property
    def why_missing(self) -> str:
        """One sentence that names the missing images and says what to do about them."""
        return explain_missing(list_folder(self.folder), self.images, self.missing)


def find_dataset(folder: Path | None = None) -> Dataset | None:
    """Load the dataset, or return None if its folder is missing or contains no metadata.

    Raises:
        UserError: HAM10000_DIR names a folder without HAM10000, or the files have errors.
    """
    where = folder or data_dir()
    if folder is None and not os.environ.get("HAM10000_DIR") and _metadata_file(list_folder(where)) is None:
        return None
    return load_dataset(where)


def holds_ham10000(folder: Path) -> bool:
    """Whether a folder contains HAM10000's metadata in any of its layouts; nothing is read."""
    return _metadata_file(list_folder(folder)) is not None


def load_dataset(folder: Path | None = None) -> Dataset:
    """Load metadata and index the images of a HAM10000 folder.

    Args:
        folder: Kaggle, Harvard Dataverse or ISIC 2018 Task 3 layout; default `core.config.data_dir()`.

    Raises:
        UserError: The metadata is missing, lacks a column, or has an unknown code or a duplicate; or an image that it
            names has two files, is empty or can't be read.
    """
    where = folder or data_dir()
    listing = list_folder(where)
    path = _metadata_file(listing)
    if path is None:
        raise UserError(_no_metadata(listing))
    metadata = _read_isic(path, listing) if path.name == ISIC_TRUTH else _read_ham(path)
    check_metadata(metadata, path.name)
    images = index_images(listing, set(metadata["image_id"]))
    missing = tuple(image_id for image_id in metadata["image_id"] if image_id not in images)
    return Dataset(where, metadata, images, missing)


def check_metadata(metadata: pd.DataFrame, name: str) -> None:
    """Check the metadata against the schema.

    Args:
        metadata: Columns `COLUMNS`.
        name: File name for the message.

    Raises:
        UserError: Names the rows with a duplicate image_id, an unknown dx, dx_type, sex or localization, an age outside
            0-120, or a lesion with two diagnoses.
    """
    duplicated = metadata.loc[metadata["image_id"].duplicated(), "image_id"]
    if len(duplicated):
        raise UserError(f"{name}: image_id occurs more than once: {name_offenders(duplicated.tolist())}.")
    for column, codes in (("dx", DX), ("dx_type", DX_TYPES), ("sex", SEXES), ("localization", LOCALIZATIONS)):
        unknown = metadata.loc[~metadata[column].isin(codes)]
        if len(unknown):
            where = _with_image(unknown, column)
            raise UserError(f"{name}: unknown {column}: {where}; known values are {', '.join(codes)}.")
    bad_age = metadata.loc[metadata["age"].notna() & ~metadata["age"].between(0, 120)]
    if len(bad_age):
        raise UserError(
            f"{name}: age outside 0-120: {_with_image(bad_age, 'age')}; leave the cell empty if the age is unknown."
        )
    mixed = metadata.groupby("lesion_id")["dx"].nunique()
    if (mixed > 1).any():
        raise UserError(f"{name}: lesions with two diagnoses: {name_offenders(mixed.index[mixed > 1].tolist())}.")


def _with_image(rows: pd.DataFrame, column: str) -> str:
    pairs = zip(rows[column], rows["image_id"], strict=True)
    return name_offenders([f"{value!r} ({image})" for value, image in pairs])


def _metadata_file(listing: Listing) -> Path | None:
    """Return the metadata at the top of the folder, or ISIC's table there or below; Kaggle's name comes first."""
    top = {path.name: path for path in listing.files if path.parent == listing.folder}
    truth = [path for path in listing.files if path.name == ISIC_TRUTH]
    copies = [path for name, path in top.items() if COPY_NAME.fullmatch(name)]
    official = [top[name] for name in METADATA_NAMES if name in top]
    if not official and len(copies) > 1:
        names = name_offenders([path.name for path in copies])
        raise UserError(f"{listing.folder} has several tables: {names}; rename the right one to {METADATA_NAMES[0]}.")
    return next(iter([*official, *copies, *truth]), None)


def _no_metadata(listing: Listing) -> str:
    inner = [path.parent for path in listing.files if path.name in METADATA_NAMES]
    if inner:
        return f"HAM10000 lies deeper, in {inner[0]}; point HAM10000_DIR at that folder."
    if listing.folder.is_dir() and not listing.folders:
        return f"{listing.folder} can't be opened; change its permissions, or point HAM10000_DIR at another folder."
    return (
        f"{listing.folder} does not contain HAM10000: expected {METADATA_NAMES[0]} (Kaggle, Dataverse) or {ISIC_TRUTH} "
        "(ISIC 2018); point HAM10000_DIR at the dataset or run `python -m core download`."
    )


def _check_ids(table: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    for column in columns:
        rows = [f"row {i + 2}" for i in table[column].isna().to_numpy().nonzero()[0]]  # numbered as in a spreadsheet
        if rows:
            raise UserError(f"{name}: no {column} in {name_offenders(rows)}.")


def _image_ids(column: pd.Series) -> pd.Series:
    """Image names without an ending."""
    return column.astype(str).str.replace(r"\.(jpe?g|png)$", "", case=False, regex=True)


def _read_ham(path: Path) -> pd.DataFrame:
    table = read_table(path, COLUMNS)
    _check_ids(table, ("lesion_id", "image_id"), path.name)
    age = numbers(table["age"].mask(table["age"].astype("string").str.lower() == "unknown"))
    not_numbers = table[age.isna() & table["age"].notna() & (table["age"].astype("string").str.lower() != "unknown")]
    if len(not_numbers):
        raise UserError(
            f"{path.name}: age is not a number: {_with_image(not_numbers, 'age')}; write years as a number, or leave "
            "the cell empty."
        )
    codes = {column: table[column].fillna("unknown").str.lower() for column in ("dx", "dx_type", "sex", "localization")}
    codes["localization"] = codes["localization"].str.replace("_", " ")
    texts = {"lesion_id": table["lesion_id"], "image_id": _image_ids(table["image_id"]), **codes}
    table = table.assign(age=age, **{column: each.astype("str") for column, each in texts.items()})
    return table[[*COLUMNS, *(["dataset"] if "dataset" in table else [])]]


def _read_isic(path: Path, listing: Listing) -> pd.DataFrame:
    truth = _by_image(read_table(path, ("image", *ISIC)), ("image",), path.name)[list(ISIC)].apply(numbers)
    wrong = truth.index[((truth == 1).sum(axis=1) != 1) | ~truth.isin([0, 1]).all(axis=1)]
    if len(wrong):
        raise UserError(f"{path.name}: rows that are not one-hot: {name_offenders(wrong.tolist())}.")
    groups_file = next((each for each in listing.files if each.name == ISIC_GROUPS), None)
    if groups_file is None:
        raise UserError(f"{ISIC_GROUPS} is missing in {listing.folder}; without it no split can keep lesions apart.")
    groups = read_table(groups_file, ("image", "lesion_id", "diagnosis_confirm_type"))
    groups = _by_image(groups, ("image", "lesion_id"), groups_file.name)
    repeated = groups.index[groups.index.duplicated()].tolist()
    if repeated:
        raise UserError(f"{groups_file.name}: image occurs more than once: {name_offenders(repeated)}.")
    ungrouped = truth.index.difference(groups.index)
    if len(ungrouped):
        raise UserError(f"{groups_file.name}: no lesion for {name_offenders(ungrouped.tolist())}.")
    groups = groups.loc[truth.index]
    kind = groups["diagnosis_confirm_type"].str.lower().map(CONFIRMATIONS)
    rows = {
        "lesion_id": groups["lesion_id"].astype("str").to_numpy(),
        "image_id": truth.index.astype("str"),
        "dx": truth.idxmax(axis=1).map(ISIC).to_numpy(),
        "dx_type": kind.fillna(groups["diagnosis_confirm_type"]).to_numpy(),
        "age": float("nan"),
        "sex": "unknown",
        "localization": "unknown",
    }
    return pd.DataFrame(rows)


def _by_image(table: pd.DataFrame, ids: tuple[str, ...], name: str) -> pd.DataFrame:
    _check_ids(table, ids, name)
    return table.assign(image=_image_ids(table["image"])).set_index("image")
