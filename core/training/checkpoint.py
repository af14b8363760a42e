"""One file that holds a run's whole state, replaced after each epoch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.errors import UserError
from core.files import replacing


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        phase: Index of the phase in progress.
        epoch: Epochs done in that phase.
        history: One dict an epoch, over all phases.
        best: Best validation score so far (what the recipe selects by); NaN before the first epoch.
        best_epoch: Index into history of that epoch.
        seconds: Training time so far, over all sittings.
        recipe: The recipe that the run follows, as plain data.
    """

    recipe: dict[str, Any]
    phase: int = 0
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("nan")
    best_epoch: int = -1
    seconds: float = 0.0


def save_checkpoint(path: Path, progress: Progress, **variables: Sequence[Any]) -> None:
    """Write progress and named lists of Keras variables to one npz file, replacing the old one."""
    arrays = {f"{name}/{i:05d}": np.asarray(v) for name, values in variables.items() for i, v in enumerate(values)}
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez(stream, progress=np.array(json.dumps(asdict(progress))), **arrays)  # type: ignore[arg-type]


def load_checkpoint(path: Path) -> tuple[Progress, dict[str, list[Any]]]:
    """Read what `save_checkpoint` wrote.

    Raises:
        UserError: The file is damaged; the message says to delete it.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            progress = Progress(**json.loads(str(arrays["progress"])))
            variables: dict[str, list[Any]] = {}
            for key in sorted(set(arrays.files) - {"progress"}):
                variables.setdefault(key.split("/")[0], []).append(arrays[key])
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UserError(f"The checkpoint {path} is damaged; delete it, or pass --fresh to start anew.") from error
    return progress, variables


def assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Set Keras variables from arrays.

    Raises:
        UserError: Count or shapes differ: the checkpoint is another network's.
    """
    check_shapes(variables, values)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def check_shapes(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Raise if arrays were not saved from these variables.

    Raises:
        UserError: Count or shapes differ: the checkpoint is another network's.
    """
    if [tuple(v.shape) for v in variables] != [tuple(value.shape) for value in values]:
        raise UserError("The checkpoint belongs to another network; pass --fresh to start anew.")
