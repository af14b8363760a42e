"""Reference heatmaps: Grad-CAM from tf-keras-vis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError, name_offenders
from core.models.cam_heads import last_features
from core.models.weights import finalize_normalization

if TYPE_CHECKING:
    import keras


class Reference:
    """Grad-CAM from tf-keras-vis; reuse it, because the constructor clones the model.

    Attributes:
        layer: Name of the layer whose feature maps are weighted.
    """

    def __init__(self, model: keras.Model, layer: str | None = None) -> None:
        """Clone a model.

        Args:
            model: Functional, softmax output.
            layer: Name of a layer; default: `last_features`.

        Raises:
            UserError: The model has no convolution, or the layer has no feature maps.
        """
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

        maps = [each.name for each in model.layers if len(getattr(each.output, "shape", ())) == 4]
        if layer is not None and layer not in maps:
            raise UserError(f"{model.name} has no layer {layer!r} with feature maps; it has {name_offenders(maps)}.")
        self.layer: str = layer or last_features(model).name
        self._gradcam = Gradcam(model, model_modifier=[finalize_normalization, ReplaceToLinear()], clone=True)

    def cams(self, images: NDArray[np.generic], classes: NDArray[np.integer]) -> NDArray[np.float32]:
        """Compute raw Grad-CAM for one class per image.

        Args:
            images: (n, height, width, 3), RGB, 0-255.
            classes: (n,) index of the class whose logit is explained.

        Returns:
            (n, rows, columns), >= 0.
        """
        from tf_keras_vis.utils.scores import CategoricalScore

        cams = self._gradcam(
            CategoricalScore([int(c) for c in classes]),
            np.asarray(images, np.float32),
            penultimate_layer=self.layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        return np.asarray(cams, np.float32)
