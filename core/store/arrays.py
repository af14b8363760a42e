"""Arrays in trained_models/NAME/: weights, heatmaps, layer maps, the OOD detector's parameters, as .npz files."""

import lzma
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replacing, short_path

DAMAGED = (
    ValueError, TypeError, OSError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What reading a damaged file raises."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays in one step, compressed with LZMA: a quarter smaller than NumPy's own for heatmaps.

    The same arrays always give the same bytes.
    """
    with replacing(path) as beside, zipfile.ZipFile(beside, "w") as archive:
        for name, values in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_LZMA
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(values), allow_pickle=False)


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
    except DAMAGED as error:
        raise UserError(f"{short_path(path)} is missing or damaged; {again}.") from error
