"""How a model's record on synthetic lesions is measured and worded."""

import shutil
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.inference.crop import PreparedImage
from core.labels import DX
from core.release import synthetic_score
from core.release.synthetic_score import PER_DX, describe_synthetic, score_synthetic
from core.stats import Estimate
from core.store.card import read_card
from core.store.evaluation_facts import SyntheticScore
from core.synthetic.lesions import synthetic_test_set


def test_the_committed_figures_are_those_of_the_committed_models(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    committed = read_card(folder).synthetic_score
    again = score_synthetic(folder)
    assert committed and again == read_card(folder).synthetic_score
    np.testing.assert_allclose(astuple(again.balanced_accuracy), astuple(committed.balanced_accuracy), atol=0.03)


def test_a_model_that_knows_the_truth_scores_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    images, dx = synthetic_test_set(PER_DX)
    truth = {image.tobytes(): DX.index(each) for image, each in zip(images, dx, strict=True)}

    class Knowing:
        def __init__(self, _: Path) -> None: ...

        def probabilities(self, image: PreparedImage) -> np.ndarray:
            return np.eye(len(DX))[truth[image.pixels.tobytes()]]

    monkeypatch.setattr(synthetic_score, "Network", Knowing)
    assert score_synthetic(folder).balanced_accuracy.value == 1.0


def test_the_sentence_gives_figure_interval_and_count() -> None:
    sentence = describe_synthetic(SyntheticScore(10, Estimate(0.6, 0.5, 0.7)))
    assert sentence == "balanced accuracy 0.60 [0.50, 0.70] on 70 synthetic lesions, 10 a diagnosis"
