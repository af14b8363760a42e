"""Synthetic lesions: the same everywhere, told apart by diagnosis, readable as a dataset, and nobody's picture."""

import hashlib
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
from core.labels import DX
from core.synthetic import model
from core.synthetic.fit import LESIONS_PER_FACTOR, fit_phantoms, training_rows
from core.synthetic.lesions import (
    CAPTION,
    load_parameters,
    phantom_set,
    sample_phantom,
    sample_phantoms,
    write_phantoms,
)
from core.synthetic.measure import describe_texture, measure

SHAPE = (150, 200)
PARAMETERS = model.PARAMETERS_FILE


@pytest.fixture
def other_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "synthetic_lesions.npz"
    monkeypatch.setattr(model, "PARAMETERS_FILE", path)
    yield path
    load_parameters.cache_clear()


@pytest.fixture(scope="module")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    write_phantoms(folder, 6)
    return folder


@pytest.mark.parametrize("dx", DX)
def test_every_diagnosis_gives_a_picture_with_a_lesion_in_it(dx: str) -> None:
    for seed in range(8):
        phantom = sample_phantom(dx, seed)
        assert phantom.image.shape == (*SHAPE, 3)
        assert phantom.image.dtype == np.uint8
        assert phantom.image.std() > 3
        assert phantom.mask.shape == SHAPE
        assert phantom.mask.dtype == bool
        assert 0.002 < phantom.mask.mean() < 0.98
        assert (phantom.dx, phantom.seed, phantom.caption) == (dx, seed, CAPTION)


def test_the_name_says_that_it_is_synthetic() -> None:
    assert sample_phantom("mel", 7).name == "synthetic-mel-0007"


def test_same_seed_same_bytes_other_seed_or_diagnosis_another_picture() -> None:
    first, again = sample_phantom("bkl", 3), sample_phantom("bkl", 3)
    assert first.image.tobytes() == again.image.tobytes()
    assert first.mask.tobytes() == again.mask.tobytes()
    others = [sample_phantom("bkl", 4), sample_phantom("bcc", 3)]
    assert all((first.image != other.image).mean() > 0.5 for other in others)


def test_pictures_are_those_that_the_committed_figures_were_computed_on() -> None:
    images, _ = phantom_set(1)
    assert (
        hashlib.sha256(images.tobytes()).hexdigest()
        == "fdc5bff816c08c00b21b575737894ebb4dc29d1711289ddc38f477f768c99c67"
    )


def test_lesion_is_where_the_mask_says() -> None:
    """Nevi are darker than their skin."""
    drawn = [sample_phantom("nv", seed) for seed in range(20)]
    darker = [p.image[~p.mask].mean() - p.image[p.mask].mean() for p in drawn]
    assert np.mean(np.array(darker) > 0) > 0.9


def test_colours_differ_as_the_diagnoses_do() -> None:
    """Vascular lesions are redder against their skin than nevi, melanomas darker than basal cell carcinomas."""

    def contrast(dx: str) -> np.ndarray:
        labs = [(cv2.cvtColor(p.image, cv2.COLOR_RGB2LAB).astype(float), p.mask) for p in map(draw[dx], range(15))]
        return np.median([lab[mask].mean(0) - lab[~mask].mean(0) for lab, mask in labs], axis=0)

    draw = {dx: lambda seed, dx=dx: sample_phantom(dx, seed) for dx in DX}
    assert contrast("vasc")[1] > contrast("nv")[1] + 5
    assert contrast("vasc")[2] < contrast("nv")[2] - 5
    assert contrast("mel")[0] < contrast("bcc")[0] - 15


def test_phantom_set_is_the_first_seeds_in_the_order_of_the_labels() -> None:
    images, dx = phantom_set(2)
    assert images.shape == (14, *SHAPE, 3)
    assert dx == [code for code in DX for _ in range(2)]
    assert [p.name for p in sample_phantoms(2)][:3] == [
        "synthetic-akiec-0000",
        "synthetic-akiec-0001",
        "synthetic-bcc-0000",
    ]
    assert (images[3] == sample_phantom("bcc", 1).image).all()


def test_unknown_diagnosis_and_negative_seed_are_named() -> None:
    with pytest.raises(UserError, match="no diagnosis 'scc'; known are akiec"):
        sample_phantom("scc", 0)
    with pytest.raises(UserError, match="0 or more, not -1"):
        sample_phantom("nv", -1)


