"""The notebook's SMOTE gives its row counts, and the labels that no longer fit are counted right."""

import numpy as np
import pandas as pd
import pytest

from core.data.cleaning import clean
from core.data.leakage import class_counts, load_overlap
from core.data.metadata import Dataset
from core.labels import DX
from core.resampling.notebook import (
    CLEANED,
    count_smote,
    draw_mismatched,
    expect_mismatched,
    load_smote,
    notebook_features,
    run_smote,
    summarise_mismatch,
)


@pytest.fixture(scope="module")
def metadata(mini_metadata: pd.DataFrame) -> pd.DataFrame:
    """The 70 rows three times over, with the classes uneven and the smallest just large enough for SMOTE."""
    rows = pd.concat([mini_metadata] * 3, ignore_index=True)
    rows["image_id"] = [f"ISIC_{i:07d}" for i in range(len(rows))]
    return rows[~((rows["dx"] == "df") & (rows.index % 3 > 0))].reset_index(drop=True)


def test_features_are_one_hot_facts_and_one_column_a_image_but_the_first(metadata: pd.DataFrame) -> None:
    cleaned = clean(metadata, CLEANED)
    features = notebook_features(cleaned)
    facts = pd.get_dummies(cleaned[["age", "dx_type", "sex", "localization"]], drop_first=True).shape[1]
    assert features.shape == (len(metadata), facts + len(metadata) - 1)
    images = features[:, facts:].toarray()
    np.testing.assert_array_equal(images, np.eye(len(metadata))[:, 1:])
    assert not np.isnan(features.data).any()


def test_features_are_those_of_get_dummies_over_everything(metadata: pd.DataFrame) -> None:
    """As the notebook writes it, dense and with the path as one more column."""
    shuffled = clean(metadata.sample(frac=1, random_state=0), CLEANED)
    columns = ["dx_type", "age", "sex", "localization", "image_id"]
    dense = pd.get_dummies(shuffled[columns], drop_first=True).to_numpy(float)
    np.testing.assert_array_equal(notebook_features(shuffled).toarray(), dense)


def test_smote_levels_the_classes_and_keeps_the_originals_first(metadata: pd.DataFrame) -> None:
    before, after = run_smote(metadata)
    assert len(before) == round(0.8 * len(metadata))
    assert after.iloc[: len(before)].tolist() == before.tolist()
    assert set(after.value_counts()) == {before.value_counts().max()}


def test_smote_is_seeded_and_counted_by_diagnosis(metadata: pd.DataFrame) -> None:
    before, after = run_smote(metadata)
    counts = count_smote(metadata)
    assert list(counts.columns) == ["dx", "before", "after", "mismatched"]
    assert counts["dx"].tolist() == list(DX)
    assert counts["before"].tolist() == [(before == dx).sum() for dx in DX]
    assert counts["after"].tolist() == [(after == dx).sum() for dx in DX]
    assert counts["mismatched"].tolist() == draw_mismatched(before, after).tolist()


def test_the_draw_counts_synthetic_rows_alone() -> None:
    before = pd.Series(["nv", "nv", "mel"])
    after = pd.Series(["nv", "nv", "mel", *["mel"] * 3000])
    wrong = draw_mismatched(before, after)
    assert list(wrong.index) == list(DX)
    assert wrong.drop("mel").sum() == 0
    assert wrong["mel"] == pytest.approx(2000, abs=120)
    assert wrong.equals(draw_mismatched(before, after))
    assert draw_mismatched(before, after, seed=1)["mel"] != wrong["mel"]


def test_images_of_one_diagnosis_alone_always_fit() -> None:
    before = pd.Series(["nv"] * 5)
    assert draw_mismatched(before, pd.Series(["nv"] * 9)).sum() == 0


def test_the_expectation_is_that_of_many_draws() -> None:
    before = pd.Series(["nv"] * 60 + ["mel"] * 30 + ["df"] * 10)
    after = pd.concat([before, pd.Series(["mel"] * 30 + ["df"] * 50)])
    counts = pd.DataFrame({"before": before.value_counts(), "after": after.value_counts()}).reindex(["df", "mel", "nv"])
    expected = expect_mismatched(counts)
    assert expected["synthetic"].tolist() == [50, 30, 0]
    assert expected["expected"].tolist() == pytest.approx([45, 21, 0])
    drawn = np.array([draw_mismatched(before, after, seed).sum() for seed in range(400)])
    found = summarise_mismatch(counts.assign(mismatched=0))
    assert found.expected == pytest.approx(drawn.mean(), abs=0.6)
    assert expected["variance"].sum() == pytest.approx(drawn.var(), rel=0.25)
    inside = ((drawn >= found.low) & (drawn <= found.high)).mean()
    assert 0.9 < inside < 0.99


def test_the_committed_counts_are_those_of_the_notebook() -> None:
    counts = load_smote()
    assert list(counts.index) == list(DX)
    assert counts["before"].sum() == 8_012
    assert counts["after"].sum() == 37_548
    assert set(counts["after"]) == {5_364}
    assert counts["before"].tolist() == class_counts(load_overlap(), "image", "train").tolist()


def test_three_in_four_training_labels_no_longer_fit() -> None:
    found = summarise_mismatch(load_smote())
    assert (found.rows, found.synthetic) == (37_548, 29_536)
    assert found.expected == pytest.approx(27_990.8, abs=0.05)
    assert found.low < found.drawn < found.high
    assert found.drawn / found.rows == pytest.approx(0.745, abs=0.002)


def test_the_real_run_gives_the_committed_counts(real_ham: Dataset) -> None:
    assert notebook_features(clean(real_ham.metadata, CLEANED)).shape == (10_015, 10_034 - 2)
    pd.testing.assert_frame_equal(count_smote(real_ham.metadata).set_index("dx"), load_smote())
