"""Read HAM10000 from disk in any of its public layouts and report every error in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.config import data_dir
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
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


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


def find_dataset(folder: Path | None = None) -> Dataset | None:
    """Load the dataset, or return None if its folder is missing or contains no metadata.

    Raises:
        UserError: HAM10000_DIR names a folder without HAM10000, or the files have errors.
    """
    where = folder or data_dir()
    if folder is None and not os.environ.get("HAM10000_DIR") and _metadata_file(where) is None:
        return None
    return load_dataset(where)


def load_dataset(folder: Path | None = None) -> Dataset:
    """Load metadata and index the images of a HAM10000 folder.

    Args:
        folder: Kaggle, Harvard Dataverse or ISIC 2018 Task 3 layout; default `core.config.data_dir()`.

    Raises:
        UserError: The metadata is missing, lacks a column, or has an unknown code or a duplicate; or an image is empty.
    """
    where = folder or data_dir()
    path = _metadata_file(where)
    if path is None:
        raise UserError(
            f"{where} does not contain HAM10000: expected {METADATA_NAMES[0]} (Kaggle, Dataverse) or {ISIC_TRUTH} "
            "(ISIC 2018); point HAM10000_DIR at the dataset or run `python -m core download`."
        )
    metadata = _read_isic(path) if path.name == ISIC_TRUTH else _read_table(path)
    check_metadata(metadata, path.name)
    known = set(metadata["image_id"])
    images = {image_id: path for image_id, path in _index_images(where).items() if image_id in known}
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
            where = [f"{value!r} ({image})" for value, image in zip(unknown[column], unknown["image_id"], strict=True)]
            raise UserError(f"{name}: unknown {column}: {name_offenders(where)}; known are {', '.join(codes)}.")
    bad_age = metadata.loc[metadata["age"].notna() & ~metadata["age"].between(0, 120), "image_id"]
    if len(bad_age):
        raise UserError(f"{name}: age outside 0-120: {name_offenders(bad_age.tolist())}.")
    mixed = metadata.groupby("lesion_id")["dx"].nunique()
    if (mixed > 1).any():
        raise UserError(f"{name}: lesions with two diagnoses: {name_offenders(mixed.index[mixed > 1].tolist())}.")


def _metadata_file(folder: Path) -> Path | None:
    candidates = [folder / name for name in (*METADATA_NAMES, ISIC_TRUTH)]
    candidates += sorted(folder.glob(f"*/{ISIC_TRUTH}"))
    return next((path for path in candidates if path.is_file()), None)


def _read_csv(path: Path, required: tuple[str, ...]) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig") as stream:
            separator = "\t" if "\t" in stream.readline() else ","
        table = pd.read_csv(path, sep=separator, keep_default_na=False, na_values=["", "NA", "nan"])
    except (ValueError, OSError) as error:
        raise UserError(f"{path.name} is not a readable table ({str(error).strip().splitlines()[0]}).") from error
    lacking = [column for column in required if column not in table.columns]
    if lacking:
        raise UserError(
            f"{path.name} lacks the column {', '.join(lacking)}; found {', '.join(map(str, table.columns))}."
        )
    return table


def _check_ids(table: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    for column in columns:
        rows = [f"row {i + 2}" for i in table[column].isna().to_numpy().nonzero()[0]]  # numbered as in a spreadsheet
        if rows:
            raise UserError(f"{name}: no {column} in {name_offenders(rows)}.")


def _read_table(path: Path) -> pd.DataFrame:
    table = _read_csv(path, COLUMNS)
    _check_ids(table, ("lesion_id", "image_id"), path.name)
    age = pd.to_numeric(table["age"], errors="coerce")
    not_numbers = table.loc[age.isna() & table["age"].notna(), "image_id"]
    if len(not_numbers):
        raise UserError(f"{path.name}: age is not a number: {name_offenders(not_numbers.astype(str).tolist())}.")
    texts = {column: table[column].fillna("unknown").astype(str) for column in COLUMNS if column != "age"}
    table = table.assign(age=age.astype(float), **texts)
    return table[[*COLUMNS, *(["dataset"] if "dataset" in table else [])]]


def _read_isic(path: Path) -> pd.DataFrame:
    truth = _read_csv(path, ("image", *ISIC))
    _check_ids(truth, ("image",), path.name)
    truth = truth.set_index("image")[list(ISIC)]
    wrong = truth.index[((truth == 1).sum(axis=1) != 1) | ~truth.isin([0, 1]).all(axis=1)]
    if len(wrong):
        raise UserError(f"{path.name}: rows that are not one-hot: {name_offenders(wrong.tolist())}.")
    groups_file = next(iter([*path.parent.glob(ISIC_GROUPS), *path.parent.parent.glob(f"*/{ISIC_GROUPS}")]), None)
    if groups_file is None:
        raise UserError(f"{ISIC_GROUPS} is missing beside {path.name}; without it no split can keep lesions apart.")
    groups = _read_csv(groups_file, ("image", "lesion_id", "diagnosis_confirm_type"))
    _check_ids(groups, ("image", "lesion_id"), groups_file.name)
    groups = groups.set_index("image")
    repeated = groups.index[groups.index.duplicated()].tolist()
    if repeated:
        raise UserError(f"{groups_file.name}: image occurs more than once: {name_offenders(repeated)}.")
    ungrouped = truth.index.difference(groups.index)
    if len(ungrouped):
        raise UserError(f"{groups_file.name}: no lesion for {name_offenders(ungrouped.tolist())}.")
    groups = groups.loc[truth.index]
    kind = groups["diagnosis_confirm_type"].map(CONFIRMATIONS)
    rows = {
        "lesion_id": groups["lesion_id"].astype(str).to_numpy(),
        "image_id": truth.index.astype(str),
        "dx": truth.idxmax(axis=1).map(ISIC).to_numpy(),
        "dx_type": kind.fillna(groups["diagnosis_confirm_type"]).to_numpy(),
        "age": float("nan"),
        "sex": "unknown",
        "localization": "unknown",
    }
    return pd.DataFrame(rows)


def _index_images(folder: Path) -> dict[str, Path]:
    images: dict[str, Path] = {}
    empty: list[str] = []
    folders = [folder, *(Path(e.path) for e in sorted(os.scandir(folder), key=lambda e: e.name) if e.is_dir())]
    for place in folders:
        for entry in os.scandir(place):
            stem, dot, suffix = entry.name.rpartition(".")
            if dot + suffix.lower() in IMAGE_SUFFIXES and not stem.endswith("_segmentation"):
                images.setdefault(stem, Path(entry.path))
                if entry.stat().st_size == 0:
                    empty.append(entry.name)
    if empty:
        raise UserError(f"Empty image files: {name_offenders(sorted(empty))}; fetch them again or delete them.")
    return images
