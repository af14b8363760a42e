"""Image by image: the prediction, and which images are in a cell."""

import numpy as np
import pytest

from core.evaluation.decisions import confusion_difference, confusion_table, decisions, in_cell, largest_confusion
from core.evaluation.metrics import confusion, decide
from core.labels import DX
from core.store.predictions import Scores, scores
from tests.conftest import made_up_predictions

PRIOR = np.array([1, 1, 1, 1, 2, 3, 1]) / 10


@pytest.fixture(scope="module")
def predicted() -> Scores:
    return scores(made_up_predictions(1.0, 200), "test", PRIOR)


def test_each_image_has_its_decision_and_probabilities(predicted: Scores) -> None:
    table = decisions(predicted, "balanced")
    assert table["image_id"].tolist() == predicted.image_id.tolist()
    row = table.iloc[17]
    assert row["predicted"] == DX[decide(predicted.probabilities, PRIOR, "balanced")[17]]
    assert row["p_predicted"] == row[row["predicted"]]
    assert row["p_true"] == row[row["dx"]]
    assert (decisions(predicted, "accuracy")["p_predicted"] == predicted.probabilities.max(axis=1)).all()


def test_confusion_table_counts_images_and_lesions(predicted: Scores) -> None:
    table = confusion_table(decisions(predicted, "accuracy"))
    counts = confusion(predicted.truth, decide(predicted.probabilities, PRIOR, "accuracy"))
    assert table["images"].to_numpy().reshape(7, 7).tolist() == counts.tolist()
    assert (table["lesions"] <= table["images"]).all()
    assert (table["lesions"] < table["images"]).any()
    assert table.groupby("dx")["share"].sum().to_numpy() == pytest.approx(np.ones(7))


def test_shares_of_a_diagnosis_without_images_are_undefined(predicted: Scores) -> None:
    rows = decisions(predicted, "accuracy")
    table = confusion_table(rows[rows["dx"] != "df"]).set_index("dx")
    assert table.loc["df", "share"].isna().all()
    assert (table.loc["df", "images"] == 0).all()


def test_a_cell_lists_its_images_surest_first(predicted: Scores) -> None:
    rows = decisions(predicted, "accuracy")
    dx, predicted_labels = largest_confusion(confusion_table(rows))
    cell = in_cell(rows, dx, predicted_labels)
    assert dx != predicted_labels
    assert set(cell["dx"]) == {dx}
    assert set(cell["predicted"]) == {predicted_labels}
    assert cell["p_predicted"].is_monotonic_decreasing
    wrong = confusion_table(rows).query("dx != `predicted`")["images"]
    assert len(cell) == wrong.max()


def test_two_models_differ_by_their_row_shares(predicted: Scores) -> None:
    a, b = (confusion_table(decisions(predicted, point)) for point in ("accuracy", "balanced"))
    table = confusion_difference(a, b)
    assert table[["dx", "predicted"]].equals(a[["dx", "predicted"]])
    assert table["difference"].to_numpy() == pytest.approx((a["share"] - b["share"]).to_numpy())
    assert table["images_b"].tolist() == b["images"].tolist()
    assert table.groupby("dx")["difference"].sum().to_numpy() == pytest.approx(np.zeros(7))
    assert (confusion_difference(a, a)["difference"] == 0).all()


def test_a_diagnosis_with_one_image_has_a_share(predicted: Scores) -> None:
    one = confusion_table(decisions(predicted.take(np.flatnonzero(predicted.truth == 3)[:1]), "accuracy")).set_index(
        "dx"
    )
    assert one.loc["df", "share"].sum() == 1
    assert one.drop("df")["share"].isna().all()
