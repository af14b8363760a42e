from dataclasses import replace

import numpy as np
import pytest

from core.data.images import read_image
from core.errors import UserError
from core.explain.study.explainers import Explainer, LayerExplainer
from core.explain.study.scores import read_cam_scores, score_heatmaps, write_cam_scores
from core.inference.model import FLIPS
from core.labels import DX
from core.models.cam_heads import last_features
from core.models.trained import load_trained
from core.store.card import read_card
from core.store.export_facts import Adapter
from tests.cards import change
from tests.core.cam_model import ensemble, equip


def test_another_layer_gives_other_heatmaps_and_the_last_one_the_same(folder, dataset):
    image = read_image(next(iter(dataset.images.values())))
    _, served = Explainer(folder).predict_and_explain(image)
    last = last_features(load_trained(folder)).name
    _, same = LayerExplainer(folder, last).predict_and_explain(image)
    assert np.abs(same - served).max() < 0.02 * served.max()
    run = score_heatmaps(folder, dataset, 40, explainer=LayerExplainer(folder, "conv1"))
    assert next(iter(run.cams.values())).shape > served.shape[:2]
    with pytest.raises(UserError, match="no layer 'conv9' with feature maps"):
        LayerExplainer(folder, "conv9")


def test_an_ensemble_predicts_the_mean_of_its_members(write_model, folder, dataset):
    whole = ensemble(write_model("both"), folder, equip(write_model("other")))
    image = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype(np.uint8)
    (alone, cams), (together, mean) = (
        Explainer(folder).predict_and_explain(image),
        Explainer(whole).predict_and_explain(image),
    )
    np.testing.assert_allclose(alone, together, atol=1e-6)
    peak = cams.max(axis=(0, 1))
    np.testing.assert_allclose(cams / np.where(peak > 0, peak, 1), mean, atol=1e-5)
    flipped = [Explainer(folder).predict(image[::down, ::across]) for down, across in FLIPS]
    np.testing.assert_allclose(Explainer(whole).predict(image), np.mean(flipped, axis=0), atol=2e-3)
    assert np.abs(Explainer(whole).predict(image) - alone).max() > 1e-4
    np.testing.assert_array_equal(Explainer(folder).predict(image), alone)
    run = write_cam_scores(whole, dataset)
    assert read_card(whole).cam_scores.speed is None
    assert read_cam_scores(whole) is not None
    assert len(run.table)


def test_a_model_without_heatmaps_is_one_sentence(folder):
    export = read_card(folder).export
    change(folder, export=replace(export, adapter=Adapter("0 to 255", tuple(DX), logits=False, heatmaps=False)))
    with pytest.raises(UserError, match="small has no heatmaps: what its file holds can't be explained"):
        Explainer(folder)