def test_missing_parameters_say_how_to_get_them(other_parameters: Path) -> None:
    with pytest.raises(UserError, match=r"phantoms\.npz is missing; fetch it again or run"):
        sample_phantom("nv", 0)
    assert not other_parameters.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", "half"])
def test_damaged_parameters_are_one_sentence(other_parameters: Path, content: bytes | str) -> None:
    whole = PARAMETERS.read_bytes()
    other_parameters.write_bytes(content if isinstance(content, bytes) else whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"phantoms\.npz is damaged"):
        sample_phantom("nv", 0)


def test_parameters_are_small_statistics() -> None:
    assert PARAMETERS.stat().st_size < 6e6
    parameters = load_parameters(PARAMETERS)
    assert all(np.isfinite(values).all() for values in parameters.values())
    width = model.GEOMETRY + model.SKIN + 2 * model.TRAITS + len(parameters["basis"])
    for dx in DX:
        assert parameters[f"{dx}_quantiles"].shape == (len(model.NORMAL_GRID), width)
        assert parameters[f"{dx}_factor"].shape == (width, width)


def test_written_folder_reads_as_a_dataset_and_nothing_half_written_stays(phantom_folder: Path) -> None:
    dataset = load_dataset(phantom_folder)
    assert len(dataset.metadata) == len(dataset.images) == 42
    assert dataset.metadata["dx"].value_counts().to_dict() == dict.fromkeys(DX, 6)
    assert dataset.metadata["lesion_id"].is_unique
    assert dataset.metadata["image_id"].str.startswith("synthetic-").all()
    image = load_images([dataset.images["synthetic-vasc-0002"]], SHAPE)[0]
    assert np.abs(image.astype(int) - sample_phantom("vasc", 2).image).mean() < 4
    mask = cv2.imread(str(phantom_folder / MASKS / "synthetic-vasc-0002_segmentation.png"), cv2.IMREAD_GRAYSCALE)
    assert ((mask > 0) == sample_phantom("vasc", 2).mask).all()
    assert not list(phantom_folder.rglob(".*"))


def everything_trains(dataset: Dataset) -> pd.DataFrame:
    ids = dataset.metadata["image_id"]
    return pd.DataFrame({"group": range(len(ids)), "lesion": "train"}, index=ids)


def test_model_fitted_to_phantoms_draws_phantoms(phantom_folder: Path, other_parameters: Path) -> None:
    dataset = load_dataset(phantom_folder)
    fit_phantoms(dataset, phantom_folder / MASKS, other_parameters, everything_trains(dataset))
    images, _ = phantom_set(1)
    assert images.std(axis=(1, 2, 3)).min() > 3
    size = [np.sqrt([sample_phantom(dx, seed).mask.sum() for seed in range(6)]).mean() for dx in ("akiec", "vasc")]
    real = [load_mask(phantom_folder, dx) for dx in ("akiec", "vasc")]
    assert size[0] > size[1]
    assert real[0] > real[1]


def load_mask(folder: Path, dx: str) -> float:
    masks = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 0 for path in (folder / MASKS).glob(f"synthetic-{dx}-*")]
    return float(np.sqrt([mask.sum() for mask in masks]).mean())


def test_only_training_rows_are_read_and_one_picture_a_lesion(phantom_folder: Path) -> None:
    dataset = load_dataset(phantom_folder)
    splits = everything_trains(dataset)
    splits.loc["synthetic-akiec-0005", "lesion"] = "test"
    with pytest.raises(UserError, match=r"Fewer than 6 training lesions of akiec;"):
        training_rows(dataset, splits)
    splits = everything_trains(dataset)
    splits.loc["synthetic-df-0005", "group"] = splits.loc["synthetic-df-0004", "group"]
    with pytest.raises(UserError, match=r"Fewer than 6 training lesions of df;"):
        training_rows(dataset, splits)
    assert len(training_rows(dataset, everything_trains(dataset))) == 42


def test_missing_mask_is_named(phantom_folder: Path, tmp_path: Path) -> None:
    dataset = load_dataset(phantom_folder)
    with pytest.raises(UserError, match=r"lacks a readable mask of synthetic-akiec-0000, .* and 37 more"):
        fit_phantoms(dataset, tmp_path, tmp_path / "synthetic_lesions.npz", everything_trains(dataset))


