"""The leaderboard: scores on the cards, which `evaluate` computes from the predictions tables alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import load_splits
from core.errors import UserError, name_offenders
from core.evaluation.bootstrap import Bootstrap, estimates
from core.evaluation.metrics import METRICS
from core.labels import DX
from core.stats import DRAWS, Estimate
from core.store.card import Card, read_card, write_card
from core.store.evaluation_facts import Evaluation, OtherClinics, SplitFigures
from core.store.folders import model_folder, model_folders
from core.store.model_selection import validation_score
from core.store.names import CARD, MILK10K_PREDICTIONS, PREDICTIONS
from core.store.predictions import SPLITS, Scores, Split, read_predictions, scores
from core.store.provenance import check_file, check_members, current, stored_file
from core.store.stored import MadeFrom

DECIMALS = 5
MAJORITY = "majority_class"
FACTS = ("model", "kind", "parameters", "trainable_parameters", "training_seconds", "epochs_run", "hardware", "source")
"""Columns from the card."""
OTHER = "milk10k_"
"""Prefix of the columns with a metric on MILK10k, whose images come from other clinics."""
AGAIN = "run `python -m core evaluate"


@dataclass(frozen=True)
class Leaderboard:
    """The leaderboard of one split.

    Attributes:
        rows: Best on the validation splits first, so that the test split chooses nothing. Columns
            name, images, lesions, then for each metric METRIC, METRIC_low, METRIC_high (NaN if undefined), megabytes
            (the exported file, else the weights; of an ensemble its members' together; NaN if there is no file), FACTS
            from the card, each metric's columns once more with the prefix `OTHER` for the same split of MILK10k (NaN
            where the model isn't scored on it), and validation_score: see `core.store.model_selection`.
        faults: One line for each model that can't be shown, by name.
    """

    rows: pd.DataFrame
    faults: Mapping[str, str]


def figures(predicted: Scores, draws: int = DRAWS, seed: int = SEED) -> dict[str, Estimate]:
    """Compute every metric with its interval, rounded as on a card."""
    return {name: each.rounded(DECIMALS) for name, each in estimates(predicted, draws, seed).items()}


def evaluate(folder: Path) -> Card:
    """Compute a model's scores from its predictions and write them to its card.

    Args:
        folder: trained_models/NAME with card.json and predictions.csv.

    Returns:
        The card as written.

    Raises:
        UserError: Card or predictions are missing or damaged.
    """
    card = read_card(folder)
    table = read_predictions(folder / PREDICTIONS)
    check_split(table, folder.name)
    predicted = {split: scores(table, split, card.prior) for split in SPLITS}
    found = {split: SplitFigures(len(each.truth), each.lesions, figures(each)) for split, each in predicted.items()}
    evaluation = Evaluation(DRAWS, SEED, found["validation"], found["test"])
    card = replace(card, predictions=stored_file(folder / PREDICTIONS), evaluation=evaluation)
    other = _other_clinics(folder, card)
    card = replace(read_card(folder), predictions=card.predictions, evaluation=evaluation, other_clinics=other)
    write_card(folder, replace(card, slices=current(card, card.slices)))  # not those of former predictions
    return read_card(folder)


def _other_clinics(folder: Path, card: Card) -> OtherClinics | None:
    """Compute the scores on MILK10k again from the predictions that there are; None without current ones."""
    other = current(card, card.other_clinics)
    if other is None:
        return None
    check_file(folder, other.file)
    return other_clinics(folder, card.prior, other.made_from, other.draws)


def other_clinics(folder: Path, prior: NDArray[np.float64], made_from: MadeFrom, draws: int = DRAWS) -> OtherClinics:
    """Compute the scores on both splits of MILK10k from a model's predictions for them.

    Args:
        folder: trained_models/NAME with predictions_milk10k.csv.
        prior: (7,) class shares of the training images.
        made_from: What predicted.
        draws: Resamples of lesions.

    Raises:
        UserError: The predictions are missing or damaged.
    """
    path = folder / MILK10K_PREDICTIONS
    table = read_predictions(path)
    found = {split: scores(table, split, prior) for split in SPLITS}
    facts = {split: SplitFigures(len(each.truth), each.lesions, figures(each, draws)) for split, each in found.items()}
    return OtherClinics(draws, SEED, facts["validation"], facts["test"], stored_file(path), made_from)


def check_split(table: pd.DataFrame, name: str) -> None:
    """Check that predictions use the committed lesion split: each image in its split and lesion group.

    Raises:
        UserError: Some images differ; names them.
    """
    known = table.merge(load_splits().reset_index(), on="image_id", suffixes=("", "_committed"))
    wrong = (known["split"] != known["lesion"].astype(str)) | (known["group"] != known["group_committed"])
    if wrong.any():
        offenders = name_offenders(known.loc[wrong, "image_id"].tolist())
        raise UserError(f"{name}/{PREDICTIONS}: {offenders} differ from the committed lesion split; train again.")


def load_scores(folder: Path, split: Split) -> Scores:
    """Load a model's predictions for one split, checked against its card.

    Raises:
        UserError: Card or predictions are missing or altered, or the model isn't evaluated yet.
    """
    card = read_card(folder)
    _check_evaluated(folder, card)
    return scores(read_predictions(folder / PREDICTIONS), split, card.prior)


def read_leaderboard(split: Split = "test", root: Path | None = None) -> Leaderboard:
    """Read the leaderboard of all models in a folder; a damaged model only loses its own row.

    Args:
        split: "test", or "validation" to choose between models.
        root: Default `core.config.TRAINED_MODELS`.
    """
    rows: list[dict[str, Any]] = []
    faults: dict[str, str] = {}
    for name, folder in model_folders(root).items():
        try:
            rows.append(_row(folder, split))
        except UserError as fault:
            faults[name] = str(fault)
    metric_columns = [f"{name}{end}" for name in METRICS for end in ("", "_low", "_high")]
    others = [f"{OTHER}{column}" for column in ("images", "lesions", *metric_columns)]
    columns = ["name", "images", "lesions", *metric_columns, "megabytes", *FACTS, *others, "validation_score"]
    table = pd.DataFrame(rows, columns=columns).sort_values("validation_score", ascending=False, kind="stable")
    return Leaderboard(table.reset_index(drop=True), faults)


def majority(predicted: Scores, draws: int = DRAWS) -> dict[str, Any]:
    """Compute a baseline row: a model that ignores the image and always predicts the most frequent class.

    Its probabilities are the class shares of the training set.
    """
    constant = np.tile(predicted.prior, (len(predicted.truth), 1))
    floor = Scores(predicted.image_id, predicted.group, predicted.truth, constant, predicted.prior)
    values = figures(floor, draws)
    source = f"Always {DX[int(predicted.prior.argmax())]}"
    return _metric_columns(values) | {
        "name": MAJORITY, "images": len(predicted.truth), "lesions": predicted.lesions, "source": source,
    }  # fmt: skip


def with_floor(board: Leaderboard, split: Split = "test", root: Path | None = None) -> Leaderboard:
    """Add the majority class as the last row, scored on the first row's images."""
    if board.rows.empty:
        return board
    first = model_folder(str(board.rows.loc[0, "name"]), root)
    rows = [*board.rows.to_dict("records"), majority(load_scores(first, split))]
    return Leaderboard(pd.DataFrame(rows, columns=board.rows.columns), board.faults)


def _row(folder: Path, split: Split) -> dict[str, Any]:
    card = read_card(folder)
    evaluation = _check_evaluated(folder, card)
    for stored in (card.weights, card.export.file if card.export else None):
        if stored:
            check_file(folder, stored)
    members = check_members(folder, card)
    predicted = scores(read_predictions(folder / PREDICTIONS), split, card.prior)
    values = evaluation.of(split).metrics
    lacking = [name for name in METRICS if name not in values]
    if lacking:
        raise UserError(f"{folder.name}/{CARD}: {', '.join(lacking)} missing in evaluation; {AGAIN} {folder.name}`.")
    megabytes = _megabytes(card) if not members else sum(_megabytes(read_card(member)) for member in members)
    size = {"images": len(predicted.truth), "lesions": predicted.lesions, "megabytes": megabytes}
    bootstrap = Bootstrap(predicted)
    found = {name: bootstrap.figure(metric) for name, metric in METRICS.items()}
    off = [name for name in METRICS if not np.isclose(found[name], values[name].value, 0, 10.0**-DECIMALS, True)]
    if off:
        raise UserError(f"{folder.name}/{CARD}: the predictions give another {', '.join(off)}; {AGAIN} {folder.name}`.")
    facts = {"name": card.name} | size | _metric_columns(values) | _facts(card)
    return facts | _others(folder, card, split) | {"validation_score": validation_score(card)}


def _others(folder: Path, card: Card, split: Split) -> dict[str, float]:
    other = current(card, card.other_clinics)
    if other is None:
        return {}
    check_file(folder, other.file)
    found = other.of(split)
    columns = {"images": found.images, "lesions": found.lesions, **_metric_columns(found.metrics)}
    return {f"{OTHER}{name}": value for name, value in columns.items()}


def _facts(card: Card) -> dict[str, Any]:
    """Return the columns FACTS; a network has no kind."""
    training, kind = card.training, None if card.kind == "network" else card.kind
    values = (
        card.architecture, kind, card.parameters, card.trainable_parameters, training.seconds, training.epochs_run,
        training.hardware, card.source,
    )  # fmt: skip
    return dict(zip(FACTS, values, strict=True))


def _megabytes(card: Card) -> float:
    served = card.export.file if card.export else card.weights
    return served.bytes / 1e6 if served else float("nan")


def _check_evaluated(folder: Path, card: Card) -> Evaluation:
    if card.predictions is None or card.evaluation is None:
        raise UserError(f"{folder.name} has no scores yet; {AGAIN} {folder.name}`.")
    check_file(folder, card.predictions)
    return card.evaluation


def _metric_columns(values: Mapping[str, Estimate]) -> dict[str, float]:
    return {key: x for name in METRICS for key, x in values[name].columns(name).items()}
