"""The grid of images: each with its heatmap, and nothing that a file's name could inject."""

import numpy as np
import pytest

from dashboard.components import image_grid as module
from dashboard.components.image_grid import Cell, image_grid

IMAGE = np.zeros((3, 4, 3), np.uint8)


def test_each_image_has_its_heatmap_and_names_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(module.st, "html", shown.append)
    image_grid([Cell(IMAGE, IMAGE, '"><script>x', ["a < b"]), Cell(IMAGE, IMAGE, "two", [])])
    (page,) = shown
    assert page.count("<figure") == page.count('class="heat"') == 2 and page.count("data:image/jpeg") == 4
    assert "<script" not in page and "a &lt; b" in page and "&quot;&gt;&lt;script" in page
