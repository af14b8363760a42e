"""The heatmaps of a model's test images on disk: trained_models/NAME/heatmaps.npz, float16 at their own size."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.inference.heatmaps import normalize
from core.store import arrays
from core.store.card import read_card
from core.store.heatmap_facts import Heatmaps
from core.store.names import HEATMAPS
from core.store.provenance import check_file, stored_file

LEVELS = 128
"""Steps of a stored heatmap: more cannot be seen, and would double the file."""
Cams = Mapping[tuple[str, str], NDArray[np.floating]]


def write_arrays(folder: Path, cams: Cams) -> Heatmaps:
    """Write heatmaps, each divided by its own maximum.

    Args:
        folder: trained_models/NAME.
        cams: (rows, columns), >= 0, by image_id and target ("predicted", or "true" if that is another class).

    Returns:
        The card's entry.
    """
    keys = sorted(cams)
    stack = as_stored([cams[key] for key in keys])
    path = folder / HEATMAPS
    names, targets = (np.array(each, np.str_) for each in zip(*keys, strict=True))
    arrays.write_arrays(path, {"image_id": names, "target": targets, "cams": stack})
    number, rows, columns = stack.shape
    return Heatmaps(stored_file(path), (number, rows, columns))


def as_stored(cams: Sequence[NDArray[np.floating]]) -> NDArray[np.float16]:
    """Divide heatmaps by their own maxima and round them, as in the file: (n, rows, columns)."""
    scaled = normalize(np.stack([np.asarray(cam, np.float32) for cam in cams]), axes=(1, 2))
    return (np.round(scaled * LEVELS) / LEVELS).astype(np.float16)


def read_arrays(folder: Path) -> dict[tuple[str, str], NDArray[np.float16]]:
    """Read what `write_arrays` wrote, by the same keys, checked against the card.

    Raises:
        UserError: The file is missing or altered.
    """
    facts, again = read_card(folder).heatmaps, f"run `python -m core explain heatmaps {folder.name}`"
    if facts is None:
        raise UserError(f"{folder.name} has no {HEATMAPS}; {again}.")
    found = arrays.read_arrays(check_file(folder, facts.file), again)
    if set(found) != {"image_id", "target", "cams"} or found["cams"].shape != facts.shape:
        raise UserError(f"{folder.name}/{HEATMAPS} can't be read; {again}.")
    keys = zip(found["image_id"].tolist(), found["target"].tolist(), strict=True)
    return dict(zip(keys, found["cams"], strict=True))
