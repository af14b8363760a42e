"""Synthetic lesions: the same everywhere, told apart by diagnosis, readable as a dataset, and nobody's image."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.data.images import load_images
from core.data.masks import MASKS
from core.data.metadata import Dataset, load_dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.labels import DX
from core.synthetic import model
from core.synthetic.fit import training_rows
from core.synthetic.lesions import (
    CAPTION,
    load_parameters,
    sample_lesion,
    sample_lesions,
    synthetic_test_set,
    write_synthetic_dataset,
)

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


@pytest.mark.parametrize("dx", DX)
def test_every_diagnosis_gives_an_image_with_a_lesion_in_it(dx: str) -> None:
    for seed in range(8):
        lesion = sample_lesion(dx, seed)
        assert lesion.image.shape == (*SHAPE, 3)
        assert lesion.image.dtype == np.uint8
        assert lesion.image.std() > 3
        assert lesion.mask.shape == SHAPE
        assert lesion.mask.dtype == bool
        assert 0.002 < lesion.mask.mean() < 0.98
        assert (lesion.dx, lesion.seed, lesion.caption) == (dx, seed, CAPTION)


def test_the_name_says_that_it_is_synthetic() -> None:
    assert sample_lesion("mel", 7).name == "synthetic-mel-0007"


def test_same_seed_same_bytes_other_seed_or_diagnosis_another_image() -> None:
    first, again = sample_lesion("bkl", 3), sample_lesion("bkl", 3)
    assert first.image.tobytes() == again.image.tobytes()
    assert first.mask.tobytes() == again.mask.tobytes()
    others = [sample_lesion("bkl", 4), sample_lesion("bcc", 3)]
    assert all((first.image != other.image).mean() > 0.5 for other in others)


def test_images_are_those_that_the_committed_figures_were_computed_on() -> None:
    images, _ = synthetic_test_set(1)
    assert (
        hashlib.sha256(images.tobytes()).hexdigest()
        == "fdc5bff816c08c00b21b575737894ebb4dc29d1711289ddc38f477f768c99c67"
    )


def test_lesion_is_where_the_mask_says() -> None:
    """Nevi are darker than their skin."""
    drawn = [sample_lesion("nv", seed) for seed in range(20)]
    darker = [p.image[~p.mask].mean() - p.image[p.mask].mean() for p in drawn]
    assert np.mean(np.array(darker) > 0) > 0.9


def test_colours_differ_as_the_diagnoses_do() -> None:
    """Vascular lesions are redder against their skin than nevi, melanomas darker than basal cell carcinomas."""

    def contrast(dx: str) -> np.ndarray:
        labs = [(cv2.cvtColor(p.image, cv2.COLOR_RGB2LAB).astype(float), p.mask) for p in map(draw[dx], range(15))]
        return np.median([lab[mask].mean(0) - lab[~mask].mean(0) for lab, mask in labs], axis=0)

    draw = {dx: lambda seed, dx=dx: sample_lesion(dx, seed) for dx in DX}
    assert contrast("vasc")[1] > contrast("nv")[1] + 5
    assert contrast("vasc")[2] < contrast("nv")[2] - 5
    assert contrast("mel")[0] < contrast("bcc")[0] - 15


def test_synthetic_test_set_is_the_first_seeds_in_the_order_of_the_labels() -> None:
    images, dx = synthetic_test_set(2)
    assert images.shape == (14, *SHAPE, 3)
    assert dx == [code for code in DX for _ in range(2)]
    assert [p.name for p in sample_lesions(2)][:3] == [
        "synthetic-akiec-0000",
        "synthetic-akiec-0001",
        "synthetic-bcc-0000",
    ]
    assert (images[3] == sample_lesion("bcc", 1).image).all()


def test_unknown_diagnosis_and_negative_seed_are_named() -> None:
    with pytest.raises(UserError, match="no diagnosis 'scc'; choose from akiec"):
        sample_lesion("scc", 0)
    with pytest.raises(UserError, match="0 or more, not -1"):
        sample_lesion("nv", -1)


def test_missing_parameters_say_how_to_get_them(other_parameters: Path) -> None:
    with pytest.raises(UserError, match=r"synthetic_lesions\.npz is missing; fetch it again or run"):
        sample_lesion("nv", 0)
    assert not other_parameters.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", "half"])
def test_damaged_parameters_are_one_sentence(other_parameters: Path, content: bytes | str) -> None:
    whole = PARAMETERS.read_bytes()
    other_parameters.write_bytes(content if isinstance(content, bytes) else whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"synthetic_lesions\.npz is damaged"):
        sample_lesion("nv", 0)


def test_parameters_are_small_statistics() -> None:
    assert PARAMETERS.stat().st_size < 6e6
    parameters = load_parameters(PARAMETERS)
    assert all(np.isfinite(values).all() for values in parameters.values())
    width = model.GEOMETRY + model.SKIN + 2 * model.TRAITS + len(parameters["basis"])
    for dx in DX:
        assert parameters[f"{dx}_quantiles"].shape == (len(model.NORMAL_GRID), width)
        assert parameters[f"{dx}_factor"].shape == (width, width)


def test_written_folder_reads_as_a_dataset_and_nothing_half_written_stays(synthetic_folder: Path) -> None:
    dataset = load_dataset(synthetic_folder)
    assert len(dataset.metadata) == len(dataset.images) == 42
    assert dataset.metadata["dx"].value_counts().to_dict() == dict.fromkeys(DX, 6)
    assert dataset.metadata["lesion_id"].is_unique
    assert dataset.metadata["image_id"].str.startswith("synthetic-").all()
    image = load_images([dataset.images["synthetic-vasc-0002"]], SHAPE)[0]
    assert np.abs(image.astype(int) - sample_lesion("vasc", 2).image).mean() < 4
    mask = cv2.imread(str(synthetic_folder / MASKS / "synthetic-vasc-0002_segmentation.png"), cv2.IMREAD_GRAYSCALE)
    assert ((mask > 0) == sample_lesion("vasc", 2).mask).all()
    assert not list(synthetic_folder.rglob(".*"))


def test_samples_are_no_closer_to_training_images_than_these_to_each_other(real_ham: Dataset) -> None:
    """Nearest neighbours over mirror images, in Lab at 40x30, for the diagnoses with the fewest lesions."""
    rows = training_rows(real_ham, load_splits())
    for dx in ("df", "vasc"):
        ids = rows.loc[rows["dx"] == dx, "image_id"]
        real = thumbnails(load_images([real_ham.images[image_id] for image_id in ids], SHAPE))
        drawn = thumbnails(np.stack([sample_lesion(dx, seed).image for seed in range(30)]))
        among = distances(real, real)
        np.fill_diagonal(among, np.inf)
        to_real = distances(drawn, real)
        assert to_real.min() > among.min()
        assert np.quantile(to_real.min(axis=1), 0.05) > 0.9 * np.quantile(among.min(axis=1), 0.05)


def thumbnails(images: np.ndarray) -> np.ndarray:
    small = [cv2.resize(image, (40, 30), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 for image in images]
    return np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2LAB) for image in small])


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Root mean square colour difference (delta E) to the nearest mirror image, (len(a), len(b))."""
    best = np.full((len(a), len(b)), np.inf)
    for flipped in (b, b[:, ::-1], b[:, :, ::-1], b[:, ::-1, ::-1]):
        gap = ((a[:, None] - flipped[None]) ** 2).sum(axis=-1).mean(axis=(2, 3))
        best = np.minimum(best, np.sqrt(gap))
    return best
