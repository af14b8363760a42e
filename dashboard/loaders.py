"""The only caches of the app: what core loads, kept between reruns and shared by sessions."""

import os
from pathlib import Path

import streamlit as st

from core.config import data_dir
from core.data.metadata import ISIC_GROUPS, ISIC_TRUTH, METADATA_NAMES, Dataset, find_dataset
from core.errors import UserError

DATASET_FILES = {Path(name).stem for name in (*METADATA_NAMES, ISIC_TRUTH, ISIC_GROUPS)}


Stamp = tuple[object, ...]


def dataset() -> Dataset | None:
    """The installed HAM10000, or None; read again as soon as its folder changes.

    Raises:
        UserError: It is there but faulty.
    """
    found = _dataset(_stamp())
    if isinstance(found, UserError):
        raise UserError(str(found))
    return found


def _stamp() -> Stamp:
    """Another value whenever the dataset's folder, its metadata file or a folder of pictures has changed."""
    folder = data_dir()
    if not folder.is_dir():
        return (str(folder), bool(os.environ.get("HAM10000_DIR")))
    entries = [e for e in os.scandir(folder) if e.is_dir() or Path(e.name).stem in DATASET_FILES]
    times = sorted((e.name, e.stat().st_mtime_ns) for e in entries)
    return (str(folder), bool(os.environ.get("HAM10000_DIR")), folder.stat().st_mtime_ns, *times)


@st.cache_resource(max_entries=2, show_spinner="Reading the dataset")
def _dataset(stamp: Stamp) -> Dataset | UserError | None:  # noqa: ARG001, the stamp is the cache's key
    try:
        return find_dataset()
    except UserError as error:
        return error
