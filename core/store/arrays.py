"""Arrays in trained_models/NAME/: weights, heatmaps, layer maps, the OOD detector's parameters, as .npz files."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replacing


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays in one step, compressed."""
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path, again: str) -> dict[str, NDArray[Any]]:
    """Read all arrays of a file.

    Args:
        path: The .npz file.
        again: What brings it back, for the message.

    Raises:
        UserError: It is missing or damaged, or holds more than plain arrays.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays}
    except (ValueError, TypeError, OSError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise UserError(f"{path.parent.name}/{path.name} is missing or damaged; {again}.") from error
