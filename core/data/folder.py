"""What lies in a dataset's folder: the only code that lists it. Nothing that lies there raises an OSError."""

import os
import re
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError, name_offenders

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png")
DEPTH = 2
"""Levels of folders that are searched: class folders in a folder of images, or an archive in a folder of its name."""
SKIPPED_FOLDERS = re.compile(r"\.|__MACOSX$")


@dataclass(frozen=True)
class Listing:
    """Names of files and folders; nothing is opened.

    Attributes:
        folder: The folder that was listed.
        folders: It and the folders below it, in order of their names, each once even if a link repeats it.
        files: Everything in them that isn't a folder, whether or not it can be read; in order of their names.
        closed: Folders that can't be listed.
    """

    folder: Path
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    closed: tuple[Path, ...]

    def short(self, path: Path) -> str:
        """Name a path by its way from the folder."""
        return path.relative_to(self.folder).as_posix()


def list_folder(folder: Path, depth: int = DEPTH) -> Listing:
    """List a folder and the folders below it; a folder that isn't there or can't be read lists as empty.

    Example:
        >>> list_folder(Path("no such folder")).files
        ()
    """
    folders: list[Path] = []
    files: list[Path] = []
    closed: list[Path] = []
    seen: set[str] = set()

    def enter(place: Path, level: int) -> None:
        real = os.path.realpath(place)
        if real in seen:
            return
        seen.add(real)
        try:
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            closed.append(place)
            return
        folders.append(place)
        below = []
        for entry in entries:
            path = place / entry.name
            if not _is_folder(entry):
                files.append(path)
            elif level < depth and not SKIPPED_FOLDERS.match(entry.name):
                below.append(path)
        for path in below:
            enter(path, level + 1)

    enter(folder, 0)
    return Listing(folder, tuple(folders), tuple(files), tuple(closed))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Return whether a folder; one that has the name of an image is taken for that image, so that it can be named."""
    try:
        return entry.is_dir() and not _is_image_name(entry.name)
    except OSError:
        return False


def _is_image_name(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() in IMAGE_SUFFIXES and not stem.endswith("_segmentation")


def index_images(listing: Listing, known: Collection[str]) -> dict[str, Path]:
    """Find the file of each image that the metadata names; whatever else lies in the folder is ignored.

    Args:
        listing: The dataset's folder.
        known: The image_ids.

    Returns:
        Path by image_id.

    Raises:
        UserError: Names the images that have two files, and the files that are empty or can't be read.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for path in listing.files:
        if path.stem in known and _is_image_name(path.name):
            found[path.stem].append(path)
    twice = [" and ".join(listing.short(path) for path in paths) for paths in found.values() if len(paths) > 1]
    if twice:
        raise UserError(f"Two files for one image: {name_offenders(twice, limit=3)}; keep one of them in this folder.")
    images = {image_id: paths[0] for image_id, paths in found.items()}
    states = {path: _state(path) for path in images.values()}
    if empty := sorted(path.name for path, state in states.items() if state == "empty"):
        raise UserError(f"Empty image files: {name_offenders(empty)}; fetch them again or delete them.")
    if broken := sorted(path.name for path, state in states.items() if state == "unreadable"):
        raise UserError(f"Images that cannot be read: {name_offenders(broken)}; fetch them again or delete them.")
    return images


def _state(path: Path) -> str:
    """Return whether a file can be opened, without opening it: a pipe would wait for a writer."""
    try:
        found = path.stat()
    except OSError:
        return "unreadable"
    if not stat.S_ISREG(found.st_mode) or not os.access(path, os.R_OK):
        return "unreadable"
    return "" if found.st_size else "empty"


def explain_missing(listing: Listing, images: Mapping[str, Path], missing: Iterable[str]) -> str:
    """Say in one sentence why images may be missing and what to do.

    Args:
        listing: The dataset's folder.
        images: Path by image_id of those that are there.
        missing: The image_ids without a file.
    """
    ids = name_offenders(list(missing))
    others = [path for path in listing.files if _is_image_name(path.name) and path.stem not in images]
    zips = [path.name for path in listing.files if path.suffix.lower() == ".zip"]
    if listing.closed:
        closed = name_offenders([listing.short(path) for path in listing.closed])
        return f"Missing: {ids}; these folders can't be opened: {closed}."
    if zips:
        return f"Missing: {ids}; unpack {name_offenders(zips)} in {listing.folder}."
    if others and not images:
        return (
            f"Missing: {ids}; the images in {listing.folder} have other names, such as {listing.short(others[0])}; "
            "rename them to the metadata's image_id, or fetch the metadata that belongs to them."
        )
    return f"Missing: {ids}; put them into a folder in {listing.folder}, or run `python -m core download`."
