"""The caches behind the splits page's leaks, near duplicates and SMOTE on wrong labels."""

import pandas as pd
import streamlit as st

from core.config import SEED
from core.data import leakage, splits
from core.resampling import notebook
from dashboard.caches import dataset, tables


@st.cache_data(max_entries=1)
def committed_splits() -> pd.DataFrame:
    """Return the splits of all of HAM10000: see `core.data.splits.load_splits`."""
    return splits.load_splits()


@st.cache_data(max_entries=1)
def duplicates_across() -> pd.DataFrame:
    """Return near duplicates across the parts of the split by lesion: see `core.data.leakage.duplicates_across`."""
    return leakage.duplicates_across(splits.load_splits(), splits.load_near_duplicates())


@st.cache_data(max_entries=1)
def milk10k_overlap() -> pd.DataFrame:
    """Return what MILK10k shares with HAM10000 and the ISIC 2018 test: see `core.data.leakage.overlap_of_datasets`."""
    return leakage.milk10k_overlap()


def overlap() -> tuple[pd.DataFrame, bool]:
    """Return the leak of both splits, and whether it was counted from the installed dataset.

    Raises:
        UserError: The installed dataset is faulty.
    """
    found = dataset.installed()
    return _overlap(dataset.stamp()) if found else (tables.committed_overlap(), False)


@st.cache_data(max_entries=2, show_spinner="Counting")
def _overlap(stamp: dataset.Stamp) -> tuple[pd.DataFrame, bool]:  # noqa: ARG001, the stamp is the cache's key
    found = dataset.installed()
    return leakage.current_overlap(found.metadata.set_index("image_id")["dx"] if found else None)


def sibling_pairs() -> pd.DataFrame:
    """Installed pairs as `core.data.leakage.sibling_pairs` finds them, shuffled, with train_path and test_path.

    Raises:
        UserError: The installed dataset is faulty.
    """
    return _sibling_pairs(dataset.stamp())


@st.cache_data(max_entries=2)
def _sibling_pairs(stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001, the stamp is the cache's key
    found = dataset.installed()
    rows = found.with_images if found else pd.DataFrame({"image_id": [], "dx": []})
    pairs = leakage.sibling_pairs(splits.load_splits(), rows.set_index("image_id")["dx"])
    paths = {f"{split}_path": [str(found.images[i]) for i in pairs[split]] for split in ("train", "test") if found}
    return pairs.assign(**paths).sample(frac=1, random_state=SEED)


@st.cache_data(max_entries=1)
def notebook_smote() -> pd.DataFrame:
    """Return the counts of the notebook's SMOTE: see `core.resampling.notebook.count_smote`."""
    return notebook.load_smote()
