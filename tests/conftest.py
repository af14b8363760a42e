"""Shared fixtures: a small HAM10000-like folder, and the real one where it is installed."""

import os
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data.metadata import LOCALIZATIONS, Dataset, load_dataset
from core.labels import DX

PER_DX = 10


@pytest.fixture(scope="session")
def mini_metadata() -> pd.DataFrame:
    """70 rows in Kaggle's schema, ten a diagnosis; every fifth picture shows its predecessor's lesion."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(PER_DX * len(DX)):
        lesion = i - 1 if i % 5 == 4 else i
        rows.append(
            {
                "lesion_id": f"HAM_{lesion:07d}",
                "image_id": f"ISIC_{i:07d}",
                "dx": DX[i // PER_DX],
                "dx_type": "histo" if i % 3 else "follow_up",
                "age": float("nan") if i == 7 else float(rng.integers(1, 18) * 5),
                "sex": ("female", "male", "unknown")[min(i % 7, 2)] if i % 7 < 3 else "male",
                "localization": LOCALIZATIONS[i % len(LOCALIZATIONS)],
            }
        )
    return pd.DataFrame(rows)


@pytest.fixture
def mini_ham(tmp_path: Path, mini_metadata: pd.DataFrame) -> Path:
    """A folder in Kaggle's layout: two picture folders of noise at 200x150 and the CSV."""
    folder = tmp_path / "ham10000"
    rng = np.random.default_rng(0)
    parts = [folder / "HAM10000_images_part_1", folder / "HAM10000_images_part_2"]
    for part in parts:
        part.mkdir(parents=True)
    for i, image_id in enumerate(mini_metadata["image_id"]):
        picture = rng.integers(0, 256, (150, 200, 3), np.uint8)
        cv2.imwrite(str(parts[i % 2] / f"{image_id}.jpg"), picture)
    mini_metadata.to_csv(folder / "HAM10000_metadata.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def real_ham() -> Dataset:
    """The installed HAM10000; skips where HAM10000_DIR names none."""
    if not os.environ.get("HAM10000_DIR"):
        pytest.skip("HAM10000_DIR is not set")
    return load_dataset()
