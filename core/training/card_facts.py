"""Facts on every card: data, hardware, versions, licence."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import version

import pandas as pd

from core.data.metadata import Dataset
from core.labels import DX
from core.store.training_facts import DataFacts, SplitScheme


def data_facts(split: pd.DataFrame, scheme: SplitScheme, dataset: Dataset) -> DataFacts:
    """Collect what a card says of data and split.

    Args:
        split: Indexed by image_id: dx, group, split.
        scheme: Whether lesions or single images were split.
        dataset: The images.
    """
    counts = split.loc[split["split"] == "train", "dx"].value_counts()
    return DataFacts(
        split_scheme=scheme,
        split_sha256=_digest(split.reset_index().to_csv(index=False).encode()),
        train_counts={dx: int(counts.get(dx, 0)) for dx in DX},
        sha256=data_hash(dataset),
    )


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of the distributions that decide a result."""
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def training_versions() -> dict[str, str]:
    """Versions of what decides a training run; of the backends, the one that Keras uses."""
    import keras

    return versions("keras", keras.backend.backend(), "numpy", "opencv-python-headless")


def hardware() -> str:
    """Describe the machine's CPU and GPUs."""
    import keras

    cores = f"{os.cpu_count()} CPU cores, {platform.machine()}"
    try:
        gpus = keras.distribution.list_devices("gpu")
    except RuntimeError:  # JAX, where there is none
        gpus = []
    return f"{cores}, {len(gpus)} GPU" if gpus else f"{cores}, no GPU"


def data_hash(dataset: Dataset) -> str:
    """Compute the SHA-256 of the images' bytes and diagnoses, in order of image_id."""
    whole = hashlib.sha256()
    for image_id, dx in sorted(zip(dataset.with_images["image_id"], dataset.with_images["dx"], strict=True)):
        whole.update(f"{image_id},{dx},{_digest(dataset.images[image_id].read_bytes())}\n".encode())
    return whole.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
