"""The heatmaps of a model's test pictures on disk: trained_models/NAME/heatmaps.npz, float16 at their own size."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replacing
from core.inference.heatmaps import normalize
from core.store.card import check_file, file_facts, read_card

FILE = "heatmaps.npz"
KEY = "heatmaps"
Cams = Mapping[tuple[str, str], NDArray[np.floating]]


def write_arrays(folder: Path, cams: Cams) -> dict[str, Any]:
    """Write heatmaps, each divided by its own maximum.

    Args:
        folder: trained_models/NAME.
        cams: (rows, columns), >= 0, by image_id and target ("predicted", or "true" where that is another diagnosis).

    Returns:
        The card's entry.
    """
    keys = sorted(cams)
    stack = normalize(np.stack([np.asarray(cams[key], np.float32) for key in keys]), axes=(1, 2)).astype(np.float16)
    path = folder / FILE
    with replacing(path) as beside, beside.open("wb") as stream:
        names, targets = (np.array(each, np.str_) for each in zip(*keys, strict=True))
        np.savez_compressed(stream, image_id=names, target=targets, cams=stack)
    return file_facts(path) | {"shape": list(stack.shape)}


def read_arrays(folder: Path) -> dict[tuple[str, str], NDArray[np.float16]]:
    """What `write_arrays` has written, by the same keys, checked against the card.

    Raises:
        UserError: There is none, or it is altered.
    """
    card, again = read_card(folder), f"run `python -m core explain heatmaps {folder.name}`"
    if KEY not in card:
        raise UserError(f"{folder.name} has no {FILE}; {again}.")
    check_file(folder, card, KEY)
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            keys = zip(file["image_id"].tolist(), file["target"].tolist(), strict=True)
            return dict(zip(keys, file["cams"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{folder.name}/{FILE} cannot be read; {again}.") from error
