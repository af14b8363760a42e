"""The stored examples: as drawn, and drawn anew where the file doesn't fit."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.labels import DX
from core.store import arrays
from core.synthetic.examples import EXAMPLES_FILE, SEED, example_images, example_row, write_examples
from core.synthetic.lesions import sample_lesion


def apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(float) - second).mean())


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)


def test_the_committed_file_shows_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {dx: sample_lesion(dx, SEED).image for dx in DX}
    monkeypatch.setattr("core.synthetic.lesions.sample_lesion", None)  # so that none is drawn anew
    found = example_images()
    assert tuple(found) == DX
    assert max(apart(found[dx], drawn[dx]) for dx in DX) < 3
    assert apart(found["mel"], drawn["nv"]) > 3
    assert np.array_equal(decoded(example_row()), np.hstack(list(found.values())))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "examples.npz"
    write_examples(path)
    assert path.read_bytes() == EXAMPLES_FILE.read_bytes()


@pytest.mark.parametrize("fault", ["missing", "damaged", "former", "no image", "one image"])
def test_a_file_that_does_not_fit_is_not_used(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "examples.npz"
    known = arrays.read_arrays(EXAMPLES_FILE, "")
    if fault == "damaged":
        path.write_bytes(b"cut")
    elif fault == "former":
        arrays.write_arrays(path, known | {"parameters": np.array("0" * 64)})
    elif fault == "no image":
        arrays.write_arrays(path, known | {"jpeg": np.zeros(20, np.uint8)})
    elif fault == "one image":
        jpeg = cv2.imencode(".jpg", np.zeros((150, 200, 3), np.uint8))[1].ravel()
        arrays.write_arrays(path, known | {"jpeg": jpeg})
    found = example_images(path)
    drawn = {dx: sample_lesion(dx, SEED).image for dx in DX}
    assert all(np.array_equal(found[dx], drawn[dx]) for dx in DX)
    assert apart(decoded(example_row(path)), np.hstack(list(drawn.values()))) < 3
