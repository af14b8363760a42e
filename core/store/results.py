"""What a finished run leaves in its folder: card.json, predictions.csv, history.csv."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from core.labels import DX
from core.store.card import Card, write_card
from core.store.model_tables import HISTORY, write_table
from core.store.predictions import write_predictions


def write_results(
    folder: Path,
    card: Card,
    held_out: Mapping[str, np.ndarray],
    split: pd.DataFrame,
    history: list[dict[str, float]] | None = None,
) -> Path:
    """Write a folder's tables, and its card last.

    Args:
        folder: Made if absent.
        card: Of the run.
        held_out: (n, 7) probabilities by part of the split, in the split's order of rows.
        split: Indexed by image_id: dx, group, split.
        history: One dict an epoch; None where nothing was trained epoch by epoch.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for part, probabilities in held_out.items():
        rows = split[split["split"] == part].reset_index()[["image_id", "group", "split", "dx"]]
        tables.append(pd.concat([rows, pd.DataFrame(probabilities, columns=list(DX))], axis=1))
    write_predictions(folder, pd.concat(tables, ignore_index=True))
    if history is not None:
        write_table(folder, HISTORY, pd.DataFrame(history).rename_axis("epoch").reset_index())
    write_card(folder, card)
    return folder
