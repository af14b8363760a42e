"""Scores for parts of the test set: by sex, age, body site, and how the diagnosis was confirmed.

Slices need metadata, which isn't part of the app: `python -m core evaluate NAME` computes them if the dataset is
installed and writes the scores, but no row of the metadata, to trained_models/NAME/slices.csv.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.errors import UserError, name_offenders
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import MEL, METRICS
from core.labels import DX
from core.stats import DRAWS, Estimate, auc_draws, interval
from core.store.card import Card, read_card, write_card
from core.store.evaluation_facts import Slices
from core.store.model_tables import SLICES as TABLE
from core.store.model_tables import read_table, write_table
from core.store.names import PREDICTIONS
from core.store.predictions import Scores, read_predictions, scores
from core.store.provenance import check_file, current, stored_file
from core.store.stored import MadeFrom

COLUMNS = tuple(TABLE.columns)
SLICES = ("sex", "age", "localization", "dx_type")
SLICE_METRICS = ("accuracy", "melanoma_sensitivity", "melanoma_specificity", "melanoma_auc")
"""Metrics that are still defined for a slice without some of the classes."""
FEW = 30
"""With fewer lesions than this, intervals are wide and may still be too narrow."""
AGES = ((0, 29), (30, 44), (45, 59), (60, 74), (75, 120))
UNKNOWN = "unknown"
DECIMALS = 5


def age_band(age: pd.Series) -> pd.Series:
    """Sort ages in years into bands: "0-29", ..., "75 and over"; "unknown" if missing."""
    names = [f"{low}-{high}" for low, high in AGES[:-1]] + [f"{AGES[-1][0]} and over"]
    bands = pd.cut(age, [low for low, _ in AGES] + [np.inf], right=False, labels=names).astype(object)
    return bands.where(age.notna(), UNKNOWN)


def slices(predicted: Scores, metadata: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Compute the scores of every slice.

    Args:
        predicted: The model's predictions for a split.
        metadata: Columns image_id, dx, sex, age, localization, dx_type; at least the split's images.

    Returns:
        Columns COLUMNS, one row per slice, group and metric; images and lesions count those that the metric is a
        share of (melanomas for melanoma sensitivity); NaN if undefined.

    Raises:
        UserError: The metadata lacks images of the split, or has another diagnosis for one.
    """
    rows = metadata.drop_duplicates("image_id").set_index("image_id").reindex(predicted.image_id)
    _check_truth(rows["dx"], predicted)
    rows = rows.assign(age=age_band(rows["age"]))
    found: list[dict[str, Any]] = []
    for name in SLICES:
        for group in sorted(rows[name].unique(), key=lambda value: (value == UNKNOWN, value)):
            here = np.flatnonzero((rows[name] == group).to_numpy())
            found += [{"slice": name, "group": group} | each for each in _figures(predicted.take(here), draws, seed)]
    return pd.DataFrame(found, columns=list(COLUMNS)).round(DECIMALS)


def add_slices(folder: Path, metadata: pd.DataFrame, draws: int = DRAWS) -> Card:
    """Compute the slices of a model's test split, and write them to its folder and their hash to its card.

    Args:
        folder: trained_models/NAME, evaluated.
        metadata: As for `slices`.

    Returns:
        The card as written.

    Raises:
        UserError: The model's files are damaged, or the metadata doesn't fit its predictions.
    """
    card = read_card(folder)
    if card.predictions is None:
        raise UserError(f"{folder.name} has no scores yet; run `python -m core evaluate {folder.name}`.")
    check_file(folder, card.predictions)
    table = slices(scores(read_predictions(folder / PREDICTIONS), "test", card.prior), metadata, draws)
    path = write_table(folder, TABLE, table)
    made_from = MadeFrom(predictions=card.predictions.sha256)
    facts = Slices(stored_file(path), made_from, "test", draws, SEED)
    write_card(folder, replace(read_card(folder), slices=facts))
    return read_card(folder)


def read_slices(folder: Path) -> pd.DataFrame | None:
    """Read the slices of a model, checked against its card; None if there are none.

    Raises:
        UserError: The file is missing or altered, or was computed from other predictions.
    """
    card = read_card(folder)
    if card.slices is None:
        return None
    check_file(folder, card.slices.file)
    if not current(card, card.slices):
        again = f"run `python -m core evaluate {folder.name}`"
        raise UserError(f"{folder.name}/{TABLE.file} was computed from another {PREDICTIONS}; {again}.")
    return read_table(folder, TABLE)


def _check_truth(dx: pd.Series, predicted: Scores) -> None:
    lacking = predicted.image_id[dx.isna().to_numpy()].tolist()
    if lacking:
        raise UserError(f"The installed metadata lacks test images: {name_offenders(lacking)}; install all of it.")
    wrong = predicted.image_id[dx.to_numpy() != np.array(DX)[predicted.truth]].tolist()
    if wrong:
        raise UserError(f"The predictions and the metadata disagree on the diagnosis of {name_offenders(wrong)}.")


def _figures(predicted: Scores, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    bootstrap = Bootstrap(predicted, draws, seed)
    melanoma: NDArray[np.bool_] = predicted.truth == MEL
    counted = {"accuracy": melanoma | True, "melanoma_specificity": ~melanoma}
    for metric in SLICE_METRICS:
        of = counted.get(metric, melanoma)
        if metric in METRICS:
            found = bootstrap.estimate(METRICS[metric])
        else:
            once = np.ones((len(melanoma), 1), np.float32)
            score = predicted.probabilities[:, MEL]
            value = float(auc_draws(melanoma, score, once)[0])
            found = Estimate(value, *interval(auc_draws(melanoma, score, bootstrap.weights)))
        sizes = {"images": int(of.sum()), "lesions": len(np.unique(predicted.group[of]))}
        yield {"metric": metric, **sizes, **vars(found)}
