"""Arrays on disk: written whole, and refused in one sentence where they are damaged."""

from contextlib import suppress
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


def test_the_same_arrays_give_the_same_bytes_and_a_changed_one_never_a_traceback(tmp_path: Path) -> None:
    arrays = {"a": np.random.default_rng(0).integers(0, 9, 5000).astype(np.float16)}
    paths = [tmp_path / f"{name}.npz" for name in "xy"]
    for path in paths:
        write_arrays(path, arrays)
    data = paths[0].read_bytes()
    assert data == paths[1].read_bytes() and len(data) < arrays["a"].nbytes / 2
    for at in range(60, len(data) - 120, 97):
        paths[0].write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
        with suppress(UserError):  # a change that leaves the archive readable is found by the card's SHA-256
            read_arrays(paths[0], "fetch it again")


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
