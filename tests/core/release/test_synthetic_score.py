"""How a model's record on synthetic lesions is measured and worded."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.inference.crop import PreparedImage
from core.labels import DX
from core.release import synthetic_score
from core.release.synthetic_score import PER_DX, describe_synthetic, score_synthetic
from core.store.card import read_card
from core.synthetic.lesions import synthetic_test_set


def test_the_committed_figures_are_those_of_the_committed_models(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    committed = read_card(folder)["synthetic"]
    again = score_synthetic(folder)
    assert again == read_card(folder)["synthetic"]
    np.testing.assert_allclose(again["balanced_accuracy"], committed["balanced_accuracy"], atol=0.03)


def test_a_model_that_knows_the_answer_scores_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    images, dx = synthetic_test_set(PER_DX)
    truth = {image.tobytes(): DX.index(each) for image, each in zip(images, dx, strict=True)}

    class Knowing:
        def __init__(self, _: Path) -> None: ...

        def probabilities(self, image: PreparedImage) -> np.ndarray:
            return np.eye(len(DX))[truth[image.pixels.tobytes()]]

    monkeypatch.setattr(synthetic_score, "Network", Knowing)
    assert score_synthetic(folder)["balanced_accuracy"][0] == 1.0


def test_the_sentence_gives_figure_interval_and_count() -> None:
    sentence = describe_synthetic({"per_dx": 10, "balanced_accuracy": [0.6, 0.5, 0.7]})
    assert sentence == "balanced accuracy 0.60 [0.50, 0.70] on 70 synthetic lesions, 10 a diagnosis"
