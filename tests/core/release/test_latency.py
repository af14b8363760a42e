"""Latency is the median of what each answer says it took, over a bounded number of pictures."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.release.latency import LEAST, MOST, median_latency


class Timed:
    """Answers with the seconds that it was given, in turn; the first answer is slow."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.asked = seconds, 0

    def classify(self, image: np.ndarray) -> Any:
        assert image.shape == (*SOURCE_SIZE, 3) and image.dtype == np.uint8
        self.asked += 1
        return SimpleNamespace(seconds=9.0 if self.asked == 1 else self.seconds[self.asked % len(self.seconds)])


def test_the_first_answer_does_not_count_and_slow_ones_do_not_move_the_median() -> None:
    model = Timed(0.002, 0.002, 0.5)
    assert median_latency(model, budget=0) == pytest.approx(2)  # type: ignore[arg-type]
    assert model.asked == 1 + LEAST


def test_no_more_pictures_than_enough() -> None:
    model = Timed(0.004)
    assert median_latency(model, budget=60) == pytest.approx(4)  # type: ignore[arg-type]
    assert model.asked == 1 + MOST
