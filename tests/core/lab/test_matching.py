import numpy as np
import pytest

from core.lab.embeddings import Embeddings
from core.lab.matching import match_sizes
from core.lab.protocols import prepare
from core.labels import DX
from core.resampling.resample import SYNTHETIC
from core.resampling.spec import ResamplingSpec


def test_leaking_images_stay_unless_no_others_are_left() -> None:
    labels = np.array([0] * 6 + [1] * 4)
    kept = match_sizes(np.arange(10), np.array([2, 3, 4, 5, 6]), labels)
    assert len(kept) == 5 and {0, 1} <= set(kept[:4].tolist())  # leaks of class 0, and two others of it
    assert kept[4] in (7, 8, 9)  # one of three leaks, as class 1 has one honest row


def test_synthetic_rows_are_thinned_with_the_images(small: Embeddings) -> None:
    jobs = prepare("before_split", small, ResamplingSpec("smote"))
    full, matched, honest = (jobs[name]().train for name in ("full", "inflated", "honest"))
    made = [np.bincount(each.labels[each.origin == SYNTHETIC], minlength=len(DX)) for each in (full, matched)]
    assert (made[1] <= made[0]).all() and 0.7 < made[1].sum() / made[0].sum() < 0.95
    assert len(matched.labels) == pytest.approx(len(honest.labels), rel=0.15)
