from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.models.trained import load_trained
from core.store.recipe import Augmentation, Phase, Recipe
from core.training.features import predict
from core.training.teacher import load_teacher, view_targets

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3)).astype(np.uint8)


def recipe(**changes: object) -> Recipe:
    phase = Phase(1, 1e-3, trainable_from="dense", cached_views=1)
    return Recipe("baseline_cnn", (phase,), augmentation=Augmentation(), **changes)  # type: ignore[arg-type]


def test_an_ensemble_teaches_the_mean_of_its_members() -> None:
    teacher = load_teacher(TRAINED_MODELS / "efficientnet_lite_ensemble")
    networks = [load_trained(TRAINED_MODELS / name) for name in ("efficientnet_lite0", "efficientnet_lite2")]
    assert [member.name for member in teacher.members] == [network.name for network in networks]
    images = np.random.default_rng(1).integers(0, 256, (2, *networks[0].input_shape[1:3], 3)).astype(np.uint8)
    expected = (predict(networks[0], images) + predict(networks[1], images)) / 2
    np.testing.assert_allclose(teacher.probabilities(images), expected, atol=1e-6)
    assert teacher.probabilities(images[:, :60, :80]).shape == (2, 7)  # enlarged to each network's size


def test_targets_are_of_the_view_and_computed_once(tmp_path: Path) -> None:
    teacher = load_teacher(TRAINED_MODELS / "baseline_cnn")
    targets = view_targets(teacher, IMAGES, 1, recipe(), tmp_path)
    np.testing.assert_allclose(targets[0], teacher.probabilities(IMAGES), atol=1e-6)
    assert (np.abs(targets[1] - targets[0]) > 1e-4).any()
    np.save(tmp_path / "teacher_1.npy", targets[0])
    np.testing.assert_array_equal(view_targets(teacher, IMAGES, 1, recipe(), tmp_path)[1], targets[0])


def test_a_model_without_weights_cannot_teach() -> None:
    with pytest.raises(UserError, match="No weights of"):
        load_teacher(TRAINED_MODELS / "metadata_only")