def test_a_round_lesion_is_measured_as_drawn() -> None:
    y, x = np.mgrid[:150, :200]
    mask = np.hypot(x - 80, y - 70) < 30
    image = np.where(mask[..., None], (120, 70, 50), (230, 180, 170)).astype(np.uint8)
    lesion = measure(image, mask)
    assert lesion is not None
    assert lesion.geometry.x == pytest.approx(80, abs=0.5)
    assert lesion.geometry.y == pytest.approx(70, abs=0.5)
    assert np.exp(lesion.geometry.border[0]) == pytest.approx(30, rel=0.03)
    assert np.abs(lesion.geometry.border[1:]).max() < 0.02
    skin, inside = cv2.cvtColor(np.float32([[[230, 180, 170], [120, 70, 50]]]) / 255, cv2.COLOR_RGB2LAB)[0]
    np.testing.assert_allclose(lesion.skin[0], skin, atol=0.5)
    np.testing.assert_allclose(lesion.square[32, 32], inside - skin, atol=1)
    assert not lesion.dark.any()
    unit, angle = model.lesion_radius(lesion.geometry)
    back = model.from_square(lesion.square.astype(np.float64), unit, angle)
    assert np.abs(back - lesion.difference)[np.abs(unit - 1) > 0.15].max() < 1.5


def test_empty_and_full_masks_are_passed_over() -> None:
    image = np.full((*SHAPE, 3), 200, np.uint8)
    assert measure(image, np.zeros(SHAPE, bool)) is None
    assert measure(image, np.ones(SHAPE, bool)) is None


def test_texture_is_drawn_with_the_spread_and_correlations_that_were_measured() -> None:
    rng = np.random.default_rng(0)
    flat = describe_texture(rng.standard_normal((*SHAPE, 3)), np.ones(SHAPE), 1)
    traits = flat.traits + np.array([1, 1, 1, 0.4, -0.3, 0.6, -0.8, 0.3])
    layer = model.Layer(np.sqrt(flat.power), model.MARGINAL_GRID, traits)
    drawn = model.texture(layer, np.fft.rfft2(rng.standard_normal((3, *SHAPE))))
    np.testing.assert_allclose(describe_texture(drawn, np.ones(SHAPE), 1).traits, traits, atol=0.1)
    assert np.isnan(describe_texture(drawn, np.zeros(SHAPE), 1).traits).all()


def test_samples_are_no_closer_to_training_pictures_than_these_to_each_other(real_ham: Dataset) -> None:
    """Nearest neighbours over mirror images, in Lab at 40x30, for the diagnoses with the fewest lesions."""
    rows = training_rows(real_ham, load_splits())
    for dx in ("df", "vasc"):
        ids = rows.loc[rows["dx"] == dx, "image_id"]
        real = thumbnails(load_images([real_ham.images[image_id] for image_id in ids], SHAPE))
        drawn = thumbnails(np.stack([sample_phantom(dx, seed).image for seed in range(30)]))
        among = distances(real, real)
        np.fill_diagonal(among, np.inf)
        to_real = distances(drawn, real)
        assert to_real.min() > among.min()
        assert np.quantile(to_real.min(axis=1), 0.05) > 0.9 * np.quantile(among.min(axis=1), 0.05)


def test_no_component_is_a_training_picture(real_ham: Dataset) -> None:
    """The basis of all diagnoses, against every dermatofibroma it was fitted to."""
    rows = training_rows(real_ham, load_splits()).query("dx == 'df'")
    assert len(rows) // LESIONS_PER_FACTOR < 20
    pictures = load_images([real_ham.images[image_id] for image_id in rows["image_id"]], SHAPE)
    masks = [
        cv2.imread(str(real_ham.folder / MASKS / f"{image_id}_segmentation.png"), cv2.IMREAD_GRAYSCALE) > 0
        for image_id in rows["image_id"]
    ]
    lesions = [measure(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]
    parameters = load_parameters(PARAMETERS)
    squares = np.stack([(lesion.square * model.CHROMA).ravel() for lesion in lesions if lesion])
    centred = squares - parameters["mean"]
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.abs(centred @ parameters["basis"].T)[:, 5:].max() < 0.75


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
