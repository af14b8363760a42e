"""Whatever lies in a dataset's folder: what the metadata doesn't name is ignored, what it names is found or named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.folder import list_folder
from core.data.metadata import load_dataset
from core.errors import UserError

FIRST = "ISIC_0000000"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, and links only for administrators")


def images(folder: Path) -> Path:
    """The subfolder with the first image."""
    return next(folder.rglob(f"{FIRST}.jpg")).parent


def link(folder: Path) -> None:
    (images(folder) / "elsewhere.jpg").symlink_to("/gone/elsewhere.jpg")


def junk(folder: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", f"._{FIRST}.jpg", "Icon\r", "Untitled.jpg"):
        (images(folder) / name).write_bytes(b"")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / f"{FIRST}.jpg").write_bytes(b"x")
    (images(folder) / os.fsdecode(b"L\xe4sion.jpg")).write_bytes(b"x")
    (images(folder) / "ISIC_0034524.jpg").write_bytes(b"x")  # an image of ISIC's test set


def odd_entries(folder: Path) -> None:
    os.mkfifo(images(folder) / "pipe.jpg")
    (images(folder) / "thumbs.jpg").mkdir()
    (folder / "again").symlink_to(folder)
    (folder / "HAM10000_images_part_2b").symlink_to("/gone/part_2")


def nest(folder: Path) -> None:
    part = images(folder)
    inner = part / part.name
    inner.mkdir()
    for path in part.glob("*.jpg"):
        path.rename(inner / path.name)


def one_folder_each(folder: Path) -> None:
    for path in list(folder.rglob("*.jpg")):
        place = folder / "images" / f"class {int(path.stem[-2:]) // 10}"
        place.mkdir(parents=True, exist_ok=True)
        path.rename(place / path.name)


def other_endings(folder: Path) -> None:
    for path, ending in zip(sorted(folder.rglob("*.jpg")), (".JPG", ".jpeg", ".jpe", ".jfif", ".PNG"), strict=False):
        path.rename(path.with_suffix(ending))


@pytest.mark.parametrize("change", [link, junk, odd_entries, nest, one_folder_each, other_endings])
def test_all_images_are_found_whatever_lies_beside_them(mini_ham: Path, change: Callable[[Path], None]) -> None:
    before = {name: path.read_bytes() for name, path in load_dataset(mini_ham).images.items()}
    change(mini_ham)
    dataset = load_dataset(mini_ham)
    assert not dataset.missing
    assert {name: path.read_bytes() for name, path in dataset.images.items()} == before


def copy(path: Path) -> None:
    (path.parent.parent / "edited").mkdir()
    shutil.copy(path, path.parent.parent / "edited" / path.with_suffix(".png").name)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/gone.jpg")


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (copy, rf"^Two files for one image: .*{FIRST}\.jpg and edited/{FIRST}\.png; keep one of them"),
        (replace_by_folder, rf"^Images that cannot be read: {FIRST}\.jpg; fetch them again or delete them"),
        (replace_by_dead_link, rf"^Images that cannot be read: {FIRST}\.jpg;"),
        (replace_by_pipe, rf"^Images that cannot be read: {FIRST}\.jpg;"),
        (lambda path: path.write_bytes(b""), rf"^Empty image files: {FIRST}\.jpg;"),
    ],
)
def test_an_image_that_the_metadata_names_is_named(
    mini_ham: Path, change: Callable[[Path], None], message: str
) -> None:
    change(images(mini_ham) / f"{FIRST}.jpg")
    with pytest.raises(UserError, match=message):
        load_dataset(mini_ham)


def test_a_folder_that_cannot_be_listed_is_named(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, scan = images(mini_ham), os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == closed:
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert list_folder(mini_ham).closed == (closed,)
    dataset = load_dataset(mini_ham)
    assert FIRST in dataset.missing
    assert f"these folders can't be opened: {closed.name}" in dataset.why_missing


def test_missing_images_are_explained(mini_ham: Path) -> None:
    kept = {path: path.read_bytes() for path in mini_ham.rglob("*.jpg")}
    for path in kept:
        path.unlink()
    assert "put them into a folder in" in load_dataset(mini_ham).why_missing
    (mini_ham / "HAM10000_images_part_1.zip").write_bytes(b"PK")
    assert "unpack HAM10000_images_part_1.zip in" in load_dataset(mini_ham).why_missing
    (mini_ham / "HAM10000_images_part_1.zip").unlink()
    next(iter(kept)).with_name("photo.jpg").write_bytes(b"x")
    assert "have other names, such as" in load_dataset(mini_ham).why_missing


@pytest.mark.parametrize("name", ["HAM10000_metadata (1).csv", "HAM10000_metadata.csv.txt", "ham10000_metadata.csv"])
def test_a_copy_of_the_metadata_is_read_under_a_browsers_name(mini_ham: Path, name: str) -> None:
    (mini_ham / "HAM10000_metadata.csv").rename(mini_ham / name)
    assert not load_dataset(mini_ham).missing
    shutil.copy(mini_ham / name, mini_ham / "HAM10000_metadata (2).csv")
    with pytest.raises(UserError, match=r"has several tables: .*; rename the right one to HAM10000_metadata\.csv"):
        load_dataset(mini_ham)


def test_a_dataset_one_folder_deeper_is_pointed_at(mini_ham: Path) -> None:
    with pytest.raises(UserError, match=rf"HAM10000 lies deeper, in {mini_ham}; point HAM10000_DIR at that folder"):
        load_dataset(mini_ham.parent)
