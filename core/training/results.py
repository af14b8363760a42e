"""What a finished run leaves in its folder: card.json, predictions.csv, history.csv."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.data.metadata import Dataset
from core.files import replacing
from core.labels import DX

LICENCE = (
    "Weights and figures are derived from HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.7910/DVN/DBW86T) "
    "and carry its licence, CC BY-NC 4.0: for teaching and research, not for commercial use, no medical device."
)


def card_facts(split: pd.DataFrame, split_name: str, dataset: Dataset, packages: tuple[str, ...]) -> dict[str, Any]:
    """What every card says of data, machine and licence.

    Args:
        split: Indexed by image_id: dx, group, split.
        split_name: "lesion" or "image".
        packages: Distributions whose versions decide the result.
    """
    counts = split.loc[split["split"] == "train", "dx"].value_counts()
    return {
        "split": {"name": split_name, "sha256": _digest(split.reset_index().to_csv(index=False).encode())},
        "data_sha256": data_hash(dataset),
        "versions": {"python": platform.python_version()} | {package: version(package) for package in packages},
        "hardware": hardware(),
        "train_counts": {dx: int(counts.get(dx, 0)) for dx in DX},
        "licence": LICENCE,
    }


def write_results(
    folder: Path,
    card: Mapping[str, Any],
    held_out: Mapping[str, np.ndarray],
    split: pd.DataFrame,
    history: list[dict[str, float]] | None = None,
) -> Path:
    """Write a folder's tables, and its card last.

    Args:
        folder: Made if absent.
        card: Plain data.
        held_out: (n, 7) probabilities by side of the split, in the split's order of rows.
        split: Indexed by image_id: dx, group, split.
        history: One dict an epoch; None where nothing was trained epoch by epoch.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for side, probabilities in held_out.items():
        rows = split[split["split"] == side].reset_index()[["image_id", "group", "split", "dx"]]
        tables.append(pd.concat([rows, pd.DataFrame(probabilities.round(5), columns=list(DX))], axis=1))
    with replacing(folder / "predictions.csv") as beside:
        pd.concat(tables, ignore_index=True).to_csv(beside, index=False)
    if history is not None:
        with replacing(folder / "history.csv") as beside:
            pd.DataFrame(history).rename_axis("epoch").to_csv(beside, float_format="%.5f")
    with replacing(folder / "card.json") as beside:
        beside.write_text(json.dumps(card, indent=2) + "\n")
    return folder


def hardware() -> str:
    """The machine that trained, in words."""
    import keras

    cores = f"{os.cpu_count()} CPU cores, {platform.machine()}"
    gpus = keras.distribution.list_devices("gpu")
    return f"{cores}, {len(gpus)} GPU" if gpus else f"{cores}, no GPU"


def data_hash(dataset: Dataset) -> str:
    """SHA-256 over the pictures' bytes and diagnoses, in order of image_id."""
    whole = hashlib.sha256()
    for image_id, dx in sorted(zip(dataset.with_pictures["image_id"], dataset.with_pictures["dx"], strict=True)):
        whole.update(f"{image_id},{dx},{_digest(dataset.images[image_id].read_bytes())}\n".encode())
    return whole.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
