"""What a finished run leaves in its folder: card.json, predictions.csv, history.csv."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.files import replacing
from core.labels import DX


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
