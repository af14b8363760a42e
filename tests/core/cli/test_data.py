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
