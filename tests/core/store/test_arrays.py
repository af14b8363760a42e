"""Arrays on disk: written whole, and refused in one sentence where they are damaged."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.store.arrays import read_arrays, write_arrays


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_arrays(tmp_path / "x.npz", {"a": np.arange(3, dtype=np.int8), "b": np.array(["x"])})
    found = read_arrays(tmp_path / "x.npz", "again")
    assert found["a"].tolist() == [0, 1, 2] and found["a"].dtype == np.int8 and found["b"].tolist() == ["x"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04junk", b"words"])
def test_a_damaged_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{tmp_path.name}/x\.npz is missing or damaged; fetch it again\.$"):
        read_arrays(path, "fetch it again")


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(UserError, match="missing or damaged"):
        read_arrays(tmp_path / "x.npz", "fetch it again")
