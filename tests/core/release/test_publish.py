"""Folders for a model hub: what they hold, and that the example predicts as the app does."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.release.publish import publish
from core.synthetic.lesions import sample_lesion
from tests.cards import change


@pytest.mark.parametrize("name", ["baseline_cnn", "efficientnet_lite_ensemble"])
def test_the_example_predicts_as_the_app_does(name: str, tmp_path: Path) -> None:
    out = publish(TRAINED_MODELS / name, tmp_path / "hub")
    assert {"README.md", "card.json", "labels.txt", "example.py"} < {path.name for path in out.iterdir()}
    image = cv2.resize(sample_lesion("mel", 1).image, (500, 333))
    cv2.imwrite(str(tmp_path / "a.png"), np.ascontiguousarray(image[..., ::-1]))
    command = [sys.executable, str(out / "example.py"), str(tmp_path / "a.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    lines = dict(line.split() for line in done.stdout.splitlines() if line[:3].strip() in [dx[:3] for dx in DX])
    pipeline = Pipeline.load(name)
    expected = pipeline.predict(image, flips=pipeline.model.averages_flips).probabilities
    np.testing.assert_allclose([float(lines[dx]) for dx in DX], expected, atol=2e-4)


def test_what_cannot_be_published_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UserError, match="isn't an empty folder"):
        publish(TRAINED_MODELS / "baseline_cnn", tmp_path / "full")
    with pytest.raises(UserError, match=r"doesn't use images|hasn't been exported"):
        publish(TRAINED_MODELS / "metadata_only", tmp_path / "out")
    change(folder, evaluation=None)
    with pytest.raises(UserError, match="has no scores yet"):
        publish(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
