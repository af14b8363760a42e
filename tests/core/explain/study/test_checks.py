from types import SimpleNamespace

import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.data.masks import masks_folder
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.faithfulness import COVERS
from core.explain.study.checks import (
    CURVES,
    ORDERS,
    SHARES,
    WHOLE,
    curves_of,
    read_checks,
    write_checks,
)
from core.explain.study.explainers import BATCH, Explainer
from core.explain.study.pairs import one_a_lesion, usable_pairs
from core.explain.study.randomized import RANDOM_SEEDS
from core.store.card import read_card
from tests.cards import change, other_export
from tests.core.cam_model import ensemble, equip


class Spot:
    """A model that predicts melanoma (index 4) as far as the upper left corner is sharp, and explains it right."""

    def predict_and_explain(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        corner = image[:38, :50].astype(float)
        sharp = min(1.0, corner.std() / 70)
        probabilities = np.full(7, (1 - 0.2 - 0.8 * sharp) / 6)
        probabilities[4] = 0.2 + 0.8 * sharp
        cams = np.zeros((4, 4, 7))
        cams[0, 0, 4] = 1
        return probabilities, cams

    def predict(self, image: np.ndarray) -> np.ndarray:
        return self.predict_and_explain(image)[0]

    def explain(self, image: np.ndarray, classes: list[int]) -> np.ndarray:
        return self.predict_and_explain(image)[1][..., classes]


def test_a_faithful_heatmap_beats_the_centre_and_chance():
    image = np.random.default_rng(0).integers(0, 256, (*SOURCE_SIZE, 3)).astype(np.uint8)
    center = np.zeros(SOURCE_SIZE, np.float32)
    center[60:90, 80:120] = 1
    other = np.zeros((4, 4))
    other[3, 3] = 1
    curves = curves_of(Spot(), image, other, center, seed=1)
    assert curves.shape == (len(CURVES), len(ORDERS), len(SHARES))
    insertion, deletion = curves.mean(axis=2)
    assert insertion[0] > max(insertion[1:])
    assert deletion[0] < min(deletion[1:])
    np.testing.assert_allclose(curves[0, :, -1], curves[1, :, 0])
    np.testing.assert_allclose(curves[0, :, 0], curves[1, :, -1])


def test_all_checks_are_written_and_read(folder, dataset):
    next(iter(dataset.images.values())).write_bytes(b"cut")
    write_checks(folder, dataset, curve_images=5, random_images=4)
    table = read_checks(folder)
    covered = table[table["check"] == "covered"]
    assert covered["series"].unique().tolist() == [WHOLE, *COVERS]
    assert set(covered["images"]) == {39}
    curves = table[table["measure"] == "probability"]
    assert len(curves) == len(CURVES) * len(ORDERS) * len(SHARES)
    assert curves["value"].between(0, 1).all()
    areas = table[table["measure"] == "auc"].set_index(["check", "series"])["value"]
    gap = areas["insertion", "heatmap"] - areas["insertion", "random"]
    assert areas["insertion", "heatmap minus random"] == pytest.approx(gap, abs=2e-4)
    gap = areas["insertion", "heatmap"] - areas["insertion", "other"]
    assert areas["insertion", "heatmap minus other"] == pytest.approx(gap, abs=2e-4)
    steps = table[table["check"] == "randomisation"]
    by_layer = steps[steps["measure"] == "rank correlation"]
    assert by_layer["series"].tolist() == ["another image", "probabilities", "dense", "conv3", "conv2", "conv1"]
    assert by_layer["seeds"].tolist() == [1, *[len(RANDOM_SEEDS)] * 5]
    assert steps.loc[steps["measure"] == "empty", "value"].between(0, 1).all()
    change(folder, export=other_export(read_card(folder)))
    with pytest.raises(UserError, match="for a former model; run `python -m core explain checks small`"):
        read_checks(folder)


def test_time_up_leaves_a_batch_of_random_images(folder, dataset):
    write_checks(folder, dataset, curve_images=20, random_images=2, seconds=0)
    counts = read_checks(folder).groupby("check")["images"].max()
    assert counts["covered"] == counts["insertion"] == BATCH


def test_an_ensemble_has_every_check_of_its_own_predictions(write_model, folder, dataset):
    other = equip(write_model("other"))
    whole = ensemble(write_model("both"), folder, other)
    write_checks(whole, dataset, curve_images=3, random_images=4)
    table = read_checks(whole)
    assert set(table["check"]) == {"covered", "insertion", "deletion", "randomisation"}
    start = table.query("check == 'deletion' and series == 'heatmap' and step == 0")["value"].iloc[0]
    explainer, predicted = Explainer(whole), load_scores(whole, "test")
    shown = [pair[1] for pair in usable_pairs(predicted, one_a_lesion(predicted), dataset, masks_folder(dataset), 3)]
    assert start == pytest.approx(np.mean([explainer.predict(image).max() for image in shown]), abs=1e-4)


def test_layer_cam_is_checked_in_a_table_of_its_own(folder, dataset):
    progress = []
    write_checks(folder, dataset, lambda done, total: progress.append((done, total)), 5, 4, method="LayerCAM")
    assert progress[-1] == (5, 5)
    table, card = read_checks(folder, "LayerCAM"), read_card(folder)
    assert set(table["check"]) == {"insertion", "deletion", "randomisation"}
    assert card.cam_checks is None and read_checks(folder) is None
    explainer, predicted = Explainer(folder, method="LayerCAM"), load_scores(folder, "test")
    shown = [pair[1] for pair in usable_pairs(predicted, one_a_lesion(predicted), dataset, masks_folder(dataset), 5)]
    heats = [explainer.explain(each, [int(explainer.predict(each).argmax())])[..., 0] for each in shown]
    curves = [
        curves_of(explainer, image, heats[(i + 1) % 5], np.ones(SOURCE_SIZE, np.float32), 0)
        for i, image in enumerate(shown)
    ]
    for order in ("heatmap", "other"):
        half = table.query("check == 'insertion' and series == @order and step == 0.5")["value"].iloc[0]
        expected = np.mean([curve[0, ORDERS.index(order), len(SHARES) // 2] for curve in curves])
        assert half == pytest.approx(expected, abs=2e-3)
    change(folder, export=other_export(read_card(folder)))
    with pytest.raises(UserError, match="run `python -m core explain checks --method LayerCAM small`"):
        read_checks(folder, "LayerCAM")


def test_an_ensembles_layer_cam_is_checked_too(write_model, folder, dataset):
    whole = ensemble(write_model("both"), folder, equip(write_model("other")))
    write_checks(whole, dataset, curve_images=3, random_images=4, method="LayerCAM")
    table = read_checks(whole, "LayerCAM")
    steps = table[(table["check"] == "randomisation") & (table["measure"] == "rank correlation")]
    assert steps["series"].tolist()[0] == "another image" and len(steps) == 6
    assert set(steps["images"]) <= {1, 2, 3, 4} and {"insertion", "deletion"} < set(table["check"])


def test_no_usable_image_is_one_sentence(folder, dataset):
    assert read_checks(folder) is None
    empty = SimpleNamespace(folder=dataset.folder, images={}, metadata=dataset.metadata)
    with pytest.raises(UserError, match="No test image of small is there with its mask"):
        write_checks(folder, empty)
