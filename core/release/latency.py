"""How long a served model takes for one image, on the machine that runs this."""

import time

import numpy as np

from core.config import SOURCE_SIZE
from core.inference.crop import prepare
from core.inference.model import Model

BUDGET = 0.4
"""Seconds after which no further image is timed."""
LEAST, MOST = 3, 25


def median_latency(model: Model, budget: float = BUDGET) -> float:
    """Measure the median time from decoded image to model output, one image at a time.

    Args:
        model: Open; its first run, which plans the graph, is not timed.
        budget: Seconds; at least LEAST and at most MOST images are timed.

    Returns:
        Milliseconds.

    Raises:
        UserError: The server is busy.
    """
    image = np.random.default_rng(0).integers(0, 256, (*SOURCE_SIZE, 3), np.uint8)
    model.run(prepare(image))
    seconds: list[float] = []
    end = time.perf_counter() + budget
    while len(seconds) < LEAST or (len(seconds) < MOST and time.perf_counter() < end):
        start = time.perf_counter()
        model.run(prepare(image))
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds))
