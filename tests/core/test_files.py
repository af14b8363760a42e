"""Files are written whole or not at all, what prevents it is one sentence, and a change of a file is noticed."""

import ast
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import ROOT
from core.errors import UserError
from core.files import replacing, require_writable, require_writable_folder, state_of, state_of_folder

NOT_ROOT = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="nothing is forbidden to root")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB without a free byte, with an old table on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount a small disk")
    try:
        (folder / "table.csv").write_text("old")
        with pytest.raises(OSError, match="No space"):
            (folder / "rest").write_bytes(bytes(2**20))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


TABLE = pd.DataFrame({"a": range(9999)})


def write_arrays(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, TABLE.to_numpy())


WRITERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("x" * 9999),
    "table": lambda path: TABLE.to_csv(path),
    "arrays": write_arrays,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_on_a_full_disk_the_old_file_stays_and_is_named(full_disk: Path, write: Callable[[Path], object]) -> None:
    path, before = full_disk / "table.csv", sorted(full_disk.iterdir())
    with pytest.raises(UserError) as caught, replacing(path) as beside:
        write(beside)
    assert str(caught.value) == f"Can't write {path}: the disk is full; free some space and try again."
    assert path.read_text() == "old"
    assert sorted(full_disk.iterdir()) == before


def test_a_full_disk_is_noticed_beforehand(full_disk: Path) -> None:
    for path in (full_disk / "table.csv", full_disk / "new" / "deeper" / "table.csv"):
        with pytest.raises(UserError, match=r"table\.csv: the disk is full"):
            require_writable(path)
    (full_disk / "rest").unlink()
    require_writable(full_disk / "table.csv")
    with pytest.raises(UserError, match=r"table\.csv: 1\.0 MB are needed and its disk has 0\.1 MB free"):
        require_writable(full_disk / "table.csv", need=10**6)
    assert [path.name for path in full_disk.iterdir()] == ["table.csv"]


def file_for_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "a.csv"


def file_for_a_higher_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "deeper" / "a.csv"


def folder_for_file(folder: Path) -> Path:
    (folder / "a.csv").mkdir()
    return folder / "a.csv"


def dead_link_for_folder(folder: Path) -> Path:
    (folder / "link").symlink_to("/gone/elsewhere")
    return folder / "link" / "a.csv"


def long_name(folder: Path) -> Path:
    return folder / ("a" * 250 + ".csv")


PLACES = [file_for_folder, file_for_a_higher_folder, folder_for_file, dead_link_for_folder]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_where_nothing_can_be_written_is_named_beforehand(
    place: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = place(tmp_path)
    with pytest.raises(UserError) as caught:
        require_writable(path)
    assert str(caught.value).startswith(f"Can't write {path}: ")


@pytest.mark.parametrize("place", [*PLACES, long_name])
def test_the_same_places_are_one_sentence_when_writing(place: Callable[[Path], Path], tmp_path: Path) -> None:
    path = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught, replacing(path) as beside:
        beside.write_text("new")
    assert str(caught.value).startswith(f"Can't write {path}: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt", reason="there is no such file")
def test_a_device_is_never_replaced() -> None:
    with pytest.raises(UserError, match="not an ordinary file"):
        require_writable(Path(os.devnull))


@NOT_ROOT
def test_a_folder_without_permission_is_named_beforehand(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="permission is denied"):
        require_writable(tmp_path / "new" / "a.csv")
    tmp_path.chmod(0o700)


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    require_writable(tmp_path / "a.csv", need=1000)
    require_writable(tmp_path / "new" / "deeper" / "a.csv")
    require_writable_folder(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_an_error_about_another_file_is_not_blamed_on_the_one_that_is_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "a.csv"):
        (tmp_path / "input.csv").read_text()
    assert caught.value.filename == str(tmp_path / "input.csv") and caught.value.errno == errno.ENOENT


WRITES = {"write_text", "write_bytes", "to_csv", "save", "savez", "savez_compressed"}
EXEMPT = {
    ("core/data/download/web.py", "open"): "a download that is continued",
    ("core/training/card_facts.py", "to_csv"): "into memory",
    ("core/inference/report.py", "save"): "into memory",
    ("core/models/litert.py", "save"): "into a temporary folder",
    ("core/release/add.py", "write_bytes"): "into a temporary folder, which is moved when it is complete",
    ("core/release/web.py", "save"): "into memory",
    ("core/cli/data.py", "to_csv"): "in a stack of contexts",
    ("core/inference/batch.py", "open"): "in a stack of contexts, which its own tests cover",
}


def writes_outside(tree: ast.AST, inside: bool = False) -> Iterator[str]:
    """Names of the calls that write a file outside a `with replacing(...)`."""
    if isinstance(tree, ast.With):
        inside = inside or any("replacing" in ast.unparse(item.context_expr) for item in tree.items)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute) and not inside:
        name, mode = tree.func.attr, ast.unparse(tree.args[0]) if tree.args else ""
        if name in WRITES or (name == "open" and any(each in mode for each in ("'w", "'a", "'x"))):
            yield name
    for child in ast.iter_child_nodes(tree):
        yield from writes_outside(child, inside)


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_every_file_is_written_by_replacing(path: Path) -> None:
    where = path.relative_to(ROOT).as_posix()
    assert not [name for name in writes_outside(ast.parse(path.read_text())) if (where, name) not in EXEMPT]


def test_the_check_of_that_can_fail() -> None:
    code = "path.write_text('a')\nwith path.open('ab') as stream:\n    pass\nwith replacing(p) as q:\n    t.to_csv(q)\n"
    assert list(writes_outside(ast.parse(code))) == ["write_text", "open"]


def test_another_state_whenever_a_file_has_changed(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_text("x")
    two.write_text("y")
    before = state_of([one, two])
    assert state_of([one, two]) == before
    assert state_of([one]) != before
    os.utime(two, ns=(0, 0))
    later = state_of([one, two])
    assert later != before
    two.write_text("longer")
    os.utime(two, ns=(0, 0))
    assert state_of([one, two]) != later


def test_another_state_of_a_folder_whenever_a_file_in_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = state_of_folder(tmp_path)
    assert state_of_folder(tmp_path) == before
    os.utime(tmp_path / "a", ns=(0, 0))
    aged = state_of_folder(tmp_path)
    (tmp_path / "b").write_text("y")
    more = state_of_folder(tmp_path)
    (tmp_path / "b").unlink()
    assert len({before, aged, more}) == 3
    assert state_of_folder(tmp_path) == aged
    assert state_of_folder(tmp_path / "..") != aged, "two folders never share a state"
