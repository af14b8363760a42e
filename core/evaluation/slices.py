"""How good a model is for parts of the test pictures: by sex, age, body site, and how the diagnosis was confirmed.

Slices need metadata, which does not come with the app: `python -m core evaluate NAME` computes them where the dataset
is installed and writes the figures, and no row of the metadata, to trained_models/NAME/slices.csv.
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
"""Those that a slice without some of the diagnoses still defines."""
FEW = 30
"""Fewer lesions than this say little: their intervals are wide and may still be too narrow."""
AGES = ((0, 29), (30, 44), (45, 59), (60, 74), (75, 120))
UNKNOWN = "unknown"
DECIMALS = 5


def age_band(age: pd.Series) -> pd.Series:
    """Ages in years as bands: "0-29", ..., "75 and over"; "unknown" where missing."""
    names = [f"{low}-{high}" for low, high in AGES[:-1]] + [f"{AGES[-1][0]} and over"]
    bands = pd.cut(age, [low for low, _ in AGES] + [np.inf], right=False, labels=names).astype(object)
    return bands.where(age.notna(), UNKNOWN)


def slices(said: Scores, metadata: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Figures of every slice.

    Args:
        said: What the model said of a split.
        metadata: Columns image_id, dx, sex, age, localization, dx_type; at least the split's pictures.

    Returns:
        Columns COLUMNS, one row a slice, group and metric; pictures and lesions count those that the metric is a share
        of (melanomas for melanoma sensitivity); NaN where undefined.

    Raises:
        UserError: The metadata lacks pictures of the split, or names another diagnosis.
    """
    rows = metadata.drop_duplicates("image_id").set_index("image_id").reindex(said.image_id)
    _check_truth(rows["dx"], said)
    rows = rows.assign(age=age_band(rows["age"]))
    found: list[dict[str, Any]] = []
    for name in SLICES:
        for group in sorted(rows[name].unique(), key=lambda value: (value == UNKNOWN, value)):
            here = np.flatnonzero((rows[name] == group).to_numpy())
            found += [{"slice": name, "group": group} | each for each in _figures(said.take(here), draws, seed)]
    return pd.DataFrame(found, columns=list(COLUMNS)).round(DECIMALS)


def add_slices(folder: Path, metadata: pd.DataFrame, draws: int = DRAWS) -> Card:
    """Compute the slices of a model's test split, write them into its folder and their hash onto its card.

    Args:
        folder: trained_models/NAME, evaluated.
        metadata: As for `slices`.

    Returns:
        The card as written.

    Raises:
        UserError: The model's files are faulty, or the metadata does not fit its predictions.
    """
    card = read_card(folder)
    if card.predictions is None:
        raise UserError(f"{folder.name} has no figures yet; run `python -m core evaluate {folder.name}`.")
    check_file(folder, card.predictions)
    table = slices(scores(read_predictions(folder / PREDICTIONS), "test", card.prior), metadata, draws)
    path = write_table(folder, TABLE, table)
    made_from = MadeFrom(predictions=card.predictions.sha256)
    write_card(folder, replace(card, slices=Slices(stored_file(path), made_from, "test", draws, SEED)))
    return read_card(folder)


def read_slices(folder: Path) -> pd.DataFrame | None:
    """The slices of a model, checked against its card; None where none were computed.

    Raises:
        UserError: The file is missing or altered, or belongs to other predictions than the model has now.
    """
    card = read_card(folder)
    if card.slices is None:
        return None
    check_file(folder, card.slices.file)
    if not current(card, card.slices):
        again = f"run `python -m core evaluate {folder.name}`"
        raise UserError(f"{folder.name}/{TABLE.file} is of other {PREDICTIONS}; {again}.")
    return read_table(folder, TABLE)


def _check_truth(dx: pd.Series, said: Scores) -> None:
    lacking = said.image_id[dx.isna().to_numpy()].tolist()
    if lacking:
        raise UserError(f"The installed metadata lacks test pictures: {name_offenders(lacking)}; install all of it.")
    wrong = said.image_id[dx.to_numpy() != np.array(DX)[said.truth]].tolist()
    if wrong:
        raise UserError(f"The predictions name another diagnosis than the metadata for {name_offenders(wrong)}.")


def _figures(said: Scores, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    bootstrap = Bootstrap(said, draws, seed)
    melanoma: NDArray[np.bool_] = said.truth == MEL
    counted = {"accuracy": melanoma | True, "melanoma_specificity": ~melanoma}
    for metric in SLICE_METRICS:
        of = counted.get(metric, melanoma)
        if metric in METRICS:
            found = bootstrap.estimate(METRICS[metric])
        else:
            once = np.ones((len(melanoma), 1), np.float32)
            score = said.probabilities[:, MEL]
            value = float(auc_draws(melanoma, score, once)[0])
            found = Estimate(value, *interval(auc_draws(melanoma, score, bootstrap.weights)))
        sizes = {"pictures": int(of.sum()), "lesions": len(np.unique(said.group[of]))}
        yield {"metric": metric, **sizes, **vars(found)}
