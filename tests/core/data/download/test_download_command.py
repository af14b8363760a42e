"""`python -m core download`: which of the two, where to, and what it says."""

from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.data.download import dataverse as full_set
from core.data.download import isic_archive
from core.data.metadata import load_dataset
from core.errors import UserError


def test_full_set_with_a_bar_for_each_step(dataverse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_set, "download_full", partial(full_set.download_full, base_url=dataverse.url))
    result = CliRunner().invoke(app, ["download", str(tmp_path / "here")], catch_exceptions=False)
    assert "3/7 unpacking HAM10000_images_part_1.zip: 100%" in result.stderr
    assert result.stdout.strip().endswith(f"lesions are in {tmp_path / 'here'}.")
    assert len(load_dataset(tmp_path / "here").images) == 70


def test_sample_goes_where_the_app_reads(isic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path / "there"))
    monkeypatch.setattr(isic_archive, "download_sample", partial(isic_archive.download_sample, base_url=isic.url))
    result = CliRunner().invoke(app, ["download", "--sample", "1"], catch_exceptions=False)
    assert result.stdout.startswith("7 images are in")
    assert len(load_dataset(tmp_path / "there").images) == 7


def test_fault_closes_the_bars_and_is_passed_on(isic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isic.images.clear()
    monkeypatch.setattr(isic_archive, "download_sample", partial(isic_archive.download_sample, base_url=isic.url))
    with pytest.raises(UserError, match="no HAM10000 image"):
        CliRunner().invoke(app, ["download", str(tmp_path), "--sample", "1"], catch_exceptions=False)
