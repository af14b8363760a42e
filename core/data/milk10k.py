"""MILK10k: dermatoscopic images from other clinics and devices.

MILK study team, ISIC Archive 2025, doi:10.34970/648456, CC BY-NC 4.0. Each lesion has one dermatoscopic image and one
clinical close-up, and one of eleven diagnoses. About a fifth of its dermatoscopic images show a lesion of HAM10000 or
of the ISIC 2018 Task 3 test; they are never used for training or testing (see `load_left_out`).
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.config import SEED, TABLES
from core.data.committed import MILK10K_LEFT_OUT, MILK10K_SPLITS, read_committed
from core.errors import UserError, name_offenders
from core.labels import DX

METADATA_FILE = "MILK10k_Training_Metadata.csv"
TRUTH_FILE = "MILK10k_Training_GroundTruth.csv"
IMAGES_FOLDER = "MILK10k_Training_Input"
SPLITS_FILE = TABLES / MILK10K_SPLITS.file
DIAGNOSES = ("AKIEC", "BCC", "BEN_OTH", "BKL", "DF", "INF", "MAL_OTH", "MEL", "NV", "SCCKA", "VASC")
"""MILK10k's codes. The seven of HAM10000 mean the same in both datasets."""
TENTHS = {**dict.fromkeys(range(4), "test"), 4: "validation"}
"""Fold of ten to split name; the other five train."""
DERMATOSCOPIC = "dermoscopic"
CLINICAL = "clinical: close-up"
ISIC_TEST, DOUBTFUL = "isic2018_task3_test", "doubtful"
"""In the table of left-out lesions: shown by the ISIC 2018 test; not certain to be shown by another dataset."""


@dataclass(frozen=True)
class Milk10k:
    """MILK10k, or a part of it, as found in one folder.

    Attributes:
        folder: The folder.
        metadata: One row per image on disk, sorted by image_id: columns image_id, lesion_id, kind
            (`DERMATOSCOPIC` or `CLINICAL`), diagnosis (MILK10k's code) and dx (code of `core.labels.DX`, missing for
            the four diagnoses that HAM10000 lacks). Without the left-out lesions.
        images: Path of each image by image_id.
    """

    folder: Path
    metadata: pd.DataFrame
    images: dict[str, Path]


def find_milk10k(folder: Path | None = None) -> Milk10k | None:
    """Load MILK10k from `folder` or else from MILK10K_DIR; return None if neither is set.

    Raises:
        UserError: The folder does not contain MILK10k, or its tables have errors.
    """
    where = folder or (Path(os.environ["MILK10K_DIR"]) if os.environ.get("MILK10K_DIR") else None)
    return None if where is None else load_milk10k(where)


def load_milk10k(folder: Path, left_out: bool = False) -> Milk10k:
    """Read the public tables and index the images.

    Args:
        folder: Holds the metadata and ground-truth tables and MILK10k_Training_Input/LESION/IMAGE.jpg.
        left_out: Whether to read the lesions of `load_left_out` too.

    Raises:
        UserError: A table is missing or has errors, or there are no images.
    """
    rows = _read(folder / METADATA_FILE, ("lesion_id", "image_type", "isic_id"))
    truth = _read(folder / TRUTH_FILE, ("lesion_id", *DIAGNOSES)).set_index("lesion_id")[list(DIAGNOSES)]
    not_one_hot = truth.index[((truth == 1).sum(axis=1) != 1) | ~truth.isin([0, 1]).all(axis=1)]
    if len(not_one_hot):
        raise UserError(f"{TRUTH_FILE}: rows that are not one-hot: {name_offenders(not_one_hot.tolist())}.")
    without = sorted(set(rows["lesion_id"]) - set(truth.index))
    if without:
        raise UserError(f"{TRUTH_FILE}: no diagnosis for {name_offenders(without)}.")
    unknown = rows.loc[~rows["image_type"].isin([DERMATOSCOPIC, CLINICAL]), "isic_id"]
    if len(unknown):
        raise UserError(
            f"{METADATA_FILE}: image_type is neither {DERMATOSCOPIC!r} nor {CLINICAL!r}: "
            f"{name_offenders(unknown.astype(str).tolist())}."
        )
    images = {path.stem: path for path in sorted((folder / IMAGES_FOLDER).glob("*/*.jpg"))}
    diagnosis = truth.idxmax(axis=1)
    metadata = pd.DataFrame({
        "image_id": rows["isic_id"],
        "lesion_id": rows["lesion_id"],
        "kind": rows["image_type"],
        "diagnosis": rows["lesion_id"].map(diagnosis),
    })  # fmt: skip
    code = metadata["diagnosis"].str.lower()
    metadata["dx"] = code.where(code.isin(DX))
    keep = metadata["image_id"].isin(list(images))
    if not left_out:
        keep &= ~metadata["lesion_id"].isin(load_left_out()["lesion_id"])
    if not keep.any():
        raise UserError(f"{folder} contains MILK10k's tables but no images in {IMAGES_FOLDER}; download them too.")
    metadata = metadata[keep].sort_values("image_id").reset_index(drop=True)
    return Milk10k(folder, metadata, {image_id: images[image_id] for image_id in metadata["image_id"]})


def make_split(dataset: Milk10k, seed: int = SEED) -> pd.DataFrame:
    """Compute the table that `load_split` reads: 50% training, 10% validation, 40% test.

    By lesion and stratified by MILK10k's own diagnosis; clinical close-ups go where their lesion goes.

    Returns:
        Columns image_id (the dermatoscopic image), lesion_id, split; sorted by image_id.
    """
    from sklearn.model_selection import StratifiedKFold  # 1.6 s that reading the committed split does not need

    rows = dataset.metadata[dataset.metadata["kind"] == DERMATOSCOPIC].sort_values("image_id")
    repeated = rows.loc[rows["lesion_id"].duplicated(), "lesion_id"]
    if len(repeated):
        raise UserError(f"Lesions with two dermatoscopic images: {name_offenders(repeated.tolist())}.")
    split = np.full(len(rows), "train", dtype=object)
    folds = StratifiedKFold(n_splits=10, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")  # nine lesions of MAL_OTH in ten folds
        for fold, (_, held_out) in enumerate(folds.split(rows, rows["diagnosis"])):
            if fold in TENTHS:
                split[held_out] = TENTHS[fold]
    return rows[["image_id", "lesion_id"]].assign(split=split).reset_index(drop=True)


def load_split() -> pd.DataFrame:
    """Return the committed split.

    Returns:
        Indexed by image_id; columns lesion_id and split (train / validation / test).
    """
    return read_committed(MILK10K_SPLITS).set_index("image_id")


def load_left_out() -> pd.DataFrame:
    """Read the lesions that are excluded from training and testing, and why.

    Found by matching SIFT keypoints with a similarity transform: from 10 inliers on, the same lesion.

    Returns:
        Columns isic_id (the dermatoscopic image), lesion_id, same_as (a HAM10000 image_id or "isic2018_task3_test"),
        keypoint_inliers, reason.
    """
    return read_committed(MILK10K_LEFT_OUT)


def _read(path: Path, required: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; MILK10K_DIR must name a folder with MILK10k's tables.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{path.name} is not a readable table ({str(error).strip().splitlines()[0]}).") from error
    lacking = [column for column in required if column not in table.columns]
    if lacking:
        raise UserError(f"{path.name} lacks the column {', '.join(lacking)}.")
    return table
