from dataclasses import astuple
from pathlib import Path

import pytest

from core.data.masks import MASKS
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.explain.study.pairs import read_pair, training_center


def test_the_center_is_that_of_the_training_masks(dataset: Dataset) -> None:
    center = training_center(dataset.folder / MASKS)
    assert (center.y, center.x) == pytest.approx((0.5, 0.5), abs=0.01)
    assert center.sd_x > center.sd_y > 0  # the boxes are wider than high


def test_damaged_masks_are_skipped_and_none_at_all_is_an_error(dataset: Dataset, tmp_path: Path) -> None:
    before = training_center(dataset.folder / MASKS)
    train = load_splits().query("lesion == 'train' and not near_duplicate").index
    (first, *_) = [path for path in (dataset.folder / MASKS).iterdir() if path.name.split("_seg")[0] in set(train)]
    first.write_bytes(b"cut")
    after = training_center(dataset.folder / MASKS)
    assert astuple(after) == pytest.approx(astuple(before))
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match="fetch the masks"):
        training_center(tmp_path / "none")


def test_an_image_comes_with_the_mask_of_its_size(dataset: Dataset) -> None:
    image, mask = read_pair(dataset, dataset.folder / MASKS, next(iter(dataset.images)))
    assert image.shape == (150, 200, 3) and mask.shape == (150, 200)
    assert mask.sum() == 50 * 100
    with pytest.raises(UserError, match="lacks the image ISIC_1"):
        read_pair(dataset, dataset.folder / MASKS, "ISIC_1")
