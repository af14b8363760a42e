from pathlib import Path

import pytest

from core.config import EXPERIMENTS, ROOT, SOURCE_SIZE, TABLES, TRAINED_MODELS, data_dir


def test_the_folders_exist() -> None:
    assert all(folder.is_dir() for folder in (TABLES, TRAINED_MODELS, EXPERIMENTS))


def test_the_dataset_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path / "a" / ".." / "images"))
    assert data_dir() == tmp_path / "images"


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_it_is_in_the_repository(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    if value is not None:
        monkeypatch.setenv("HAM10000_DIR", value)
    assert data_dir() == (ROOT / "data" / "ham10000").resolve()


def test_images_have_the_shape_of_the_dataset() -> None:
    height, width = SOURCE_SIZE
    assert 3 * width == 4 * height
