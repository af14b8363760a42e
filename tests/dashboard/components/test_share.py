"""Copy link and Reset: each page's controls stand in its address, and go back to where they stood at first."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.pages import checked, visit

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "metadata": ("metadata_eda", {"unit": "lesions", "scale": "log", "dx": ["mel"], "clean-age": True}),
    "gradcam": ("gradcam_gallery", {"target": "true", "score": "iou", "opacity": 20, "outcome": "Wrong", "dx": ["nv"]}),
    "leaderboard": ("leaderboard", {"metric": "accuracy", "models": ["efficientnet_lite0"], "point": "accuracy"}),
    "classify": ("classify", {"mix": "equal", "source": "synthetic", "crop-size": 60, "drawn-as": "bcc"}),
}
"""File of each page that has the two, and where to put its controls."""


def state(page: AppTest, keys: dict[str, Any]) -> dict[str, Any]:
    return {key: page.session_state[key] for key in keys if key in page.session_state}


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize("name", PAGES)
def test_reset_puts_the_controls_back(name: str) -> None:
    script, moved = PAGES[name]
    page = visit(f"app_pages/{script}", **({"source": "Synthetic lesion"} if name == "classify" else {}))
    first = state(page, moved)
    for key, value in moved.items():
        page.session_state[key] = value
    assert state(checked(page.run()), moved) == moved
    page.button(key=f"{name}-reset").click().run()
    assert state(checked(page), first) == first | ({"source": "upload"} if name == "classify" else {})
