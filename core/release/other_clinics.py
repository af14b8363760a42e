"""Score trained models on images from other clinics and devices: MILK10k's validation and test splits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.milk10k import Milk10k, load_split
from core.errors import UserError, name_offenders
from core.evaluation.leaderboard import other_clinics
from core.inference.model import open_model
from core.labels import DX
from core.release.ensemble import WAIT, predict_paths
from core.stats import DRAWS
from core.store.card import Card, read_card, write_card
from core.store.names import MILK10K_PREDICTIONS
from core.store.predictions import SPLITS, write_predictions
from core.store.provenance import predictor


def score_other_clinics(folder: Path, dataset: Milk10k, log: Callable[[str], None] = print, draws: int = DRAWS) -> Card:
    """Predict MILK10k's held-out images as the app would, and write table and figures to a model's folder.

    Only its seven diagnoses that HAM10000 has; lesions that HAM10000 shows too are left out (`core.data.milk10k`).
    Rows without a seventh diagnosis in one split leave that diagnosis' figures undefined.

    Args:
        folder: trained_models/NAME.
        dataset: MILK10k.
        log: Called with one line.
        draws: Resamples of lesions.

    Returns:
        The card as written.

    Raises:
        UserError: The model can't predict images, isn't evaluated, or images of the split are missing.
    """
    if read_card(folder).predictions is None:
        raise UserError(f"{folder.name} has no scores yet; run `python -m core evaluate {folder.name}` first.")
    rows = held_out(dataset)
    model = open_model(folder, WAIT)
    probabilities = predict_paths(model, [dataset.images[name] for name in rows["image_id"]])
    table = pd.concat([rows, pd.DataFrame(probabilities, columns=list(DX))], axis=1)
    path = write_predictions(folder, table, MILK10K_PREDICTIONS)
    card = read_card(folder)
    found = other_clinics(folder, card.prior, predictor(card), draws)
    write_card(folder, replace(read_card(folder), other_clinics=found))
    log(f"{folder.name}: {len(rows):,} images of MILK10k written to {path.name}")
    return read_card(folder)


def held_out(dataset: Milk10k) -> pd.DataFrame:
    """Select the validation and test images of the seven diagnoses.

    Returns:
        Columns image_id, group (a number for each lesion), split, dx.

    Raises:
        UserError: Images of the split are missing.
    """
    split = load_split()
    facts = dataset.metadata.set_index("image_id")
    missing = split.index[~split.index.isin(facts.index)].tolist()
    if missing:
        raise UserError(f"Images of MILK10k's split are missing: {name_offenders(missing)}; download them again.")
    rows = split.assign(
        dx=facts["dx"].reindex(split.index), group=np.unique(split["lesion_id"], return_inverse=True)[1]
    )
    rows = rows[rows["split"].isin(SPLITS) & rows["dx"].isin(DX)].reset_index()
    return rows[["image_id", "group", "split", "dx"]]
