import numpy as np
import pytest

from core.evaluation.leaderboard import load_scores
from core.explain.randomization import between_images
from core.explain.study.explainers import Explainer
from core.explain.study.pairs import one_a_lesion
from core.explain.study.randomized import OTHER, RANDOM_SEEDS, lesion_draws, randomization_rows
from core.store.predictions import Scores
from tests.cards import change
from tests.core.cam_model import ensemble, equip

LAYERS = ["probabilities", "dense", "conv3", "conv2", "conv1"]


@pytest.fixture
def some(folder):
    predicted = load_scores(folder, "test")
    rng = np.random.default_rng(0)
    return [(row, rng.integers(0, 256, (150, 200, 3), np.uint8), None) for row in one_a_lesion(predicted)[:4]]


def by_step(rows, measure):
    return {row["series"]: row["value"] for row in rows if row["measure"] == measure}


def test_members_are_randomized_at_the_same_depth_and_unlike_each_other(write_model, folder, some):
    whole = ensemble(write_model("both"), folder, equip(write_model("other")))
    predicted = load_scores(whole, "test")
    rows = randomization_rows(whole, predicted, some)
    assert list(by_step(rows, "rank correlation")) == [OTHER, *LAYERS]
    assert list(by_step(rows, "empty")) == LAYERS
    assert {row["seeds"] for row in rows[1:]} == {len(RANDOM_SEEDS)}
    alone = by_step(randomization_rows(ensemble(write_model("one"), folder), predicted, some), "rank correlation")
    assert alone["conv1"] != pytest.approx(by_step(rows, "rank correlation")["conv1"], abs=1e-6)


def test_an_ensembles_layer_cam_is_the_members_mean_as_served(write_model, folder, some):
    whole = ensemble(write_model("both"), folder, equip(write_model("other")))
    predicted = load_scores(whole, "test")
    rows = by_step(randomization_rows(whole, predicted, some, "LayerCAM"), "rank correlation")
    assert list(rows) == [OTHER, *LAYERS]
    explainer = Explainer(whole, method="LayerCAM")
    classes = predicted.probabilities[[row for row, _, _ in some]].argmax(axis=1)
    cams = np.stack([explainer.explain(some[i][1], [int(dx)])[..., 0] for i, dx in enumerate(classes)])
    assert rows[OTHER] == pytest.approx(np.nanmean(between_images(cams)), abs=0.05)
    plain = by_step(randomization_rows(whole, predicted, some), "rank correlation")
    assert all(rows[layer] != plain[layer] for layer in LAYERS)


def test_the_class_that_an_ensemble_predicts_is_explained(write_model, folder, some):
    whole = ensemble(write_model("both"), folder)
    predicted = load_scores(whole, "test")
    other = Scores(*[getattr(predicted, name) for name in ("image_id", "group", "truth")],
                   1 - predicted.probabilities, predicted.prior)  # fmt: skip
    values = [by_step(randomization_rows(whole, each, some), "rank correlation") for each in (predicted, other)]
    assert values[0] != values[1]


def test_a_network_without_weights_has_no_such_check(write_model, folder, some):
    predicted = load_scores(folder, "test")
    whole = ensemble(write_model("both"), folder)
    change(folder, kind="added", weights=None)
    assert randomization_rows(folder, predicted, some) == randomization_rows(whole, predicted, some) == []


def test_images_of_one_lesion_and_near_duplicates_are_drawn_together():
    names, group = np.array(["a", "b", "c"]), np.array([1, 1, 2])
    scores = Scores(names, group, np.zeros(3, np.int64), np.zeros((3, 7)), np.zeros(7))
    weights = lesion_draws(scores, [(row, None, None) for row in (2, 0, 1)])
    assert (weights[1] == weights[2]).all() and (weights[0] != weights[1]).any()
