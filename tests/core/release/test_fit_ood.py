"""The image check tells apart what it was fitted on; rates count images that took no part, by lesion and source."""

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.release.check_samples import CLINICAL, HAM, OTHER_CLINICS, SYNTHETIC, CheckSample
from core.release.fit_ood import MAX_REFUSED, Features, as_lines, fit, fit_threshold, measure, rate
from core.stats import wilson
from core.store.card import read_card

IMAGE = np.zeros((4, 4, 3), np.uint8)


def sample(kind: str, part: str = "report", **facts: object) -> CheckSample:
    good = kind in (HAM, OTHER_CLINICS, SYNTHETIC)
    return CheckSample(IMAGE, good, part, kind, **facts)  # type: ignore[arg-type]


def test_it_learns_from_the_part_for_fitting_alone():
    rng = np.random.default_rng(0)
    samples, rows = [], []
    for i in range(400):
        good, part = bool(i % 2), "fit" if i < 200 else "report"
        image_id = f"ISIC_{i:07d}" if good and part == "fit" else ""
        samples.append(sample(HAM if good else CLINICAL, part, dx="nv" if good else "", image_id=image_id))
        # In the part that is reported, the two kinds have changed places.
        rows.append(rng.normal(size=6) + 3 * (good == (part == "fit")))
    values = np.array(rows)
    seen = Features(values[:, :4].astype(np.float32), values[:, 4:], np.zeros((400, 4)))
    detector = fit(seen, samples)
    low = detector.scores(seen.embeddings, seen.descriptors) < 0.5
    good = np.array([each.dermatoscopic for each in samples])
    assert (low[:200] == good[:200]).mean() > 0.95
    assert (low[200:] == good[200:]).mean() < 0.05
    assert detector.number.tolist() == list(range(1, 200, 2))


def test_the_threshold_is_that_of_the_dataset_that_needs_the_wider_one():
    scores = np.concatenate([np.linspace(0, 0.1, 201), np.linspace(0, 0.5, 201), np.full(9, 0.9)])
    samples = [sample(HAM, "choose")] * 201 + [sample(OTHER_CLINICS, "choose")] * 201 + [sample(HAM, "report")] * 9
    good = np.ones(len(samples), bool)
    threshold = fit_threshold(scores, good, samples)
    assert threshold == pytest.approx(0.5 * (1 - MAX_REFUSED[OTHER_CLINICS]))
    narrow = fit_threshold(np.concatenate([scores[:201], scores[:201] / 10, scores[402:]]), good, samples)
    assert narrow == pytest.approx(0.1 * (1 - MAX_REFUSED[HAM]))


def test_images_of_bad_quality_count_among_those_that_may_be_refused():
    samples = [sample(OTHER_CLINICS, "choose")] * 200 + [sample(HAM, "choose")] * 200
    scores = np.concatenate([np.linspace(0, 0.5, 200), np.zeros(200)])
    good = np.ones(400, bool)
    good[:4] = False  # 2% of MILK10k's, with the best scores of all
    accepted = (scores <= fit_threshold(scores, good, samples)) & good
    assert accepted[:200].mean() == pytest.approx(1 - MAX_REFUSED[OTHER_CLINICS], abs=0.006)
    assert accepted[:200].mean() >= 1 - MAX_REFUSED[OTHER_CLINICS]


def test_rates_are_those_of_the_report_by_kind_diagnosis_and_alteration():
    samples = [
        sample(HAM, dx="mel", case="a"), sample(HAM, dx="mel", case="a"), sample(HAM, dx="nv", case="b"),
        sample(HAM, dx="nv", case="b", alteration="zoom"), sample(HAM, "fit", dx="nv", case="c"),
        sample(OTHER_CLINICS, dx="inf", case="d"), sample(CLINICAL, case="d"), sample(CLINICAL, case="d", file="jpeg"),
        sample("text", case="x"), sample("text", case="x", file="jpeg"), sample("noise", case="y"),
        sample(SYNTHETIC, dx="mel"), sample(SYNTHETIC, dx="nv"),
    ]  # fmt: skip
    passed = np.array([1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0], bool)
    found = measure(passed, samples)
    assert {name: (each.share.value, each.images, each.cases) for name, each in found["accepted"].items()} == {
        "mel": (1, 2, 1), "nv": (0, 1, 1), "all": (pytest.approx(0.6667), 3, 2)}  # fmt: skip
    assert list(found["altered"]) == ["zoom"] and found["altered"]["zoom"].share.value == 1
    assert list(found["other_clinics"]) == ["inf", "all"]
    assert (found["clinical"].share.value, found["clinical"].images) == (1, 1)
    assert {name: each.share.value for name, each in found["rejected"].items()} == {"text": 1, "noise": 0, "all": 0.5}
    assert {name: each.share.value for name, each in found["rejected_as_jpeg"].items()} == {"text": 0, "all": 0}
    assert (found["synthetic_accepted"].share, found["synthetic_accepted"].images) == (0.5, 2)


def test_many_images_of_one_case_are_worth_little_more_than_one():
    even, uneven = rate([True] * 10, list("abcdefghij")), rate([True] * 10, list("aaaaaaaabc"))
    assert (even.share.low, even.cases) == (pytest.approx(wilson(1, 10)[0], abs=1e-4), 10)
    assert uneven.share.low == pytest.approx(wilson(1, 100 / 66)[0], abs=1e-4) and uneven.cases == 3
    assert uneven.share.low < even.share.low


def test_the_committed_check_is_described_with_every_rate():
    facts = read_card(TRAINED_MODELS / "efficientnet_lite0").ood_detector
    text = "\n".join(as_lines(facts))
    for part in ("scope circle", "mel", "scc", "clinical close-up", "photograph", "synthetic"):
        assert part in text
