from pathlib import Path

import numpy as np

from core.lab.grid_parts import GridKey, Parts, read_parts, write_parts

PARTS: Parts = {
    GridKey("right", "none", "knn", 0, "own"): np.ones((2, 3), np.float32),
    GridKey("image_split", "smote", "mlp", 12, "honest"): np.full((2, 3), 0.5, np.float32),
}


def test_parts_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_parts(tmp_path / "parts.npz", PARTS, "stamp")
    again = read_parts(tmp_path / "parts.npz", "stamp")
    assert list(again) == list(PARTS)
    assert all(np.array_equal(again[key], PARTS[key]) for key in PARTS)
    assert {type(key.seed) for key in again} == {int}
    assert read_parts(tmp_path / "parts.npz", "another stamp") == {}


def test_a_key_is_stored_as_columns(tmp_path: Path) -> None:
    write_parts(tmp_path / "parts.npz", PARTS, "stamp")
    with np.load(tmp_path / "parts.npz") as arrays:
        assert arrays["strategy"].tolist() == ["none", "smote"]
        assert arrays["draws"].shape == (2, 2, 3)


def test_nothing_found_is_stored_as_nothing(tmp_path: Path) -> None:
    write_parts(tmp_path / "parts.npz", {}, "stamp")
    assert read_parts(tmp_path / "parts.npz", "stamp") == {}
