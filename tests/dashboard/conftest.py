"""Fixtures of the pages' tests."""

from pathlib import Path

import pytest


@pytest.fixture
def no_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is installed: the variable is unset and the default folder is elsewhere."""
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    for module in ("core.data.metadata", "dashboard.caches.dataset"):
        monkeypatch.setattr(f"{module}.data_dir", lambda: tmp_path / "none")
