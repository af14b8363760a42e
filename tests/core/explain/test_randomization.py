import numpy as np
from keras import Model, layers

from core.explain.randomization import randomisation_curve, rank_correlation, stages
from core.models.registry import get_model


def test_rank_correlation_by_hand():
    a = np.array([[[1.0, 2], [3, 4]]] * 4)
    b = np.stack([a[0] ** 3, -a[0], np.ones((2, 2)), [[2, 1], [3, 4]]])
    np.testing.assert_allclose(rank_correlation(a, b), [1, -1, np.nan, 0.8], atol=1e-6)


def test_stages_hold_every_layer_with_weights_once_from_the_answer_down():
    model = get_model("baseline_cnn").build((16, 16), 7)
    assert [[layer.name for layer in group] for group in stages(model)] == [
        ["probabilities"], ["dense"], ["conv3"], ["conv2"], ["conv1"],
    ]  # fmt: skip
    assert [len(group) for group in stages(model, 2)] == [2, 3]


def test_spoiling_the_weights_changes_the_heatmaps_and_their_values_stay_the_same():
    inputs = layers.Input((12, 16, 3))
    x = layers.Conv2D(12, 3, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    model = Model(inputs, layers.Dense(7, activation="softmax", name="out")(x))
    before = {weight.path: np.sort(np.asarray(weight).ravel()) for weight in model.weights}
    images = np.random.default_rng(0).integers(0, 256, (6, 12, 16, 3))
    names, found, other = randomisation_curve(model, images, seed=0)
    assert names == ["out", "conv"]
    assert found.shape == (2, 6)
    assert other.shape == (6,)
    assert np.isfinite(found).all()  # also where nothing speaks for the class any more
    assert np.nanmean(found[1]) < 0.9
    for weight in model.weights:
        np.testing.assert_array_equal(np.sort(np.asarray(weight).ravel()), before[weight.path])
