import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.config import ROOT, TRAINED_MODELS
from core.errors import UserError
from core.inference.model import Classifier, read_export
from tests.cards import change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed baseline that a test may spoil."""
    return Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(TRAINED_MODELS / "baseline_cnn")


def noise(count: int, height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def test_an_answer_is_probabilities_and_heatmaps_within_bounds(classifier):
    for picture in noise(4):
        answer = classifier.classify(picture)
        assert answer.probabilities.shape == (7,)
        assert abs(answer.probabilities.sum() - 1) < 1e-5
        assert answer.cams.shape == (16, 16, 7)
        assert np.isfinite(answer.cams).all()
        peaks = answer.cams.max((0, 1))
        assert answer.cams.min() >= 0
        assert np.isin(peaks, (0, 1)).all()
        assert answer.seconds > 0


def test_eight_threads_answer_as_one(classifier):
    batch = noise(16)
    alone = [classifier.classify(picture) for picture in batch]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(classifier.classify, batch))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.probabilities, b.probabilities)
        np.testing.assert_array_equal(a.cams, b.cams)


def test_the_margins_beside_the_crop_do_not_count(classifier):
    wide = noise(1, 90, 300)
    cropped = wide[0][:, 90:210]
    np.testing.assert_array_equal(
        classifier.classify(wide[0]).probabilities, classifier.classify(cropped).probabilities
    )


def test_the_served_model_repeats_the_committed_predictions(classifier, real_ham):
    from core.data.images import read_image
    from core.evaluation.leaderboard import load_scores

    said = load_scores(TRAINED_MODELS / "baseline_cnn", "test")
    for name, expected in list(zip(said.image_id.tolist(), said.probabilities, strict=True))[::100]:
        got = classifier.classify(read_image(real_ham.images[name])).probabilities
        np.testing.assert_allclose(got, expected, atol=0.01)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (flip, "not the file that its card describes"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "not the file that its card describes"),
        (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid"), "git lfs pull"),
        (Path.unlink, "model.tflite is missing"),
    ],
    ids=["flipped", "cut", "pointer", "missing"],
)
def test_a_spoilt_export_is_refused_in_one_line(folder, spoil, message):
    spoil(folder / "model.tflite")
    with pytest.raises(UserError, match=message) as caught:
        Classifier(folder)
    assert "baseline_cnn" in str(caught.value)


def test_a_card_without_export_says_how_to_export(folder):
    change(folder, export=None)
    with pytest.raises(UserError, match="core export baseline_cnn"):
        Classifier(folder)


def test_a_path_on_the_card_leads_nowhere_else(folder):
    text = (folder / "card.json").read_text()
    (folder / "card.json").write_text(text.replace('"model.tflite"', '"../../secret/model.tflite"'))
    with pytest.raises(UserError, match=r"export\.file\.name '../../secret/model\.tflite' is not a plain file name"):
        read_export(folder)


def test_serving_needs_no_tensorflow():
    code = (
        "import sys, numpy as np\n"
        "from core.config import TRAINED_MODELS\n"
        "from core.explain.study import gallery\n"
        "from core.inference import decode, model, pipeline\n"
        "folder = TRAINED_MODELS / 'baseline_cnn'\n"
        "model.Classifier(folder).classify(np.zeros((60, 80, 3), np.uint8))\n"
        "pipeline.Judge(folder).judge(np.zeros((60, 80, 3), np.uint8))\n"
        "print(sorted({n.split('.')[0] for n in sys.modules} & {'tensorflow', 'keras', 'tf_keras_vis'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr
