"""One row of the predictions: its heatmaps against its lesion, or a sentence."""

from pathlib import Path

import numpy as np
import pytest

from core.data.masks import MASKS, read_mask
from core.data.metadata import Dataset
from core.evaluation.leaderboard import load_scores
from core.explain.localization import fit
from core.explain.study.explainers import Explainer
from core.explain.study.score_rows import Scorer
from core.labels import DX


@pytest.fixture
def scorer(folder: Path, dataset: Dataset) -> Scorer:
    spot = np.ones((150, 200), np.float32)
    return Scorer(load_scores(folder, "test"), Explainer(folder), dataset, dataset.folder / MASKS, spot, spot)


def test_a_wrong_prediction_has_a_row_for_the_true_class_too(scorer: Scorer) -> None:
    wrong = scorer.predicted.probabilities.argmax(axis=1) != scorer.predicted.truth
    there = np.isin(scorer.predicted.image_id, list(scorer.dataset.images))
    for row, targets in ((np.flatnonzero(there & wrong)[0], 2), (np.flatnonzero(there & ~wrong)[0], 1)):
        found = scorer(int(row))
        assert not isinstance(found, str)
        rows, cams = found
        name = str(scorer.predicted.image_id[row])
        assert len(rows) == len(cams) == targets
        assert rows[0]["dx"] == DX[scorer.predicted.truth[row]] and rows[0]["area"] == pytest.approx(1 / 6)
        expected = fit(cams[name, "predicted"], read_mask(scorer.masks, name))
        np.testing.assert_equal([rows[0][each] for each in expected._fields], list(expected))


def test_a_missing_image_is_named(scorer: Scorer) -> None:
    missing = np.flatnonzero(~np.isin(scorer.predicted.image_id, list(scorer.dataset.images)))[0]
    found = scorer(int(missing))
    assert isinstance(found, str) and str(scorer.predicted.image_id[missing]) in found
