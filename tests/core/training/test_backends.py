"""Training on another backend than TensorFlow, and over several devices; each needs a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.config import ROOT

SECOND = [name for name in ("jax", "torch") if find_spec(name)]
TRAIN = """
import sys
from pathlib import Path
import numpy as np
from dataclasses import replace
from core.training.distribute import use_all_devices
devices = use_all_devices() if sys.argv[2] == "distribute" else 1
from core.training.recipes import Phase
from core.training.labeled_images import LabeledImages
from core.training.run import Run
from core.training.recipe_table import get_recipe
rng = np.random.default_rng(0)
labels = np.arange(17) % 7
images = (rng.integers(0, 60, (17, 16, 16, 3)) + 25 * labels[:, None, None, None]).astype(np.uint8)
phases = (Phase(1, 1e-3, steps=2),)
recipe = replace(get_recipe("baseline_cnn"), batch_size=8, augmentation=None, ema=0.5, phases=phases)
images = LabeledImages(images, labels, 0 * labels)
run = Run(recipe, images, images, 7, Path(sys.argv[1]), devices=devices)
before = [np.array(w) for w in run.model.get_weights()]
run.execute()
moved = sum(float(np.abs(a - b).sum()) for a, b in zip(before, run.model.get_weights()))
assert moved > 0
import keras
print(keras.backend.backend(), devices, len(run.progress.history), f"{run.progress.history[0]['loss']:.6f}")
"""


def train(folder: Path, backend: str, *, distribute: bool = False, devices: int = 1) -> list[str]:
    folder.mkdir()
    env = os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    env["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    code = [sys.executable, "-c", TRAIN, str(folder), "distribute" if distribute else "alone"]
    done = subprocess.run(code, capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1].split()


@pytest.mark.skipif(not SECOND, reason="neither jax nor torch is installed")
@pytest.mark.parametrize("backend", SECOND)
def test_a_second_backend_trains_and_two_devices_learn_what_one_does(tmp_path: Path, backend: str) -> None:
    one = train(tmp_path / "one", backend)
    assert one[:3] == [backend, "1", "1"]
    if backend != "jax":
        return  # Keras shares batches among devices on JAX only.
    two = train(tmp_path / "two", backend, distribute=True, devices=2)
    assert two[1] == "2"
    assert float(two[3]) == pytest.approx(float(one[3]), rel=1e-4)
