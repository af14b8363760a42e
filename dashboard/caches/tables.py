"""Caches of what core loads: tables, cards and images, kept between reruns and shared by sessions."""

from contextlib import suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from core.config import SEED, SOURCE_SIZE
from core.data import leakage, splits, summary
from core.data.images import Image, preprocess, read_image
from core.errors import UserError
from core.evaluation import bootstrap
from core.evaluation.decisions import decisions
from core.evaluation.leaderboard import Leaderboard, load_scores, read_leaderboard, with_floor
from core.evaluation.metrics import METRICS, Point
from core.files import state_of_folder
from core.resampling import notebook
from core.stats import Estimate
from core.store.card import Card, read_card
from core.store.folders import best_first, model_folder, model_folders
from core.store.model_selection import validation_score
from core.store.model_tables import read_history
from core.synthetic.examples import example_images
from core.synthetic.lesions import sample_lesion
from dashboard.caches import dataset, own_models


def forget_tables() -> None:
    """Clear all cached tables and images; `dataset.installed` notices a changed folder by itself."""
    st.cache_data.clear()


@st.cache_data(max_entries=1)
def committed_counts() -> pd.DataFrame:
    """Return the counts of all of HAM10000 that come with the app: see `core.data.summary.count`."""
    return summary.load_counts()


@st.cache_data(max_entries=1)
def imputation_leak() -> pd.DataFrame:
    """Return what the notebook's imputation of the body site gives away: see `core.data.cleaning.imputation_leak`."""
    return summary.load_leak()


def installed_counts(sized: bool = False) -> pd.DataFrame:
    """Return the counts of the installed dataset, aggregated once.

    Args:
        sized: With width and height of the images, for which every file is opened once.

    Raises:
        UserError: An image cannot be read.
    """
    return _installed_counts(dataset.stamp(), sized)


@st.cache_data(max_entries=4, show_spinner="Counting")
def _installed_counts(stamp: dataset.Stamp, sized: bool) -> pd.DataFrame:  # noqa: ARG001, the stamp is part of the cache's key
    found = dataset.installed()
    if found is None:
        raise UserError("The dataset is gone; reload the page.")
    return summary.count(found.metadata, summary.image_sizes(found.images) if sized else None)


@st.cache_data(max_entries=1)
def committed_overlap() -> pd.DataFrame:
    """Return the leak of both splits as it comes with the app: see `core.data.leakage.count_overlap`."""
    return leakage.load_overlap()


def overlap() -> tuple[pd.DataFrame, bool]:
    """Return the leak of both splits, and whether it was counted from the installed dataset.

    Raises:
        UserError: The installed dataset is faulty.
    """
    found = dataset.installed()
    return _overlap(dataset.stamp()) if found else (committed_overlap(), False)


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


@st.cache_data(max_entries=256)
def thumbnail(path: str) -> Image:
    """Return a dataset image, reduced as for the models; uint8, (150, 200, 3) for HAM10000's 4:3 images.

    Raises:
        UserError: It cannot be read.
    """
    return preprocess(read_image(Path(path)), SOURCE_SIZE)


@st.cache_data(max_entries=64)
def synthetic_images(dx: str, n: int, seed: int) -> tuple[list[Image], list[str]]:
    """Synthetic lesions and their captions; another seed draws others.

    Raises:
        UserError: Their parameters are missing or damaged.
    """
    drawn = [sample_lesion(dx, seed * n + i) for i in range(n)]
    return [lesion.image for lesion in drawn], [lesion.caption for lesion in drawn]


@st.cache_data(max_entries=1)
def synthetic_examples() -> dict[str, Image]:
    """A synthetic lesion of each diagnosis, to be looked at: see `core.synthetic.examples.example_images`.

    Raises:
        UserError: The parameters of synthetic lesions are missing or damaged.
    """
    return example_images()


def leaderboard() -> Leaderboard:
    """The models of trained_models/ on the test split with the majority class last, and the faults of the others."""
    return _leaderboard(models_stamp())


@st.cache_data(max_entries=2, show_spinner="Reading the leaderboard")
def _leaderboard(stamp: dataset.Stamp) -> Leaderboard:  # noqa: ARG001, the stamp is the cache's key
    return with_floor(read_leaderboard())


def lead(better: str, worse: str, metric: str) -> Estimate:
    """Return how far one model's metric is from another's on the same test lesions: see `paired_difference`."""
    return _lead(better, worse, metric, models_stamp())


@st.cache_data(max_entries=64, show_spinner="Comparing")
def _lead(better: str, worse: str, metric: str, stamp: dataset.Stamp) -> Estimate:  # noqa: ARG001
    a, b = (load_scores(model_folder(name), "test") for name in (better, worse))
    return bootstrap.paired_difference(a, b, METRICS[metric])


def decisions_of(name: str, point: Point) -> pd.DataFrame:
    """Predictions of a model for each test image: see `core.evaluation.decisions.decisions`.

    Raises:
        UserError: Its files are missing or altered.
    """
    if own := own_models.find(name):
        return decisions(own.result.scores, point)
    return _decisions(name, point, models_stamp())


@st.cache_data(max_entries=16)
def _decisions(name: str, point: Point, stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001
    return decisions(load_scores(model_folder(name), "test"), point)


def card(name: str) -> Card:
    """Return a model's card.

    Raises:
        UserError: It is missing or damaged.
    """
    return read_card(model_folder(name))


def cards() -> dict[str, Card]:
    """The cards of all models that are whole, by name; what is wrong with the others stands on the leaderboard."""
    found = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            found[name] = read_card(folder)
    return found


def best_served_card() -> Card | None:
    """The card of the best model on validation that synthetic lesions were shown to; None where there is none."""
    shown = {name: card for name, card in cards().items() if card.synthetic_score}
    measured = {name: validation_score(card) for name, card in shown.items()}
    return shown[best_first(measured)[0]] if measured else None


def history(name: str) -> pd.DataFrame:
    """Return a model's training history.

    Raises:
        UserError: It is missing or damaged.
    """
    return read_history(model_folder(name))


def models_stamp() -> dataset.Stamp:
    """Another value whenever a file of a trained model has changed."""
    return tuple(state_of_folder(folder) for folder in model_folders().values())
