"""The only caches of the app: what core loads, kept between reruns and shared by sessions."""

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from core.config import SOURCE_SIZE, data_dir
from core.data import summary
from core.data.images import Image, preprocess, read_image
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


@st.cache_data(max_entries=1)
def committed_counts() -> pd.DataFrame:
    """The counts of all of HAM10000 that come with the app: see `core.data.summary.count`."""
    return summary.load_counts()


@st.cache_data(max_entries=1)
def imputation_leak() -> pd.DataFrame:
    """What the notebook's imputation of the body site gives away: see `core.data.cleaning.imputation_leak`."""
    return summary.load_leak()


def installed_counts(sized: bool = False) -> pd.DataFrame:
    """The counts of the installed dataset, aggregated once.

    Args:
        sized: With width and height of the pictures, for which every file is opened once.

    Raises:
        UserError: A picture cannot be read.
    """
    return _installed_counts(_stamp(), sized)


@st.cache_data(max_entries=4, show_spinner="Counting")
def _installed_counts(stamp: Stamp, sized: bool) -> pd.DataFrame:  # noqa: ARG001, the stamp is part of the cache's key
    found = dataset()
    if found is None:
        raise UserError("The dataset is gone; reload the page.")
    return summary.count(found.metadata, summary.picture_sizes(found.images) if sized else None)


@st.cache_data(max_entries=256)
def thumbnail(path: str) -> Image:
    """A dataset picture, reduced as for the models; uint8, (150, 200, 3) for HAM10000's 4:3 pictures.

    Raises:
        UserError: It cannot be read.
    """
    return preprocess(read_image(Path(path)), SOURCE_SIZE)


@st.cache_data(max_entries=64)
def phantoms(dx: str, n: int, seed: int) -> tuple[list[Image], list[str]]:
    """Synthetic lesions and their captions; another seed draws others."""
    try:
        from core.data.phantoms import sample_phantom
    except ModuleNotFoundError:
        return [], []
    drawn = [sample_phantom(dx, seed * n + i) for i in range(n)]
    return [phantom.image for phantom in drawn], [phantom.caption for phantom in drawn]
