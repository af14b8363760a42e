"""Examples are predicted once for all visitors."""

import numpy as np
import pytest

from core.inference.pipeline import Pipeline
from core.labels import DX
from core.synthetic.lesions import sample_lesion
from dashboard.caches import inference

NAME, WITHOUT = "efficientnet_lite0", "custom_cnn"
IMAGE = sample_lesion("mel", 3).image


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Images that a model predicted, from now on and with an empty cache."""
    inference._predicted.clear()
    seen: list[np.ndarray] = []
    predict = Pipeline.predict

    def noted(self: Pipeline, image: np.ndarray, flips: bool = True, explain: bool = False) -> object:
        seen.append(image)
        return predict(self, image, flips, explain)

    monkeypatch.setattr(Pipeline, "predict", noted)
    return seen


def test_an_example_is_predicted_once_and_each_class_has_its_heatmap(predicted: list[np.ndarray]) -> None:
    found = inference.predict_example(NAME, IMAGE, explain=True)
    assert inference.predict_example(NAME, IMAGE.copy(), explain=True) is found and len(predicted) == 1
    expected = inference.pipeline(NAME).predict(IMAGE, explain=True)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert found.evidence == ()  # a megabyte for each network
    for dx in DX:
        np.testing.assert_allclose(found.heatmap(dx, "LayerCAM"), expected.heatmap(dx, "LayerCAM"), atol=1e-5)


def test_another_image_method_or_model_is_predicted_anew(predicted: list[np.ndarray]) -> None:
    inference.predict_example(NAME, IMAGE, explain=True)
    other = IMAGE.copy()
    other[0, 0, 0] ^= 1
    inference.predict_example(NAME, other, explain=True)
    inference.predict_example(NAME, IMAGE, explain=False)
    inference.predict_example("baseline_cnn", IMAGE, explain=True)
    assert len(predicted) == 4


def test_a_model_without_layer_cam_predicts_once_whoever_asks(predicted: list[np.ndarray]) -> None:
    assert "LayerCAM" not in inference.pipeline(WITHOUT).methods
    found = inference.predict_example(WITHOUT, IMAGE, explain=True)
    assert inference.predict_example(WITHOUT, IMAGE, explain=False) is found and len(predicted) == 1
