"""A served model with everything fitted, on synthetic lesions instead of HAM10000, and a small one for heatmaps."""

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import TRAINED_MODELS
from core.data.metadata import Dataset
from core.inference.fitted import CHECK_MODEL
from core.inference.model import read_export
from core.inference.ood import OODDetector, write_detector
from core.inference.pool import Pool
from core.inference.quality import fit_limits
from core.labels import DX
from core.release.check_samples import HAM, SYNTHETIC, CheckSample
from core.release.fit_ood import Features, describe, fit
from core.store.card import read_card
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import synthetic_test_set
from tests.cards import change

PER_DX = 10


@pytest.fixture(scope="session")
def lesions() -> tuple[Features, np.ndarray]:
    """What the image check needs of synthetic lesions, and their class indices."""
    images, dx = synthetic_test_set(PER_DX)
    pool = Pool(read_export(TRAINED_MODELS / "baseline_cnn"), 2)
    samples = [CheckSample(image, True, "fit", SYNTHETIC, each) for image, each in zip(images, dx, strict=True)]
    return describe(pool, samples), np.array([DX.index(each) for each in dx])


@pytest.fixture(scope="session")
def small_detector(lesions: tuple[Features, np.ndarray]) -> OODDetector:
    """Tells synthetic lesions from noise and plain colours."""
    seen, labels = lesions
    rng = np.random.default_rng(0)
    flat = [np.full((30, 40, 3), rng.integers(0, 256, 3), np.uint8) for _ in range(20)]
    noise = [rng.integers(0, 256, (150, 200, 3), np.uint8) for _ in range(20)]
    bad = describe(
        Pool(read_export(TRAINED_MODELS / "baseline_cnn"), 2),
        [CheckSample(image, False, "fit", "plain") for image in (*flat, *noise)],
    )
    both = Features(*(np.concatenate([getattr(each, field.name) for each in (seen, bad)]) for field in fields(seen)))
    names = [f"ISIC_{i:07d}" for i in range(len(labels))]
    samples = [
        *(CheckSample(noise[0], True, "fit", HAM, DX[i], image_id=name) for i, name in zip(labels, names, strict=True)),
        *[CheckSample(noise[0], False, "fit", "plain")] * 40,
    ]
    return fit(both, samples)


@pytest.fixture
def calibrated_folder(tmp_path: Path, small_detector: OODDetector, lesions: tuple[Features, np.ndarray]) -> Path:
    """A copy of the baseline with temperature 2, thresholds of 0.2 and an OOD detector fitted on synthetic lesions."""
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    write_detector(small_detector, folder / OOD_DETECTOR)
    card, (seen, _) = read_card(folder), lesions
    facts = read_card(TRAINED_MODELS / CHECK_MODEL).ood_detector
    assert card.calibration and card.conformal and facts
    detector = replace(
        facts, made_from=MadeFrom(export=card.files.export), threshold=0.5, limits=fit_limits(seen.quality, 0.0),
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
