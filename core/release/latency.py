"""How long a served model takes for one picture, on the machine that runs this."""

import time

import numpy as np

from core.config import SOURCE_SIZE
from core.inference.model import Classifier

BUDGET = 0.4
"""Seconds after which no further picture is timed."""
LEAST, MOST = 3, 25


def median_latency(model: Classifier, budget: float = BUDGET) -> float:
    """Median milliseconds from decoded picture to answer, one picture at a time, on LiteRT.

    Args:
        model: Open; its first answer, which plans the graph, is not timed.
        budget: Seconds; at least LEAST and at most MOST pictures are timed.

    Raises:
        UserError: The server is busy.
    """
    picture = np.random.default_rng(0).integers(0, 256, (*SOURCE_SIZE, 3), np.uint8)
    model.classify(picture)
    seconds: list[float] = []
    end = time.perf_counter() + budget
    while len(seconds) < LEAST or (len(seconds) < MOST and time.perf_counter() < end):
        seconds.append(model.classify(picture).seconds)
    return 1000 * float(np.median(seconds))
