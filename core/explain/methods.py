"""Ways to explain one prediction, to be compared: finer feature maps, other weights of the maps, a mean over flips.

Sources: Grad-CAM, Selvaraju et al. 2017 (arXiv:1610.02391), which HiResCAM, Draelos and Carin 2020 (arXiv:2011.08891),
equals behind global average pooling; Grad-CAM++, Chattopadhay et al. 2018 (arXiv:1710.11063); LayerCAM, Jiang et al.
2021 (IEEE TIP 30); a stride taken out by dilation with the same weights, Yu et al. 2017 (arXiv:1705.09914); Score-CAM
and RISE, which hide parts of the image, see `core.explain.masked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.explain.masked import MAPS, MASKS, hide_parts
from core.explain.shifts import SHIFTS, over_shifts
from core.inference.heatmaps import mean_heatmaps
from core.inference.model import FLIPS

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
BATCH = 32


@dataclass(frozen=True)
class Method:
    """One way to explain a prediction.

    Attributes:
        name: Display name, unique.
        weights: How the last feature maps are weighted: "gradcam", "gradcam++" or "scorecam"; "layercam" weights each
            cell, and "rise" needs no maps.
        depths: For LayerCAM, how many strides above the last feature maps; several are averaged.
        scale: Of the input's height and width.
        dilated: Take the last stride out.
        flips: Average over the four flips of the image.
        shifts: Average over shifts by half a cell, on a grid twice as fine.
    """

    name: str
    weights: str = "gradcam"
    depths: tuple[int, ...] = (0,)
    scale: float = 1.0
    dilated: bool = False
    flips: bool = False
    shifts: bool = False

    @property
    def passes(self) -> int:
        """Forward passes for one image."""
        once = {"scorecam": 2 + MAPS, "rise": 1 + MASKS}.get(self.weights, 1)
        return once * (len(FLIPS) if self.flips else 1) * (len(SHIFTS) if self.shifts else 1)


HIDING = ("scorecam", "rise")
"""Weights of methods that run the network on images with hidden parts."""
GRADCAM, OVER_FLIPS = Method("Grad-CAM"), Method("Grad-CAM over flips", flips=True)
SERVED = Method("LayerCAM, one stride up", "layercam", (1,))
"""What the app shows first; `core.inference.layer_cam` computes the same from the exported graph."""
METHODS = (
    GRADCAM,
    OVER_FLIPS,
    Method("Grad-CAM over shifts", shifts=True),
    Method("Grad-CAM++", "gradcam++"),
    Method(f"Score-CAM, {MAPS} maps", "scorecam"),
    Method(f"RISE, {MASKS} masks", "rise"),
    Method("LayerCAM", "layercam"),
    SERVED,
    Method("LayerCAM, one stride up, over shifts", "layercam", (1,), shifts=True),
    Method("LayerCAM, three depths", "layercam", (0, 1, 2)),
    Method("LayerCAM, one stride up, over flips", "layercam", (1,), flips=True),
    Method("Last stride dilated", dilated=True),
    Method("Last stride dilated, over flips", dilated=True, flips=True),
    Method("Input 1.5 times as large", scale=1.5),
    Method("Input 1.5 times as large, over flips", scale=1.5, flips=True),
    Method("Both, over flips", scale=1.5, dilated=True, flips=True),
)
"""Grad-CAM, which every other method is compared with, first."""


def variant(model: keras.Model, scale: float, dilated: bool) -> keras.Model:
    """Build a network with the same weights for a larger input, or with finer feature maps.

    Args:
        model: Functional, with global average pooling straight before the last Dense layer.
        scale: Of the input's height and width, rounded to whole pixels.
        dilated: Give the last convolution with a stride a stride of 1, and dilate all later ones by as much.

    Raises:
        UserError: The network's head depends on the size of the feature maps.
    """
    import keras

    from core.models.cam_heads import CONVOLUTIONS, GLOBAL_POOLING, find_head

    if not isinstance(find_head(model).embedding, GLOBAL_POOLING) or len(find_head(model).dense) > 1:
        raise UserError(
            f"{model.name} has no global average pooling before its output, so its methods can't be varied."
        )
    height, width = (round(scale * each) for each in model.input_shape[1:3])
    strided = [layer.name for layer in model.layers if isinstance(layer, CONVOLUTIONS) and max(layer.strides) > 1]
    names = [layer.name for layer in model.layers]
    last = names.index(strided[-1]) if strided and dilated else len(names)

    def changed(layer: Any) -> Any:
        config, at = layer.get_config(), names.index(layer.name)
        if at == last:
            config["strides"] = (1, 1)
        elif at > last and isinstance(layer, CONVOLUTIONS):
            config["dilation_rate"] = (2, 2)
        return type(layer).from_config(config)

    copy = keras.models.clone_model(
        model, input_tensors=keras.Input((height, width, 3), name="image"), clone_function=changed
    )
    copy.set_weights(model.get_weights())
    return copy


class Heatmapper:
    """A network, or one of its variants, that gives heatmaps of one class an image.

    Attributes:
        model: Of `variant`.
        size: (height, width) of its input.
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare the network's feature maps at each resolution, the last first."""
        import keras

        from core.models.cam_heads import find_head

        head = find_head(model)
        self.model, self.size = model, (int(model.input_shape[1]), int(model.input_shape[2]))
        self._kernel = np.asarray(head.dense[-1].kernel, np.float32)
        by_size: dict[tuple[int, ...], Any] = {}
        for layer in model.layers[: model.layers.index(head.features) + 1]:
            if isinstance(layer.output, keras.KerasTensor) and layer.output.ndim == 4:
                by_size[layer.output.shape[1:3]] = layer
        self._layers = list(by_size.values())[::-1]
        self._known: dict[tuple[str, ...], keras.Model] = {}

    def predict_and_explain(
        self, images: NDArray[np.generic], classes: NDArray[np.integer], method: Method, signed: bool = False
    ) -> tuple[Array, Array]:
        """Explain one class of each image.

        Args:
            images: (n, *size, 3), RGB, 0-255.
            classes: (n,) index of the class that is explained.
            method: Its weights, depths and flips; the network must be the variant that it names.
            signed: Leave what speaks against a class in heatmaps that weigh whole maps.

        Returns:
            Probabilities (n, 7) of the images as they are, and heatmaps (n, rows, columns), >= 0 unless signed.
        """
        parts = [
            self._batch(images[start : start + BATCH], classes[start : start + BATCH], method, signed)
            for start in range(0, len(images), BATCH)
        ]
        probabilities, cams = zip(*parts, strict=True)
        return np.concatenate(probabilities), np.concatenate(cams)

    def _batch(
        self, images: NDArray[np.generic], classes: NDArray[np.integer], method: Method, signed: bool
    ) -> tuple[Array, Array]:
        def once(shown: NDArray[np.generic]) -> tuple[Array, Array]:
            return self._once(shown, classes, method, signed)

        look = partial(over_shifts, once) if method.shifts else once
        found = []
        for down, across in FLIPS if method.flips else FLIPS[:1]:
            probabilities, cams = look(images[:, ::down, ::across])
            found.append((probabilities, cams[:, ::down, ::across]))
        return found[0][0], np.mean([cams for _, cams in found], axis=0, dtype=np.float32)

    def _once(
        self, images: NDArray[np.generic], classes: NDArray[np.integer], method: Method, signed: bool
    ) -> tuple[Array, Array]:
        import tensorflow as tf

        inputs = tf.constant(images.astype(np.float32))
        layers = [self._layers[min(depth, len(self._layers) - 1)] for depth in method.depths]
        network = self._network(tuple(layer.name for layer in layers))
        if method.weights != "layercam":
            probabilities, maps, *_ = (np.asarray(each) for each in network(inputs, training=False))
            if method.weights in HIDING:
                own = maps if method.weights == "scorecam" else None
                cams = hide_parts(self._predict, images.astype(np.float32), classes, own)
                return probabilities, cams if signed else np.maximum(cams, 0)
            cams = _weighted(maps, self._kernel[:, classes].T, method.weights)
            return probabilities, cams if signed else np.maximum(cams, 0)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            probabilities, last, *maps = network(inputs, training=False)
            wanted = tf.constant(self._kernel[:, classes].T)
            logit = tf.reduce_sum(tf.reduce_mean(last, axis=(1, 2)) * wanted)
        gradients = tape.gradient(logit, maps)
        pairs = [(np.asarray(m), np.asarray(g)) for m, g in zip(maps, gradients, strict=True)]
        cells = [np.maximum((m * np.maximum(g, 0)).sum(axis=-1), 0) for m, g in pairs]
        return np.asarray(probabilities), _fused(cells)

    def _predict(self, images: Array) -> Array:
        starts = range(0, len(images), BATCH)
        return np.concatenate([np.asarray(self.model(images[at : at + BATCH], training=False)) for at in starts])

    def _network(self, names: Sequence[str]) -> keras.Model:
        import keras

        key = tuple(names)
        if key not in self._known:
            outputs = [self.model.output, self._layers[0].output]
            outputs += [self.model.get_layer(name).output for name in names]
            self._known[key] = keras.Model(self.model.input, outputs)
        return self._known[key]


def _weighted(maps: Array, gradient: Array, weights: str) -> Array:
    """Weigh the last feature maps, (n, rows, columns, channels), by one number a map.

    Args:
        maps: Last feature maps.
        gradient: (n, channels) of the logit with respect to the mean of each map.
        weights: "gradcam" or "gradcam++".
    """
    cells = maps.shape[1] * maps.shape[2]
    slope = gradient / cells
    if weights == "gradcam++":
        below = 2 * slope**2 + slope**3 * maps.sum(axis=(1, 2))
        alpha = np.divide(slope**2, below, out=np.zeros_like(slope), where=below != 0)
        slope = cells * alpha * np.maximum(slope, 0)
    return np.asarray(np.einsum("nhwk,nk->nhw", maps, slope, optimize=True), np.float32)


def _fused(cams: Sequence[Array]) -> Array:
    """Average heatmaps of several depths on the finest grid."""
    if len(cams) == 1:
        return cams[0]
    return np.stack([mean_heatmaps([each[i][..., None] for each in cams])[..., 0] for i in range(len(cams[0]))])
