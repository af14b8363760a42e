"""Fixtures of the pages' tests."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.io
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

from dashboard.charts import style


@pytest.fixture(scope="session", autouse=True)
def quick_pages() -> Iterator[None]:
    """Spare each page what took most of its test's time, and what no page needs.

    Streamlit looks for components in every installed package, for each AppTest anew. And where another test has
    imported Keras, which pages never do, it clears Keras after each run, which collects the garbage of the process.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def checked_figures() -> Iterator[None]:
    """Have Plotly check each figure that a test draws, which no page does, and see that this changes nothing in it."""
    unchecked = style._unchecked

    def checked(traces: Any, layout: dict[str, Any]) -> go.Figure:
        figure = unchecked(traces, layout)
        assert as_sent(figure) == as_sent(go.Figure(traces, layout))
        return figure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "_unchecked", checked)
        yield


def as_sent(figure: go.Figure) -> dict[str, Any]:
    """A figure as the browser gets it, without lists in which nothing is."""
    found: dict[str, Any] = json.loads(plotly.io.to_json(figure, validate=False))
    return found | {"layout": {key: value for key, value in found["layout"].items() if value != []}}


@pytest.fixture
def no_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is installed: the variable is unset and the default folder is elsewhere."""
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    for module in ("core.data.metadata", "dashboard.caches.dataset"):
        monkeypatch.setattr(f"{module}.data_dir", lambda: tmp_path / "none")
