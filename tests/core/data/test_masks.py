from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.data.masks import masks_folder, read_mask
from core.data.metadata import Dataset
from core.errors import UserError


def written(folder: Path, mask: np.ndarray, name: str = "ISIC_1") -> Path:
    cv2.imwrite(str(folder / f"{name}_segmentation.png"), mask)
    return folder


def test_any_size_of_the_same_proportions_becomes_the_source_size(tmp_path):
    large = np.zeros((450, 600), np.uint8)
    large[:225, :300] = 255
    mask = read_mask(written(tmp_path, large), "ISIC_1", (150, 200))
    assert mask.shape == SOURCE_SIZE
    assert mask[:75, :100].all()
    assert mask.sum() == 75 * 100


@pytest.mark.parametrize(
    ("mask", "named"),
    [
        (np.full((100, 200), 255, np.uint8), "200 x 100 pixels, which doesn.t fit its image"),
        (np.zeros((150, 200), np.uint8), "marks no lesion"),
    ],
)
def test_a_mask_that_cannot_serve_is_named(tmp_path, mask, named):
    with pytest.raises(UserError, match=rf"ISIC_1_segmentation\.png .*{named}"):
        read_mask(written(tmp_path, mask), "ISIC_1", (150, 200))


def test_missing_and_damaged_masks_are_named(tmp_path):
    with pytest.raises(UserError, match=r"ISIC_2_segmentation\.png is missing"):
        read_mask(tmp_path, "ISIC_2")
    (tmp_path / "ISIC_2_segmentation.png").write_bytes(b"cut")
    with pytest.raises(UserError, match=r"ISIC_2_segmentation\.png is not a readable image"):
        read_mask(tmp_path, "ISIC_2")


def test_a_dataset_without_masks_says_so(tmp_path, mini_metadata):
    with pytest.raises(UserError, match="lacks the lesion masks"):
        masks_folder(Dataset(tmp_path, mini_metadata, {}, ()))
