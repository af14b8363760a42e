import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.config import ROOT, TRAINED_MODELS
from core.errors import UserError
from core.inference.crop import prepare
from core.inference.model import FLIPS, Ensemble, Network, flip_probabilities, open_model, read_export
from tests.cards import change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed baseline that a test may damage."""
    return Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(TRAINED_MODELS / "baseline_cnn")


@pytest.fixture(scope="module")
def ensemble(network) -> Ensemble:
    return Ensemble("both", [network, Network(TRAINED_MODELS / "efficientnet_lite0")])


def noise(count: int, height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def test_an_output_is_probabilities_and_heatmaps_of_all_classes(network):
    for image in noise(4):
        output = network.run(prepare(image))
        assert output.probabilities.shape == (7,)
        assert abs(output.probabilities.sum() - 1) < 1e-5
        assert output.heatmaps.shape == (16, 16, 7)
        assert np.isfinite(output.heatmaps).all() and output.heatmaps.min() >= 0
        assert [each.shape for each in output.embeddings] == [(512,)]


def test_eight_threads_predict_as_one(network):
    batch = [prepare(image) for image in noise(16)]
    alone = [network.run(image) for image in batch]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(network.run, batch))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.probabilities, b.probabilities)
        np.testing.assert_array_equal(a.heatmaps, b.heatmaps)


def test_the_margins_beside_the_crop_do_not_count(network):
    wide = noise(1, 90, 300)[0]
    cropped = wide[:, 90:210]
    np.testing.assert_array_equal(network.probabilities(prepare(wide)), network.probabilities(prepare(cropped)))


@pytest.mark.parametrize("flip", FLIPS)
def test_a_flip_is_the_prediction_of_the_flipped_image(network, flip):
    image = noise(1, 150, 200)[0]
    down, across = flip
    flipped = np.ascontiguousarray(image[::down, ::across])
    np.testing.assert_allclose(
        network.probabilities(prepare(image), flip), network.probabilities(prepare(flipped)), atol=1e-4
    )


def test_there_are_four_flips_and_the_image_as_it_is_comes_first():
    assert FLIPS[0] == (1, 1)
    assert sorted(FLIPS) == [(-1, -1), (-1, 1), (1, -1), (1, 1)]


def test_flips_that_are_known_are_not_run_again(network):
    image = prepare(noise(1)[0])
    first = network.run(image)
    whole = flip_probabilities(network, image)
    np.testing.assert_array_equal(flip_probabilities(network, image, first), whole)
    assert whole.shape == (4, 7) and whole.dtype == np.float64
    np.testing.assert_array_equal(flip_probabilities(network, image, first, FLIPS[:1]), whole[:1])


def test_an_ensemble_is_the_mean_of_its_members(ensemble):
    image = prepare(noise(1)[0])
    outputs = [member.run(image) for member in ensemble.members]
    whole = ensemble.run(image)
    np.testing.assert_allclose(whole.probabilities, np.mean([o.probabilities for o in outputs], axis=0), atol=1e-6)
    np.testing.assert_array_equal(whole.probabilities, ensemble.probabilities(image))
    for found, own in zip(whole.embeddings, outputs, strict=True):
        np.testing.assert_array_equal(found, own.embeddings[0])
    assert whole.heatmaps.shape == (16, 16, 7) and whole.heatmaps.max() <= 1
    assert ensemble.size == ensemble.members[1].size != (64, 64)
    assert ensemble.averages_flips and not ensemble.members[0].averages_flips


def test_the_committed_ensemble_opens_as_any_other_model():
    model = open_model(TRAINED_MODELS / "efficientnet_lite_ensemble")
    assert [each.name for each in model.members] == ["efficientnet_lite0", "efficientnet_lite2"]
    network = open_model(TRAINED_MODELS / "efficientnet_lite0")
    assert [each.name for each in network.members] == ["efficientnet_lite0"]


def test_a_model_without_images_cannot_predict_one():
    with pytest.raises(UserError, match="metadata_only doesn't use images"):
        open_model(TRAINED_MODELS / "metadata_only")


def test_the_served_model_repeats_the_committed_predictions(network, real_ham):
    from core.data.images import read_image
    from core.evaluation.leaderboard import load_scores

    scores = load_scores(TRAINED_MODELS / "baseline_cnn", "test")
    for name, expected in list(zip(scores.image_id.tolist(), scores.probabilities, strict=True))[::100]:
        got = network.probabilities(prepare(read_image(real_ham.images[name])))
        np.testing.assert_allclose(got, expected, atol=0.01)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (flip, "not the file that its card describes"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "not the file that its card describes"),
        (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid"), "git lfs pull"),
        (Path.unlink, "model.tflite is missing"),
    ],
    ids=["flipped", "cut", "pointer", "missing"],
)
def test_a_damaged_export_is_refused_in_one_line(folder, damage, message):
    damage(folder / "model.tflite")
    with pytest.raises(UserError, match=message) as caught:
        Network(folder)
    assert "baseline_cnn" in str(caught.value)


def test_a_card_without_export_says_how_to_export(folder):
    change(folder, export=None)
    with pytest.raises(UserError, match="core export baseline_cnn"):
        Network(folder)


def test_a_path_on_the_card_leads_nowhere_else(folder):
    text = (folder / "card.json").read_text()
    (folder / "card.json").write_text(text.replace('"model.tflite"', '"../../secret/model.tflite"'))
    with pytest.raises(UserError, match=r"export\.file\.name '../../secret/model\.tflite' is not a plain file name"):
        read_export(folder)


def test_serving_needs_no_tensorflow():
    code = (
        "import sys, numpy as np\n"
        "from core.explain.study import gallery\n"
        "from core.inference.pipeline import Pipeline\n"
        "for name in ('baseline_cnn', 'efficientnet_lite_ensemble'):\n"
        "    Pipeline.load(name).predict(np.zeros((60, 80, 3), np.uint8))\n"
        "print(sorted({n.split('.')[0] for n in sys.modules} & {'tensorflow', 'keras', 'tf_keras_vis'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_cold_start_imports_neither_the_leaderboard_nor_scikit_learn():
    code = (
        "import sys, core.inference.batch, core.inference.pipeline, core.inference.report\n"
        "slow = ('sklearn', 'scipy', 'core.evaluation.leaderboard')\n"
        "print([name for name in slow if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr
