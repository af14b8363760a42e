"""The cache of the installed dataset, and what is wrong with it: a fault takes nothing from what works without it."""

import os
from pathlib import Path

import streamlit as st

from core.config import data_dir
from core.data.folder import IMAGE_SUFFIXES
from core.data.metadata import Dataset, find_dataset
from core.errors import UserError

Stamp = tuple[object, ...]


def installed() -> Dataset | None:
    """The installed HAM10000, or None; read again as soon as its folder changes.

    Raises:
        UserError: It is there but faulty.
    """
    found = _dataset(stamp())
    if isinstance(found, UserError):
        raise UserError(str(found))
    return found


def fault() -> str | None:
    """What is wrong with the installed dataset, in one sentence; None if nothing is, or none is installed."""
    found = _dataset(stamp())
    return str(found) if isinstance(found, UserError) else None


def usable() -> Dataset | None:
    """The installed HAM10000, or None if it is faulty: for what also works without it."""
    found = _dataset(stamp())
    return None if isinstance(found, UserError) else found


@st.cache_resource(max_entries=2, show_spinner="Reading the dataset")
def _dataset(stamp: Stamp) -> Dataset | UserError | None:  # noqa: ARG001, the stamp is the cache's key
    try:
        return find_dataset()
    except UserError as error:
        return error


def stamp() -> Stamp:
    """Return a value that changes whenever the dataset's folder, its tables or image folders change."""
    folder = data_dir()
    named = (str(folder), bool(os.environ.get("HAM10000_DIR")))
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if Path(entry.name).suffix.lower() not in IMAGE_SUFFIXES]
        return (*named, folder.stat().st_mtime_ns, *sorted((entry.name, _changed(entry)) for entry in entries))
    except OSError:  # it isn't there, or can't be listed
        return named


def _changed(entry: "os.DirEntry[str]") -> int:
    """When an entry was last changed, in nanoseconds; 0 for a dead link."""
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0
