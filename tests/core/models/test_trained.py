from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.inference.pool import Pool
from core.models.trained import load_trained
from core.store.stored import Member
from tests.cards import change


def test_the_weights_are_those_that_were_exported(folder: Path) -> None:
    model, images = load_trained(folder), np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3)).astype(np.float32)
    exported = Pool((folder / "model.tflite").read_bytes(), 1).run(images)["probabilities"]
    np.testing.assert_allclose(model.predict_on_batch(images), exported, atol=2e-3)


def test_altered_weights_and_a_model_without_any_are_refused(folder: Path) -> None:
    path = folder / "weights.npz"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(UserError, match=r"weights\.npz of small differs from its card"):
        load_trained(folder)
    change(folder, kind="ensemble", members=(Member("a"),), weights=None)
    with pytest.raises(UserError, match="No weights of small are kept; name a single network"):
        load_trained(folder)
    change(folder, kind="network", members=(), weights=None, export=None)
    with pytest.raises(UserError, match="No weights of small are kept; train it again with `python -m core train"):
        load_trained(folder)
