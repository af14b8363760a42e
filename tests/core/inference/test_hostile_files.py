"""What serving must hold over many images and beside a broken model."""

import gc
import io
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image as Pillow

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.inference.crop import prepare
from core.inference.decode import decode
from core.inference.model import Network
from core.synthetic.lesions import sample_lesion

MOST_GROWTH = 50 * 2**20
IMAGES = 500


def jpeg(seed: int) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(sample_lesion("mel", seed).image).save(stream, "JPEG")
    return stream.getvalue()


def test_five_hundred_images_leave_memory_as_it_was():
    network = Network(TRAINED_MODELS / "baseline_cnn")
    files = [jpeg(seed) for seed in range(4)]
    process = psutil.Process()
    for i in range(50):
        network.run(prepare(decode(files[i % 4])))
    gc.collect()
    before = process.memory_info().rss
    for i in range(IMAGES):
        network.run(prepare(decode(files[i % 4])))
    gc.collect()
    assert process.memory_info().rss - before < MOST_GROWTH


def test_a_changed_heatmap_leaves_later_predictions_as_they_were():
    network = Network(TRAINED_MODELS / "baseline_cnn")
    image = prepare(decode(jpeg(0)))
    first = network.run(image)
    kept, heatmaps = first.probabilities.copy(), first.heatmaps.copy()
    first.heatmaps[:] = 7
    again = network.run(image)
    np.testing.assert_array_equal(again.probabilities, kept)
    np.testing.assert_array_equal(again.heatmaps, heatmaps)


def test_beside_a_broken_model_the_others_keep_working(tmp_path: Path):
    good, bad = (Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / n / "baseline_cnn")) for n in "ab")
    opened = Network(good)
    whole = (bad / "model.tflite").read_bytes()
    (bad / "model.tflite").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(UserError, match="not the file that its card describes"):
        Network(bad)
    assert abs(opened.probabilities(prepare(decode(jpeg(0)))).sum() - 1) < 1e-5
