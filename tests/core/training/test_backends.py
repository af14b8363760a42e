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
import keras
for way in sys.argv[2:]:
    devices = use_all_devices() if way == "distribute" else 1
    folder = Path(sys.argv[1]) / way
    folder.mkdir()
    run = Run(recipe, images, images, 7, folder, devices=devices)
    before = [np.array(w) for w in run.model.get_weights()]
    run.execute()
    moved = sum(float(np.abs(a - b).sum()) for a, b in zip(before, run.model.get_weights()))
    assert moved > 0
    print(keras.backend.backend(), devices, len(run.progress.history), f"{run.progress.history[0]['loss']:.6f}")
"""


def train(folder: Path, backend: str, *ways: str) -> list[list[str]]:
    """Train "alone", on one device, or "distribute", over two; one line of words for each."""
    env = os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    env["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={len(ways)}"
    code = [sys.executable, "-c", TRAIN, str(folder), *ways]
    done = subprocess.run(code, capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.split() for line in done.stdout.splitlines() if line.startswith(backend)]


@pytest.mark.skipif(not SECOND, reason="neither jax nor torch is installed")
@pytest.mark.parametrize("backend", SECOND)
def test_a_second_backend_trains_and_two_devices_learn_what_one_does(tmp_path: Path, backend: str) -> None:
    ways = ("alone", "distribute") if backend == "jax" else ("alone",)  # Keras shares batches on JAX only
    one, *two = train(tmp_path, backend, *ways)
    assert one[:3] == [backend, "1", "1"]
    if backend == "jax":
        assert two[0][1] == "2"
        assert float(two[0][3]) == pytest.approx(float(one[3]), rel=1e-4)
