from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data.images import load_images
from core.data.masks import MASKS
from core.data.metadata import Dataset, load_dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.synthetic import model
from core.synthetic.fit import LESIONS_PER_FACTOR, fit_synthetic_lesions, training_rows
from core.synthetic.lesions import (
    load_parameters,
    sample_lesion,
    synthetic_test_set,
    write_synthetic_dataset,
)
from core.synthetic.measure import measure

SHAPE = (150, 200)


PARAMETERS = model.PARAMETERS_FILE


@pytest.fixture
def other_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "synthetic_lesions.npz"
    monkeypatch.setattr(model, "PARAMETERS_FILE", path)
    yield path
    load_parameters.cache_clear()


@pytest.fixture(scope="module")
def synthetic_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    write_synthetic_dataset(folder, 6)
    return folder


def everything_trains(dataset: Dataset) -> pd.DataFrame:
    ids = dataset.metadata["image_id"]
    return pd.DataFrame({"group": range(len(ids)), "lesion": "train", "near_duplicate": False}, index=ids)


def test_a_model_fitted_to_synthetic_lesions_draws_lesions(synthetic_folder: Path, other_parameters: Path) -> None:
    dataset = load_dataset(synthetic_folder)
    fit_synthetic_lesions(dataset, synthetic_folder / MASKS, other_parameters, everything_trains(dataset))
    images, _ = synthetic_test_set(1)
    assert images.std(axis=(1, 2, 3)).min() > 3
    size = [np.sqrt([sample_lesion(dx, seed).mask.sum() for seed in range(6)]).mean() for dx in ("akiec", "vasc")]
    real = [load_mask(synthetic_folder, dx) for dx in ("akiec", "vasc")]
    assert size[0] > size[1]
    assert real[0] > real[1]


def load_mask(folder: Path, dx: str) -> float:
    masks = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 0 for path in (folder / MASKS).glob(f"synthetic-{dx}-*")]
    return float(np.sqrt([mask.sum() for mask in masks]).mean())


def test_only_training_rows_are_read_and_one_image_a_lesion(synthetic_folder: Path) -> None:
    dataset = load_dataset(synthetic_folder)
    splits = everything_trains(dataset)
    splits.loc["synthetic-akiec-0005", "lesion"] = "test"
    with pytest.raises(UserError, match=r"Fewer than 6 training lesions of akiec;"):
        training_rows(dataset, splits)
    splits = everything_trains(dataset)
    splits.loc["synthetic-df-0005", "group"] = splits.loc["synthetic-df-0004", "group"]
    with pytest.raises(UserError, match=r"Fewer than 6 training lesions of df;"):
        training_rows(dataset, splits)
    assert len(training_rows(dataset, everything_trains(dataset))) == 42


def test_missing_mask_is_named(synthetic_folder: Path, tmp_path: Path) -> None:
    dataset = load_dataset(synthetic_folder)
    with pytest.raises(UserError, match=r"lacks a readable mask of synthetic-akiec-0000, .* and 37 more"):
        fit_synthetic_lesions(dataset, tmp_path, tmp_path / "synthetic_lesions.npz", everything_trains(dataset))


def test_no_component_is_a_training_image(real_ham: Dataset) -> None:
    """The basis of all diagnoses, against every dermatofibroma it was fitted to."""
    rows = training_rows(real_ham, load_splits()).query("dx == 'df'")
    assert len(rows) // LESIONS_PER_FACTOR < 20
    images = load_images([real_ham.images[image_id] for image_id in rows["image_id"]], SHAPE)
    masks = [
        cv2.imread(str(real_ham.folder / MASKS / f"{image_id}_segmentation.png"), cv2.IMREAD_GRAYSCALE) > 0
        for image_id in rows["image_id"]
    ]
    lesions = [measure(image, mask) for image, mask in zip(images, masks, strict=True)]
    parameters = load_parameters(PARAMETERS)
    squares = np.stack([(lesion.square * model.CHROMA).ravel() for lesion in lesions if lesion])
    centred = squares - parameters["mean"]
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.abs(centred @ parameters["basis"].T)[:, 5:].max() < 0.75
