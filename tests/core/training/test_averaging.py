"""The moving average of weights."""

import keras
import numpy as np

from core.training.averaging import AveragedWeights


def small_model() -> keras.Model:
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs))


def test_the_average_follows_the_weights_and_leaves_them_alone() -> None:
    model = small_model()
    average = AveragedWeights(model, momentum=0.5, updates=100)
    model.set_weights([np.array([[4.0], [8.0]])])
    average.on_train_batch_end(0)
    average.on_train_batch_end(1)
    np.testing.assert_allclose(average.average[0].ravel(), [3.0, 6.0])
    with average.applied():
        np.testing.assert_allclose(model.get_weights()[0].ravel(), [3.0, 6.0])
    np.testing.assert_allclose(model.get_weights()[0].ravel(), [4.0, 8.0])


def test_the_first_batches_soon_forget_the_start() -> None:
    model = small_model()
    average = AveragedWeights(model, momentum=0.999)
    model.set_weights([np.ones((2, 1))])
    average.on_train_batch_end(0)
    np.testing.assert_allclose(average.average[0], 1 - 2 / 11, rtol=1e-6)


def test_an_interrupted_average_goes_on_from_what_was_kept() -> None:
    model = small_model()
    average = AveragedWeights(model, momentum=0.9, average=[np.full((2, 1), 5.0)], updates=1000)
    average.on_train_batch_end(0)
    np.testing.assert_allclose(average.average[0], 4.5)
