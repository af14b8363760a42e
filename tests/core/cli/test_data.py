from pathlib import Path

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
    with pytest.raises(UserError, match=r"^No image of the metadata is there\. Missing: ISIC_0000000, .* and 65 more"):
        run("check", str(mini_ham))
