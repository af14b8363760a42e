"""Effect of a wrong protocol: compare two models that differ in one thing on the same test images.

The two models of a comparison are in trained_models/experiments/NAME/, each with card.json and predictions.csv.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import config
from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.stats import UNDEFINED, Estimate, interval
from core.store.card import read_card
from core.store.model_tables import COMPARISONS as TABLE
from core.store.model_tables import read_table, write_table
from core.store.names import PREDICTIONS
from core.store.predictions import Scores, read_predictions, scores

MEASURES = ("balanced_accuracy", "accuracy", "melanoma_sensitivity", "macro_auc")
RESAMPLING_MEASURES = ("macro_f1", "balanced_accuracy", "melanoma_sensitivity", "calibration_error", "brier")
ONLY_SKIN, ONE_SIZE = "Only the skin around it", "Box of one size"
"""Labels of the comparisons of kind "cover", see `core.training.covers`."""
LEAKING, CLEAN, EXCESS = "seen lesions", "new lesions", "seen minus new"


@dataclass(frozen=True)
class Comparison:
    """Two runs of one recipe that differ in one thing.

    Attributes:
        kind: "labels": SMOTE rows with images of any diagnosis against images of their own. "leak": a split over
            images against one over lesions. "resampling": a network trained with a remedy for imbalance against one
            without. "cover": a network trained and tested with the lesion covered against one on whole images. "seed":
            one recipe trained twice, with another seed against the model on the leaderboard.
        model: Recipe.
        wrong: Folder of the run under the wrong protocol, with the remedy for imbalance, with the lesion covered, or
            with the other seed.
        right: Folder of the run under the right one, or without.
        label: Display name among comparisons of the same kind and model.
    """

    kind: str
    model: str
    wrong: str
    right: str
    label: str = ""


COMPARISONS = (
    Comparison(
        "labels", "efficientnet_lite0", "efficientnet_lite0_smote_mismatched", "efficientnet_lite0_smote_matched"
    ),
    Comparison("labels", "custom_cnn", "custom_cnn_smote_mismatched", "custom_cnn_smote_matched"),
    # The best epoch of the committed model lies in its recipe's first phase, which is all that the other half ran.
    Comparison("leak", "efficientnet_lite0", "efficientnet_lite0_image_split", "../efficientnet_lite0"),
    Comparison(
        "resampling", "baseline_cnn", "baseline_cnn_class_weights", "baseline_cnn_plain", "Class weights, all layers"
    ),
    Comparison(
        "resampling", "baseline_cnn", "baseline_cnn_random_over", "baseline_cnn_plain", "Random over, all layers"
    ),
    Comparison("resampling", "baseline_cnn", "baseline_cnn_head_smote", "baseline_cnn_head_none", "SMOTE, head alone"),
    Comparison(
        "cover", "efficientnet_lite0", "efficientnet_lite0_only_skin", "efficientnet_lite0_traditional", ONLY_SKIN
    ),
    Comparison(
        "cover", "efficientnet_lite0", "efficientnet_lite0_bounding_box_70", "efficientnet_lite0_traditional", ONE_SIZE
    ),
    Comparison(
        "seed", "efficientnet_lite0_milk10k", "efficientnet_lite0_milk10k_seed1", "../efficientnet_lite0_milk10k"
    ),
)


def compare(root: Path | None = None) -> pd.DataFrame:
    """Evaluate all comparisons with both models trained, and write the table next to them.

    Args:
        root: Default: `core.config.EXPERIMENTS`.

    Returns:
        One row per comparison, set of images and measure: kind, model, label, `images_of` ("all", or for a leak
        `LEAKING`, `CLEAN` and, for their difference, `EXCESS`), images, lesions, measure, then for wrong, right and
        gap (wrong minus right, paired) the value, NAME_low and NAME_high.

    Raises:
        UserError: A model's files are damaged, or no comparison is complete.
    """
    where = root or config.EXPERIMENTS
    there = [c for c in COMPARISONS if all((where / half / PREDICTIONS).is_file() for half in (c.wrong, c.right))]
    if not there:
        raise UserError(f"No comparison in {where.name}/ has both models yet; see trained_models/README.md.")
    table = pd.DataFrame([row for comparison in there for row in _rows(comparison, where)])
    write_table(where, TABLE, table)
    return load_comparisons(where)


def load_comparisons(root: Path | None = None) -> pd.DataFrame:
    """Read the table that `compare` wrote.

    Raises:
        UserError: It is missing or no table.
    """
    return read_table(root or config.EXPERIMENTS, TABLE)


def _rows(comparison: Comparison, where: Path) -> list[dict[str, Any]]:
    wrong, right = _halves(where / comparison.wrong, where / comparison.right)
    sets: dict[str, NDArray[np.bool_]] = {"all": np.ones(len(wrong.truth), bool)}
    if comparison.kind == "leak":
        leaks = _leaks(wrong.image_id)
        sets |= {LEAKING: leaks, CLEAN: ~leaks}
    rows = []
    for name, kept in sets.items():
        a, b = (Bootstrap(half.take(np.flatnonzero(kept))) for half in (wrong, right))
        measures = RESAMPLING_MEASURES if comparison.kind == "resampling" else MEASURES
        rows += [_row(comparison, name, a, b, measure) for measure in measures]
    if comparison.kind == "leak":
        rows.append(_excess(comparison, wrong, right, sets[LEAKING]))
    return rows


def _row(comparison: Comparison, name: str, wrong: Bootstrap, right: Bootstrap, measure: str) -> dict[str, Any]:
    metric = METRICS[measure]
    gap = wrong.difference(right, metric)
    values = {"wrong": wrong.estimate(metric), "right": right.estimate(metric), "gap": gap}
    return _head(comparison, name, wrong.scores, measure) | _columns(values)


def _excess(comparison: Comparison, wrong: Scores, right: Scores, leaks: NDArray[np.bool_]) -> dict[str, Any]:
    """Compute the extra gain of the wrong protocol on seen over new lesions; the two sets share no lesion."""
    metric, gaps, draws = METRICS["accuracy"], [], []
    for seed, kept in enumerate((leaks, ~leaks)):
        a, b = (half.take(np.flatnonzero(kept)) for half in (wrong, right))
        gaps.append(metric(a) - metric(b))
        draws.append(Bootstrap(a, seed=seed).values(metric) - Bootstrap(b, seed=seed).values(metric))
    excess = Estimate(gaps[0] - gaps[1], *interval(draws[0] - draws[1]))
    return _head(comparison, EXCESS, wrong, metric.name) | _columns(
        {"wrong": UNDEFINED, "right": UNDEFINED, "gap": excess}
    )


def _head(comparison: Comparison, name: str, predicted: Scores, measure: str) -> dict[str, Any]:
    size = {"images": len(predicted.truth), "lesions": predicted.lesions}
    head = {"kind": comparison.kind, "model": comparison.model, "label": comparison.label, "images_of": name}
    return head | size | {"measure": measure}


def _columns(values: dict[str, Estimate]) -> dict[str, float]:
    return {key: x for name, each in values.items() for key, x in each.columns(name).items()}


def _halves(*folders: Path) -> Sequence[Scores]:
    """Load both models' test predictions for their common images, in the same order."""
    tables = [_test_rows(folder) for folder in folders]
    both = tables[0].index.intersection(tables[1].index)
    return [
        scores(table.loc[both].reset_index(), "test", read_card(folder).prior)
        for table, folder in zip(tables, folders, strict=True)
    ]


def _test_rows(folder: Path) -> pd.DataFrame:
    table = read_predictions(folder / PREDICTIONS, experiment=True)
    return table[table["split"] == "test"].set_index("image_id").sort_index()


def _leaks(image_id: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Mark images of lesions that are also in the training set of the image split."""
    splits = load_splits()
    seen = set(splits.loc[splits["image"] == "train", "group"])
    return splits["group"].reindex(image_id).isin(seen).to_numpy()
