"""What serving must hold over many pictures and beside a broken model."""

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
from core.inference.decode import decode
from core.inference.model import Classifier
from core.synthetic.lesions import sample_lesion

MOST_GROWTH = 50 * 2**20
PICTURES = 500


def jpeg(seed: int) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(sample_lesion("mel", seed).image).save(stream, "JPEG")
    return stream.getvalue()


def test_five_hundred_pictures_leave_memory_as_it_was():
    classifier = Classifier(TRAINED_MODELS / "baseline_cnn")
    files = [jpeg(seed) for seed in range(4)]
    process = psutil.Process()
    for i in range(50):
        classifier.classify(decode(files[i % 4]))
    gc.collect()
    before = process.memory_info().rss
    for i in range(PICTURES):
        classifier.classify(decode(files[i % 4]))
    gc.collect()
    assert process.memory_info().rss - before < MOST_GROWTH


def test_a_heatmap_leaves_later_answers_as_they_were():
    classifier = Classifier(TRAINED_MODELS / "baseline_cnn")
    image = decode(jpeg(0))
    first = classifier.classify(image)
    kept = first.probabilities.copy()
    first.cams[:] = 7
    again = classifier.classify(image)
    np.testing.assert_array_equal(again.probabilities, kept)
    assert again.cams.max() <= 1


def test_beside_a_broken_model_the_others_keep_working(tmp_path: Path):
    good, bad = (Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / n / "baseline_cnn")) for n in "ab")
    opened = Classifier(good)
    whole = (bad / "model.tflite").read_bytes()
    (bad / "model.tflite").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(UserError, match="not the file that its card describes"):
        Classifier(bad)
    assert abs(opened.classify(decode(jpeg(0))).probabilities.sum() - 1) < 1e-5
