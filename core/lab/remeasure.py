"""Compute the grid's draws of every measure, also again from stored predictions after a metric has changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.lab.embeddings import FOLDER
from core.lab.grid_parts import Parts, make_stamp, read_outcomes, write_parts
from core.lab.measures import MEASURES, Outcome, draw_measures


def stack_draws(outcome: Outcome) -> NDArray[np.float32]:
    """Compute every measure and its draws, (measures, 1 + draws), as the parts file stores them."""
    draws = draw_measures(outcome)
    return np.stack([draws[measure] for measure in MEASURES]).astype(np.float32)


def remeasure(keep: Path, parts_file: Path, folder: Path = FOLDER) -> Parts:
    """Compute all draws again from the stored predictions of the last grid, after a metric has changed.

    Args:
        keep: Folder of the predictions.
        parts_file: File to write.
        folder: Folder of the embeddings.

    Raises:
        UserError: There are no predictions from these embeddings, splits and settings.
    """
    stamp = make_stamp(folder)
    parts = {key: stack_draws(outcome) for key, outcome in read_outcomes(keep, stamp)}
    if not parts:
        raise UserError(f"{keep} holds no predictions of today's settings; run `python -m core experiment` first.")
    write_parts(parts_file, parts, stamp)
    return parts
