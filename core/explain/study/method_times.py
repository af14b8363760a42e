"""A network's variants, and how long each way to explain takes on LiteRT."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.explain.methods import GRADCAM, HIDING, SERVED, Heatmapper, Method, variant

if TYPE_CHECKING:
    import keras


class Variants:
    """A network's variants, each built once."""

    def __init__(self, model: keras.Model) -> None:
        """Keep the trained network."""
        self.model = model
        self._built: dict[tuple[float, bool], Heatmapper] = {}

    def of(self, method: Method) -> Heatmapper:
        """Return the variant that a method explains."""
        key = (method.scale, method.dilated)
        if key not in self._built:
            self._built[key] = Heatmapper(variant(self.model, *key))
        return self._built[key]


def relative_times(variants: Variants, methods: Sequence[Method], rounds: int = 9) -> dict[str, float]:
    """Time every method that the app can compute, as a multiple of Grad-CAM's forward pass in the exported graph.

    Args:
        variants: Of the network.
        methods: Grad-CAM first.
        rounds: Passes of which the median counts.

    Returns:
        By the name of the method; those that LiteRT can't compute are left out.
    """
    from core.inference.layer_cam import Evidence
    from core.inference.pool import Pool
    from core.models.cam_heads import with_cams
    from core.models.litert import convert

    pools = {}
    for method in methods:
        if method.weights == "gradcam" and (method.scale, method.dilated) not in pools:
            pools[method.scale, method.dilated] = Pool(convert(with_cams(variants.of(method).model)), 1)
    spent: dict[tuple[float, bool], list[float]] = {key: [] for key in pools}
    gradients: list[float] = []
    pool = pools[GRADCAM.scale, GRADCAM.dilated]
    kept = pool.run_and_keep(np.zeros((1, *pool.size, 3), np.float32), keep=pool.tail.kept)[1] if pool.tail else {}
    for _ in range(rounds):  # in turn, so that a busy moment hits all of them
        for key, each in pools.items():
            image = np.zeros((1, *each.size, 3), np.float32)
            spent[key].append(_seconds(partial(each.run, image)))
        if pool.tail:
            evidence = Evidence(pool.tail, kept, tuple(range(pool.tail.classes)))
            gradients.append(_seconds(partial(evidence.heatmaps, [0])))
    one = {key: float(np.median(each)) for key, each in spent.items()}
    plain = one[GRADCAM.scale, GRADCAM.dilated]
    timed = [method for method in methods if method.weights in ("gradcam", *HIDING)]
    found = {method.name: method.passes * one[method.scale, method.dilated] / plain for method in timed}
    return found | ({SERVED.name: 1 + float(np.median(gradients)) / plain} if gradients else {})


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
