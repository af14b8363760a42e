"""Model files from elsewhere: opened as graphs that predict the same, or refused in one sentence."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.release.foreign import Foreign
from tests.core.release.foreign_models import SIZE, network, saved, tflite

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras' own saving raises it under NumPy 2."""


def test_a_network_inside_a_model_predicts_without_heatmaps(tmp_path: Path) -> None:
    import keras
    from keras import layers

    from core.inference.pool import Pool

    base = keras.applications.MobileNetV2((64, 64, 3), alpha=0.35, weights=None, include_top=False)
    parts = [keras.Input((64, 64, 3)), layers.Rescaling(1 / 255), base, layers.GlobalAveragePooling2D()]
    model = keras.Sequential([*parts, layers.Dropout(0.2), layers.Dense(7, activation="softmax")])
    graph = Foreign(saved(model, tmp_path / "m.keras")).graph((64, 64))
    images = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    found = Pool(graph.data, 1).run(images)
    assert not graph.heatmaps and not found["cams"].any()
    np.testing.assert_allclose(found["probabilities"], np.asarray(model(images)), atol=1e-4)


def test_a_model_without_convolution_has_no_heatmaps(tmp_path: Path) -> None:
    import keras
    from keras import layers

    flat = keras.Sequential([keras.Input((*SIZE, 3)), layers.Flatten(), layers.Dense(7, activation="softmax")])
    graph = Foreign(saved(flat, tmp_path / "m.keras")).graph(SIZE)
    assert not graph.heatmaps and graph.size == SIZE


def test_whole_numbers_as_input_are_understood(tmp_path: Path) -> None:
    import tensorflow as tf

    from core.inference.pool import Pool

    model = network()
    images = np.random.default_rng(0).random((20, 1, *SIZE, 3)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        (tmp_path / "m.tflite").write_bytes(converter.convert())
    graph = Foreign(tmp_path / "m.tflite").graph(SIZE)
    assert graph.quantized
    found = Pool(graph.data, 1).run(images[0])["probabilities"]
    np.testing.assert_allclose(found, np.asarray(model(images[0])), atol=0.05)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.keras", b"not a model", r"^m\.keras can't be loaded: "),
        ("m.tflite", b"not a model", r"^m\.tflite isn't a LiteRT model"),
        ("m.h5", b"", r"^m\.h5 is neither a \.keras nor a \.tflite file"),
        ("m.keras", None, "doesn't exist"),
    ],
)
def test_files_that_are_no_models_are_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        Foreign(tmp_path / name)


def test_a_tflite_cut_short_is_one_sentence(tmp_path: Path) -> None:
    data = tflite(network(), tmp_path / "m.tflite").read_bytes()
    for part in (0.2, 0.5, 0.9):
        (tmp_path / "cut.tflite").write_bytes(data[: int(part * len(data))])
        with pytest.raises(UserError, match=r"^cut\.tflite isn't a LiteRT model"):
            Foreign(tmp_path / "cut.tflite")
