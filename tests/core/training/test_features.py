from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.store.recipe import Augmentation, Phase, Recipe
from core.training.features import BATCH, frozen, predict, view_features

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 6, 8, 3)).astype(np.uint8)
RECIPE = Recipe("baseline_cnn", (Phase(1, 1e-3),), augmentation=Augmentation())


class Mean:
    """A model that gives the mean of its input, and notes the shapes that it got."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def predict_on_batch(self, inputs: np.ndarray) -> np.ndarray:
        assert inputs.dtype == np.float32
        self.shapes.append(inputs.shape)
        return inputs.mean(axis=tuple(range(1, inputs.ndim)), keepdims=True)[:, 0, 0]


@pytest.mark.parametrize("n", [1, BATCH, BATCH + 1, 2 * BATCH])
def test_all_batches_have_one_shape_and_the_padding_is_cut_off(n: int) -> None:
    model: Any = Mean()
    inputs = np.arange(n * 12).reshape(n, 2, 2, 3)
    np.testing.assert_allclose(predict(model, inputs)[:, 0], inputs.mean(axis=(1, 2, 3)), rtol=1e-5)
    assert set(model.shapes) == {(min(n, BATCH), 2, 2, 3)}


def mean(inputs: np.ndarray) -> np.ndarray:
    return inputs.mean(axis=(1, 2, 3))[:, None]


def test_a_view_is_computed_once_and_depends_on_seed_and_number(tmp_path: Path) -> None:
    plain = view_features(mean, IMAGES, 0, RECIPE, tmp_path / "0.npy")
    np.testing.assert_allclose(plain[:, 0], IMAGES.mean(axis=(1, 2, 3)), rtol=1e-2)
    first = view_features(mean, IMAGES, 1, RECIPE, tmp_path / "1.npy")
    assert (first != plain).any()
    np.testing.assert_array_equal(view_features(mean, IMAGES, 1, RECIPE, tmp_path / "again.npy"), first)
    assert (view_features(mean, IMAGES, 2, RECIPE, tmp_path / "2.npy") != first).any()
    np.save(tmp_path / "1.npy", plain)
    np.testing.assert_array_equal(view_features(mean, IMAGES, 1, RECIPE, tmp_path / "1.npy"), plain)


def test_on_another_backend_the_network_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    model: Any = Mean()
    np.testing.assert_allclose(frozen(model)(IMAGES), predict(Mean(), IMAGES))
    assert model.shapes
