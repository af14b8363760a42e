from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.data.images import resize
from core.errors import UserError
from core.models.trained import load_trained
from core.store.card import read_card
from core.store.recipe import Augmentation, Phase, Recipe
from core.training import teacher as module
from core.training.features import predict
from core.training.teacher import load_teacher, view_targets

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3)).astype(np.uint8)


def recipe(**changes: object) -> Recipe:
    phase = Phase(1, 1e-3, trainable_from="dense", cached_views=1)
    return Recipe("baseline_cnn", (phase,), augmentation=Augmentation(), **changes)  # type: ignore[arg-type]


def test_the_members_of_an_ensemble_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_trained", lambda folder: f"network of {folder.name}")
    teacher = load_teacher(TRAINED_MODELS / "efficientnet_lite_ensemble")
    names = ["efficientnet_lite0", "efficientnet_lite2"]
    assert [member.name for member in teacher.members] == names
    assert list(teacher.networks) == [f"network of {name}" for name in names]
    assert teacher.hashes == [read_card(TRAINED_MODELS / name).files.weights for name in names]


def test_several_networks_teach_their_mean() -> None:
    networks = tuple(load_trained(TRAINED_MODELS / name) for name in ("baseline_cnn", "custom_cnn"))
    teacher = module.Teacher(networks, ())
    sizes = [network.input_shape[1:3] for network in networks]
    assert sizes[0] != sizes[1]
    each = [predict(n, np.stack([resize(i, size) for i in IMAGES])) for n, size in zip(networks, sizes, strict=True)]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    np.testing.assert_allclose(teacher.probabilities(IMAGES), (each[0] + each[1]) / 2, atol=1e-6)


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
