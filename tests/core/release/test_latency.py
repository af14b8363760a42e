"""Latency is the median of single runs, over a bounded number of images."""

from typing import Any

import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.inference.crop import PreparedImage
from core.release import latency
from core.release.latency import LEAST, MOST, median_latency


class Timed:
    """A model that takes the given seconds, in turn, on a clock of its own; its first run is slow."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *seconds: float) -> None:
        self.seconds, self.runs, self.now = seconds, 0, 100.0
        monkeypatch.setattr(latency.time, "perf_counter", lambda: self.now)

    def run(self, image: PreparedImage) -> Any:
        assert image.pixels.shape == (*SOURCE_SIZE, 3) and image.pixels.dtype == np.uint8
        self.runs += 1
        self.now += 9.0 if self.runs == 1 else self.seconds[self.runs % len(self.seconds)]


def test_the_first_run_does_not_count_and_slow_ones_do_not_move_the_median(monkeypatch) -> None:
    model = Timed(monkeypatch, 0.002, 0.002, 0.5)
    assert median_latency(model, budget=0) == pytest.approx(2)  # type: ignore[arg-type]
    assert model.runs == 1 + LEAST


def test_no_more_images_than_enough(monkeypatch) -> None:
    model = Timed(monkeypatch, 0.004)
    assert median_latency(model, budget=60) == pytest.approx(4)  # type: ignore[arg-type]
    assert model.runs == 1 + MOST


def test_no_image_after_the_budget(monkeypatch) -> None:
    model = Timed(monkeypatch, 0.25)
    median_latency(model, budget=1.1)  # type: ignore[arg-type]
    assert model.runs == 1 + 5
