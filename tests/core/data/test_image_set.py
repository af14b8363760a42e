"""Both datasets are listed the same way, and a folder with neither is refused in one sentence."""

from pathlib import Path

import pytest

from core.data.image_set import read_image_set
from core.errors import UserError


def test_images_without_a_file_are_not_listed(mini_ham: Path) -> None:
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000000.jpg").unlink()
    found = read_image_set(mini_ham)
    assert (found.name, len(found.paths), len(set(found.lesion_id))) == ("HAM10000", 69, 55)
    assert [path.stem for path in found.paths] == list(found.image_id)


def test_left_out_lesions_of_milk10k_are_listed_and_clinical_images_are_not(milk_folder: Path) -> None:
    found = read_image_set(milk_folder)
    assert found.name == "MILK10k"
    assert len(found.paths) == len(set(found.lesion_id)) == 40
    assert all(path.stem == name for name, path in zip(found.image_id, found.paths, strict=True))


def test_a_folder_without_a_dataset_and_one_without_images_are_refused(tmp_path: Path, mini_ham: Path) -> None:
    with pytest.raises(UserError, match="contains neither HAM10000 nor MILK10k"):
        read_image_set(tmp_path / "none")
    for path in mini_ham.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(UserError, match="HAM10000's tables but none of its images"):
        read_image_set(mini_ham)
