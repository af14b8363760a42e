from pathlib import Path

import cv2
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.errors import UserError
from core.labels import DX


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


def test_a_dataset_is_checked_and_counted(mini_ham: Path, tmp_path: Path) -> None:
    assert "70 rows, 70 images, 0 missing" in run("check", str(mini_ham))
    predicted = run("summarize", str(mini_ham), "--out", str(tmp_path / "tables"))
    assert "70 images of 56 lesions" in predicted
    assert all(dx in predicted for dx in DX)
    assert (tmp_path / "tables" / "counts.csv").is_file()
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000000.jpg").write_bytes(b"cut")
    with pytest.raises(UserError, match="ISIC_0000000"):
        run("check", str(mini_ham))


def test_missing_images_are_listed_and_no_image_at_all_is_a_failure(mini_ham: Path) -> None:
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000000.jpg").unlink()
    assert "Missing: ISIC_0000000; put them into a folder in" in run("check", str(mini_ham))
    for path in mini_ham.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(
        UserError, match=r"^None of the images in the metadata was found\. Missing: ISIC_0000000, .* and 65 more"
    ):
        run("check", str(mini_ham))


def test_near_duplicates_are_listed_and_written(mini_ham: Path, tmp_path: Path) -> None:
    assert "0 pairs of images show one lesion under two lesion_ids" in run("check", str(mini_ham), "--duplicates")
    images = mini_ham / "HAM10000_images_part_1"
    sample = cv2.imread(str(images / "ISIC_0000000.jpg"))
    turned = cv2.rotate(cv2.GaussianBlur(sample, (0, 0), 1.5), cv2.ROTATE_180)
    cv2.imwrite(str(images / "ISIC_0000000.jpg"), cv2.GaussianBlur(sample, (0, 0), 1.5))
    cv2.imwrite(str(images / "ISIC_0000010.jpg"), turned)
    out = tmp_path / "pairs.csv"
    printed = run("check", str(mini_ham), "--duplicates", "--out", str(out))
    assert "70 images of HAM10000: 1 pair of" in printed
    assert pd.read_csv(out)[["image_id_a", "image_id_b"]].to_numpy().tolist() == [["ISIC_0000000", "ISIC_0000010"]]


def test_a_second_folder_without_a_dataset_is_refused_in_one_sentence(mini_ham: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^\S*none contains neither HAM10000 nor MILK10k; give the folder"):
        run("check", str(mini_ham), "--duplicates", "--against", str(tmp_path / "none"))
    with pytest.raises(UserError, match="--against is the dataset itself"):
        run("check", str(mini_ham), "--duplicates", "--against", str(mini_ham))
    with pytest.raises(UserError, match="belong to --duplicates"):
        run("check", str(mini_ham), "--against", str(mini_ham))
