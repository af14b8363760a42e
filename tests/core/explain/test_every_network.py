"""Every registered network has heatmaps, on small images; a new entry is tested without writing a test."""

import numpy as np
import pytest

from core.explain.layer_maps import layer_cams
from core.inference.heatmaps import normalize
from core.labels import DX
from core.models.cam_heads import with_cams
from core.models.registry import ModelSpec, all_models

SPECS = list({(spec.imagenet, spec.parameters, spec.layers): spec for spec in all_models().values()}.values())
"""One of those that differ only in what is trained, as `densenet201_full` and `densenet201_last_block` do."""
SMALL = {"baseline_cnn": 16, "custom_cnn": 40}
"""Heights and widths in pixels that leave several positions to be flattened; other networks get 64."""
INCEPTION = 75
"""The least that keras.applications builds Inception networks for."""


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_heatmaps_of_all_diagnoses_are_the_gradients(spec: ModelSpec) -> None:
    side = INCEPTION if "inception" in spec.name else SMALL.get(spec.name, 64)
    model = spec.build((side, side), len(DX))
    images = np.random.default_rng(0).integers(0, 256, (1, side, side, 3)).astype(np.float32)
    cams = np.asarray(with_cams(model)(images, training=False)["cams"])[0]
    assert cams.shape[-1] == len(DX)
    assert np.isfinite(cams).all()
    assert cams.min() >= 0
    hottest = int(cams.max(axis=(0, 1)).argmax())
    expected = list(layer_cams(model, images, np.array([hottest])).values())[-1][0]
    np.testing.assert_allclose(cams[..., hottest], expected, rtol=1e-2, atol=1e-4 * expected.max())
    nothing = normalize(0 * cams)
    assert not nothing.any()
    assert np.isfinite(nothing).all()
