"""Fixtures of the pages' tests."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(scope="session", autouse=True)
def packages_scanned_once() -> Iterator[None]:
    """Streamlit looks for components in every installed package, for each AppTest anew: two thirds of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def no_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is installed: the variable is unset and the default folder is elsewhere."""
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    for module in ("core.data.metadata", "dashboard.caches.dataset"):
        monkeypatch.setattr(f"{module}.data_dir", lambda: tmp_path / "none")
