import numpy as np
from keras import Model, layers, utils

from core.explain.randomization import (
    Cascade,
    cascade,
    ensemble_curve,
    randomisation_curve,
    rank_correlation,
    run_cascade,
    shuffle,
)
from core.models.cam_heads import with_cams
from core.models.registry import get_model


def test_rank_correlation_by_hand():
    a = np.array([[[1.0, 2], [3, 4]]] * 4)
    b = np.stack([a[0] ** 3, -a[0], np.ones((2, 2)), [[2, 1], [3, 4]]])
    np.testing.assert_allclose(rank_correlation(a, b), [1, -1, np.nan, 0.8], atol=1e-6)


def test_the_cascade_holds_every_layer_with_weights_once_from_the_output_down():
    model = get_model("baseline_cnn").build((16, 16), 7)
    assert [layer.name for layer in cascade(model)] == ["probabilities", "dense", "conv3", "conv2", "conv1"]


def small_model() -> Model:
    inputs = layers.Input((12, 16, 3))
    x = layers.Conv2D(12, 3, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(7, activation="softmax", name="out")(x))


def test_spoiling_the_weights_changes_the_heatmaps_and_the_weights_are_restored():
    model = small_model()
    before = model.get_weights()
    images = np.random.default_rng(0).integers(0, 256, (6, 12, 16, 3))
    found = randomisation_curve(model, images, seeds=(0, 1))
    assert found.layers == ["out", "conv"]
    assert found.correlation.shape == found.empty.shape == (2, 2, 6)
    assert found.other.shape == (6, 6)
    assert np.isfinite(found.correlation).all()  # also where nothing speaks for the class any more
    assert np.nanmean(found.correlation[:, 1]) < 0.9
    assert (found.correlation[0] != found.correlation[1]).any()  # another seed, other weights
    for weights, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weights, kept)


def test_each_step_is_the_network_with_its_layers_shuffled_so_far():
    utils.set_random_seed(1)
    model, images = (
        get_model("baseline_cnn").build((16, 16), 7),
        np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)),
    )
    trained = model.get_weights()
    found = run_cascade(model, images, (5,))

    def explained() -> np.ndarray:
        out = with_cams(model, signed=True)(images.astype(np.float32), training=False)
        return np.asarray(out["cams"])[np.arange(3), ..., classes]

    classes = np.asarray(model(images.astype(np.float32), training=False)).argmax(axis=1)
    np.testing.assert_allclose(found.trained, explained(), rtol=1e-5)
    assert (found.randomized < 0).any()
    for step in range(len(found.layers)):
        model.set_weights(trained)
        rng = np.random.default_rng(5)
        for layer in cascade(model)[: step + 1]:
            for weight in (each for each in layer.weights if len(each.shape) > 1):
                values = np.asarray(weight)
                weight.assign(rng.permutation(values.ravel()).reshape(values.shape))
        np.testing.assert_allclose(found.randomized[0, step], explained(), rtol=1e-4, atol=1e-6)
    model.set_weights(trained)
    curve = randomisation_curve(model, images, (5,))
    after = rank_correlation(found.trained, found.trained[[2, 0, 1]])  # of 0 and 2, of 1 and 0, of 2 and 1
    np.testing.assert_allclose(curve.other[[0, 1, 2], [2, 0, 1]], after)
    np.testing.assert_array_equal(curve.other, curve.other.T)
    assert np.isnan(np.diag(curve.other)).all()


def test_every_kernel_is_shuffled_and_nothing_else():
    model = get_model("baseline_cnn").build((16, 16), 7)
    for weight in model.weights:
        weight.assign(np.arange(np.asarray(weight).size, dtype=np.float32).reshape(weight.shape))
    before = [np.asarray(weight).copy() for weight in model.weights]
    shuffle(model, np.random.default_rng(0))
    for old, weight in zip(before, model.weights, strict=True):
        new = np.asarray(weight)
        assert (new != old).any() == (old.ndim > 1), weight.path
        np.testing.assert_array_equal(np.sort(new.ravel()), np.sort(old.ravel()))


def test_empty_heatmaps_are_marked_and_constant_ones_have_no_correlation():
    model = small_model()
    model.get_layer("conv").bias.assign(np.full(12, -1e6, np.float32))  # nothing passes the ReLU
    found = randomisation_curve(model, np.zeros((2, 12, 16, 3)), seeds=(0,))
    assert found.empty.all()
    assert np.isnan(found.correlation).all()


def grid(*rows: list[float]) -> np.ndarray:
    return np.array([rows], np.float32)


def test_an_ensembles_members_are_randomized_down_to_the_same_share_of_their_layers():
    up, down = grid([0, 1], [2, 4]), grid([4, 2], [1, 0])
    deep = Cascade(["out", "b", "a"], up, np.array([[up, up, down]]))
    flat = Cascade(["out", "top"], 100 * up, np.array([[up, down]]))
    found = ensemble_curve([deep, flat])
    assert found.layers == ["out", "b and top", "a and top"]
    # at the first step nothing has changed, at the second one member is turned round, at the last both
    np.testing.assert_allclose(found.correlation[0, :, 0], [1, 0, -1], atol=1e-6)


def test_an_ensembles_members_weigh_the_same_on_the_finest_grid_and_keep_their_sign():
    fine = np.arange(-8, 8, dtype=np.float32).reshape(1, 4, 4)
    coarse = 1000 * grid([1, 1], [-1, -1])
    members = [Cascade(["out"], each, np.array([[each]])) for each in (fine, coarse)]
    found = ensemble_curve(members)
    assert found.correlation.shape == (1, 1, 1) and found.correlation[0, 0, 0] == 1
    assert not found.empty.any()
    silent = [Cascade(["out"], each, np.array([[-np.abs(each)]])) for each in (fine, coarse)]
    assert ensemble_curve(silent).empty.all()
    assert not ensemble_curve([silent[0], members[1]]).empty.any()


def test_an_ensemble_of_one_network_is_that_network():
    model, images = small_model(), np.random.default_rng(0).integers(0, 256, (6, 12, 16, 3))
    one, whole = randomisation_curve(model, images, seeds=(0, 1)), ensemble_curve([run_cascade(model, images, (0, 1))])
    np.testing.assert_allclose(one.correlation, whole.correlation, atol=1e-5)
    np.testing.assert_array_equal(one.empty, whole.empty)
    chosen = run_cascade(model, images, (0,), classes=np.full(6, 3))
    assert (chosen.trained != run_cascade(model, images, (0,), classes=np.full(6, 4)).trained).any()
