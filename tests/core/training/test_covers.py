"""Covered lesions: which pixels are painted over, and which images a box of one size leaves out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import SOURCE_SIZE
from core.data.metadata import Dataset, load_dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.synthetic.lesions import write_synthetic_dataset
from core.training.covers import COVER, cover_lesion, coverable, load_covered, one_size_box

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(1, 256, (*SOURCE_SIZE, 3)).astype(np.uint8)


def disk(row: float, column: float, radius: float) -> np.ndarray:
    y, x = np.ogrid[: SOURCE_SIZE[0], : SOURCE_SIZE[1]]
    return np.asarray(np.hypot(y - row, x - column) <= radius)


@pytest.mark.parametrize(("row", "column", "radius"), [(75, 100, 30), (10, 190, 12), (140, 5, 4), (70, 90, 60)])
def test_the_box_of_one_size_is_the_same_for_every_lesion_and_covers_it(row: int, column: int, radius: int) -> None:
    mask = disk(row, column, radius)
    box = one_size_box(mask)
    assert box is not None
    assert box[mask].all()
    assert box.any(axis=1).sum() == round(150 * 0.7**0.5)
    assert box.any(axis=0).sum() == round(200 * 0.7**0.5)
    assert box.mean() == pytest.approx(0.7, abs=0.005)


def test_a_lesion_larger_than_the_box_has_none() -> None:
    assert one_size_box(disk(75, 100, 70)) is None
    with pytest.raises(ValueError, match="doesn't cover"):
        cover_lesion(IMAGE, disk(75, 100, 70), "bounding_box_70")


def test_each_cover_hides_the_lesion_and_nothing_but_its_part() -> None:
    mask = disk(60, 80, 20)
    hidden = {
        cover: (cover_lesion(IMAGE, mask, cover) == COVER).all(axis=2)
        for cover in ("traditional", "only_skin", "bounding_box", "bounding_box_70")
    }
    assert not hidden["traditional"].any()
    np.testing.assert_array_equal(hidden["only_skin"], mask)
    assert hidden["bounding_box"].sum() == 41 * 41
    np.testing.assert_array_equal(hidden["bounding_box_70"], one_size_box(mask))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("covers") / "dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def test_images_are_read_in_order_with_their_own_lesions_covered(dataset: Dataset) -> None:
    names = list(coverable(split_for(dataset), dataset).index[:3])
    whole, skin = (load_covered(dataset, names, (64, 64), cover) for cover in ("traditional", "only_skin"))
    assert whole.shape == skin.shape == (3, 64, 64, 3)
    assert [float(image.mean()) for image in skin] < [float(image.mean()) for image in whole]
    np.testing.assert_array_equal(load_covered(dataset, names[1:2], (64, 64), "only_skin")[0], skin[1])


def test_only_images_that_the_box_covers_are_kept(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    split = split_for(dataset)
    large = split.index[0]
    masks = {name: disk(75, 100, 70 if name == large else 20) for name in split.index}
    monkeypatch.setattr("core.training.covers.read_mask", lambda _, name: masks[name])
    assert list(coverable(split, dataset).index) == list(split.index[1:])


def test_a_split_without_a_coverable_lesion_is_refused(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    split = pd.DataFrame({"split": ["train", "test"]}, index=["a", "b"])
    monkeypatch.setattr("core.training.covers.read_mask", lambda _, name: disk(75, 100, 70 if name == "b" else 20))
    with pytest.raises(UserError, match="No test image"):
        coverable(split, dataset)


def test_without_masks_one_sentence_says_so(mini_ham: Path) -> None:
    dataset = load_dataset(mini_ham)
    with pytest.raises(UserError, match="lesion masks"):
        coverable(split_for(dataset), dataset)
