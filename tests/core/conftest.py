"""A served model with everything fitted, on synthetic lesions instead of HAM10000, and a small one for heatmaps."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import TRAINED_MODELS
from core.data.metadata import Dataset
from core.inference import ood
from core.inference.model import read_export
from core.inference.ood import DESCRIPTORS, OODDetector, write_detector
from core.inference.pool import Pool
from core.inference.quality import fit_limits
from core.labels import DX
from core.release.fit_ood import Features, describe
from core.store.card import read_card
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.synthetic.lesions import synthetic_test_set
from tests.cards import change

PER_DX = 10


@pytest.fixture(scope="session")
def lesions() -> tuple[Features, np.ndarray]:
    """What the image check needs of synthetic lesions, and their class indices."""
    images, dx = synthetic_test_set(PER_DX)
    pool = Pool(read_export(TRAINED_MODELS / "baseline_cnn"), 2)
    return describe(pool, len(images), lambda i: images[i], lambda _: None), np.array([DX.index(each) for each in dx])


@pytest.fixture(scope="session")
def small_detector(lesions: tuple[Features, np.ndarray]) -> Iterator[OODDetector]:
    """Fitted with few components, because there are few images."""
    patch = pytest.MonkeyPatch()
    patch.setattr(ood, "COMPONENTS", 6)
    seen, labels = lesions
    yield ood.fit(seen.embeddings, seen.descriptors, labels, [f"ISIC_{i:07d}" for i in range(len(labels))])
    patch.undo()


@pytest.fixture
def calibrated_folder(tmp_path: Path, small_detector: OODDetector, lesions: tuple[Features, np.ndarray]) -> Path:
    """A copy of the baseline with temperature 2, thresholds of 0.2 and an OOD detector fitted on synthetic lesions."""
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    write_detector(small_detector, folder / OOD_DETECTOR)
    card, (seen, _) = read_card(folder), lesions
    assert card.calibration and card.conformal and card.ood_detector
    detector = replace(
        card.ood_detector, kind=DESCRIPTORS, threshold=3.0, limits=fit_limits(seen.quality, 0.0),
        file=stored_file(folder / OOD_DETECTOR),
    )  # fmt: skip
    classes = {dx: replace(each, threshold=0.2) for dx, each in card.conformal.classes.items()}
    change(
        folder, calibration=replace(card.calibration, temperature=2.0), ood_detector=detector,
        conformal=replace(card.conformal, classes=classes),
    )  # fmt: skip
    return folder


@pytest.fixture
def folder(write_model: Callable[..., Path]) -> Path:
    """A small model with weights and an export; modules whose model is another one have a fixture of their own."""
    from tests.core.cam_model import equip  # imports Keras, which not every test here needs

    return equip(write_model("small"))


@pytest.fixture
def dataset(folder: Path, tmp_path: Path, mini_metadata: pd.DataFrame) -> Dataset:
    """Some of its test images, with masks."""
    from tests.core.cam_model import small_dataset

    return small_dataset(folder, tmp_path, mini_metadata)
