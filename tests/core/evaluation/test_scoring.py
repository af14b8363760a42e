"""Predictions from elsewhere get the leaderboard's figures, and those of the ISIC challenge's own scorer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.bootstrap import paired_difference
from core.evaluation.leaderboard import DECIMALS, load_scores
from core.evaluation.metrics import METRICS, POINTS
from core.evaluation.prediction_table import PredictionTable, read_prediction_table
from core.evaluation.scoring import align, score, swapped_columns
from core.evaluation.truth import Truth, read_truth, split_truth
from core.labels import DX, ISIC
from core.store.card import read_card
from core.store.folders import model_folders
from core.store.model_selection import validation_score

ISIC_ORDER = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
PLACES = [DX.index(ISIC[code]) for code in ISIC_ORDER]


@pytest.fixture(scope="module")
def truth() -> Truth:
    return split_truth()


@pytest.fixture(scope="module")
def best() -> str:
    """The committed model whose class shares the truth has."""
    cards = {name: read_card(folder) for name, folder in model_folders().items()}
    return max(cards, key=lambda name: np.nan_to_num(validation_score(cards[name]), nan=-np.inf))


@pytest.fixture(scope="module")
def table(best: str) -> PredictionTable:
    return read_prediction_table(TRAINED_MODELS / best / "predictions.csv")


def isic_files(folder: Path, table: PredictionTable, truth: Truth) -> tuple[Path, Path]:
    """The same predictions and truth in the ISIC challenge's format."""
    scores, _ = align(table, truth)
    values = {"truth": np.eye(len(DX))[truth.truth], "predictions": scores.probabilities}
    for name, each in values.items():
        frame = pd.DataFrame(each[:, PLACES], columns=list(ISIC_ORDER))
        frame.insert(0, "image", truth.image_id)
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder / "truth.csv", folder / "predictions.csv"


def test_a_committed_model_gets_the_figures_of_its_card(table: PredictionTable, truth: Truth, best: str) -> None:
    result = score(table, truth)
    card = read_card(TRAINED_MODELS / best)
    assert {name: each.value for name, each in result.metrics.items()} == {
        name: card.figure(name).value for name in METRICS
    }
    assert result.metrics["accuracy"] == card.figure("accuracy")
    left = len(table.row) - len(truth.image_id)
    assert left and result.notes == (f"{left:,} rows of other images of HAM10000 were left out.",)
    assert result.areas is not None and result.reliability is not None and set(result.per_diagnosis) == set(POINTS)


@pytest.mark.filterwarnings("ignore")
def test_isic_challenge_scoring_agrees(
    tmp_path: Path, table: PredictionTable, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isic_challenge_scoring.classification import ClassificationMetric, ClassificationScore

    # its reader calls what pandas 3 renamed
    monkeypatch.setattr(pd.DataFrame, "applymap", pd.DataFrame.map, raising=False)
    truth_file, predictions = isic_files(tmp_path, table, truth)
    theirs = ClassificationScore.from_file(truth_file, predictions, ClassificationMetric.BALANCED_ACCURACY)
    ours = score(read_prediction_table(predictions), read_truth(truth_file), draws=2)
    assert ours.metrics["balanced_accuracy_argmax"].value == round(theirs.overall, DECIMALS)
    assert ours.metrics["macro_auc"].value == round(theirs.macro_average["auc"], DECIMALS)
    assert ours.areas is not None
    per_class = theirs.per_category.set_axis([ISIC[code] for code in ISIC_ORDER]).loc[list(DX)]
    for name in ("auc", "ap"):
        np.testing.assert_allclose(ours.areas[name], per_class[name], atol=1e-6)


def test_a_truth_in_the_isic_format_gives_the_same(tmp_path: Path, table: PredictionTable, truth: Truth) -> None:
    truth_file, predictions = isic_files(tmp_path, table, truth)
    other = read_truth(truth_file)
    np.testing.assert_array_equal(other.truth, truth.truth)
    np.testing.assert_array_equal(other.group, truth.group)  # HAM10000's lesions are known
    assert score(read_prediction_table(predictions), other).metrics == score(table, truth).metrics


def test_the_difference_is_that_of_paired_models(table: PredictionTable, truth: Truth, best: str) -> None:
    result = score(table, truth, against="baseline_cnn", draws=50)
    pair = [load_scores(TRAINED_MODELS / name, "test") for name in (best, "baseline_cnn")]
    for name in ("accuracy", "macro_auc"):
        expected = paired_difference(*pair, METRICS[name], draws=50)  # type: ignore[misc]
        assert result.differences[name] == expected.rounded(DECIMALS)
    with pytest.raises(UserError, match="no trained model 'nope'"):
        score(table, truth, against="nope", draws=2)


def test_a_truth_over_both_splits_is_compared_too(truth: Truth, best: str) -> None:
    parts = [load_scores(TRAINED_MODELS / best, split) for split in ("validation", "test")]
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("image_id", "group", "truth")}
    probabilities = np.concatenate([part.probabilities for part in parts])
    rows = np.arange(2, 2 + len(probabilities))
    mine = PredictionTable("a.csv", whole["image_id"], rows, probabilities, labels_only=False)
    result = score(mine, replace(truth, **whole), against=best, draws=2)
    assert result.differences["accuracy"].value == 0


def test_labels_lack_what_needs_probabilities(table: PredictionTable, truth: Truth) -> None:
    labels = replace(table, probabilities=np.eye(7)[table.probabilities.argmax(axis=1)], labels_only=True)
    result, whole = score(labels, truth, draws=10), score(table, truth, draws=10)
    assert set(result.metrics) == {name for name, metric in METRICS.items() if metric.point}
    assert result.areas is None and result.reliability is None
    assert result.metrics["balanced_accuracy"].value == whole.metrics["balanced_accuracy_argmax"].value
    assert result.metrics["accuracy"] == whole.metrics["accuracy"]


def only(table: PredictionTable, rows: np.ndarray) -> PredictionTable:
    return replace(table, image_id=table.image_id[rows], row=table.row[rows], probabilities=table.probabilities[rows])


def test_missing_and_foreign_images_are_named(table: PredictionTable, truth: Truth) -> None:
    test_rows = np.flatnonzero(pd.Index(table.image_id).isin(truth.image_id))
    with pytest.raises(UserError, match=rf"no prediction for 1 of 2,004 images: {table.image_id[test_rows[0]]}\."):
        align(only(table, test_rows[1:]), truth)
    strange = replace(table, image_id=np.where(table.image_id == truth.image_id[3], "ISIC_9", table.image_id))
    with pytest.raises(UserError, match=r"images that aren't in HAM10000, test split: row \d+ \(ISIC_9\)\."):
        align(strange, truth)
    lower = replace(table, image_id=np.char.lower(table.image_id))
    np.testing.assert_array_equal(align(lower, truth)[0].probabilities, align(table, truth)[0].probabilities)
    assert align(only(lower, test_rows), truth)[1] == ()


def test_rows_of_other_datasets_are_foreign_even_if_ham10000_has_them(truth: Truth, table: PredictionTable) -> None:
    other = replace(truth, name="t.csv", image_id=np.array(["a", *truth.image_id[1:]]))
    with pytest.raises(UserError, match=r"aren't in t\.csv"):
        align(table, other)


def test_the_order_of_rows_does_not_matter(table: PredictionTable, truth: Truth) -> None:
    shuffled = only(table, np.random.default_rng(0).permutation(len(table.row)))
    np.testing.assert_array_equal(align(shuffled, truth)[0].probabilities, align(table, truth)[0].probabilities)


def test_swapped_columns_are_suspected(table: PredictionTable, truth: Truth) -> None:
    order = list(range(len(DX)))
    mel, nv = DX.index("mel"), DX.index("nv")
    order[mel], order[nv] = nv, mel
    _, notes = align(replace(table, probabilities=table.probabilities[:, order]), truth)
    assert notes[-1] == "The columns mel and nv look swapped; check their names."
    _, notes = align(replace(table, probabilities=table.probabilities[:, order], labels_only=True), truth)
    assert notes[-1] == "The labels mel and nv look swapped; check them."
    scores, _ = align(table, truth)
    assert swapped_columns(scores) == ()
    always_mel = np.tile(np.eye(7)[mel], (len(scores.truth), 1))
    assert swapped_columns(replace(scores, probabilities=always_mel)) == ()  # bad, but not swapped


def test_no_committed_model_is_suspected() -> None:
    for name, folder in model_folders().items():
        assert swapped_columns(load_scores(folder, "test")) == (), name
