"""Cleaning changes what was chosen and nothing else, and the leak of the third imputation is measured."""

import numpy as np
import pandas as pd
import pytest

from core.data.cleaning import UNKNOWN, Cleaning, changes, clean, fit_fill, imputation_leak
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.data.summary import FIELDS, count, load_leak

ALL = Cleaning(age=True, sex=True, localization=True)


def notebook(metadata: pd.DataFrame) -> pd.DataFrame:
    """The source notebook's three imputations, in its own steps."""
    df = metadata.copy()
    df["age"] = df["age"].fillna(df["age"].median())
    df["sex"] = df["sex"].replace("unknown", df["sex"].mode()[0])
    modes = df.groupby("dx")["localization"].agg(lambda x: x.mode()[0]).to_dict()
    df.loc[df["localization"] == "unknown", "localization"] = df["dx"].map(modes)
    return df


@pytest.fixture
def table() -> pd.DataFrame:
    """Site follows diagnosis where it is known; one of each kind of gap."""
    return pd.DataFrame(
        {
            "lesion_id": list("abcdefgh"),
            "image_id": [f"i{k}" for k in range(8)],
            "dx": ["nv"] * 4 + ["mel"] * 4,
            "dx_type": "histo",
            "age": [30, 40, np.nan, 60, 70, 80, 20, 50],
            "sex": ["male", "male", "female", "unknown", "female", "male", "male", "male"],
            "localization": ["back", "back", "unknown", "face", "face", "face", "unknown", "back"],
        }
    )


def test_by_default_nothing_changes(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(clean(table, Cleaning()), table)
    assert changes(table, Cleaning()).empty


@pytest.mark.parametrize("column", ["age", "sex", "localization"])
def test_each_imputation_touches_its_own_gaps_alone(table: pd.DataFrame, column: str) -> None:
    cleaned = clean(table, Cleaning(**{column: True}))
    gaps = table[column].isna() | (table[column] == UNKNOWN)
    assert gaps.any()
    assert not (cleaned.loc[gaps, column].isna() | (cleaned.loc[gaps, column] == UNKNOWN)).any()
    pd.testing.assert_frame_equal(cleaned[~gaps], table[~gaps])
    pd.testing.assert_frame_equal(cleaned.drop(columns=column), table.drop(columns=column))


def test_all_three_equal_the_notebook(table: pd.DataFrame, mini_metadata: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(clean(table, ALL), notebook(table))
    for dx in ("mel", "nv"):
        gap = (table["localization"] == UNKNOWN) & (table["dx"] == dx)
        assert clean(table, ALL).loc[gap, "localization"].unique() == {"mel": "face", "nv": "back"}[dx]
    kept = ["age", "sex"]  # the mini set's sites tie with "unknown", which the notebook then keeps
    pd.testing.assert_frame_equal(clean(mini_metadata, ALL)[kept], notebook(mini_metadata)[kept])


def test_counts_are_cleaned_as_their_rows_are(mini_metadata: pd.DataFrame) -> None:
    def totals(counts: pd.DataFrame) -> pd.Series:
        return counts.groupby(list(FIELDS), dropna=False)["images"].sum()

    assert fit_fill(count(mini_metadata)) == fit_fill(mini_metadata)
    pd.testing.assert_series_equal(totals(clean(count(mini_metadata), ALL)), totals(count(clean(mini_metadata, ALL))))


def test_a_row_of_counts_weighs_as_many_as_it_stands_for(table: pd.DataFrame) -> None:
    fill = fit_fill(table.assign(images=[1, 1, 1, 9, 1, 9, 1, 1]))
    assert fill.age == 60
    assert fill.localization == {"nv": "face", "mel": "face"}
    assert fit_fill(table.assign(images=[1, 1, 9, 1, 1, 1, 1, 1])).sex == "female"


def test_unknown_is_never_the_most_frequent(table: pd.DataFrame) -> None:
    fill = fit_fill(table.assign(images=[1, 1, 99, 99, 1, 1, 99, 1]))
    assert fill.localization == {"nv": "face", "mel": "face"}
    assert fill.sex == "male"


def test_where_nothing_is_known_nothing_is_made_up(table: pd.DataFrame) -> None:
    blank = table.assign(age=np.nan, sex=UNKNOWN, localization=UNKNOWN)
    pd.testing.assert_frame_equal(clean(blank, ALL), blank)


def test_changes_name_every_value_written(table: pd.DataFrame) -> None:
    rows = changes(table, ALL).to_dict("tight")["data"]
    assert rows == [
        ["age", "any", "50", 1],
        ["sex", "any", "male", 1],
        ["localization", "mel", "face", 1],
        ["localization", "nv", "back", 1],
    ]
    assert changes(count(table), ALL)["images"].sum() == 4


def leaking(n: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each diagnosis has a site of its own; a third of all sites is unknown, evenly; every lesion has two images."""
    dx = np.array(["bkl", "mel", "nv"])[np.arange(n) // 2 % 3]
    site = pd.Series(dx).map({"bkl": "face", "mel": "back", "nv": "trunk"})
    unknown = np.arange(n) // 6 % 3 == 0
    ids = [f"i{k}" for k in range(n)]
    metadata = pd.DataFrame({"image_id": ids, "dx": dx, "age": 50.0, "sex": "male", "localization": site})
    metadata.loc[unknown, "localization"] = UNKNOWN
    splits = pd.DataFrame(
        {"group": np.arange(n) // 2, "lesion": np.where(np.arange(n) < n / 2, "train", "test")},
        index=pd.Index(ids, name="image_id"),
    )
    return metadata, splits


def test_a_site_imputed_from_its_own_diagnosis_gives_it_away() -> None:
    metadata, splits = leaking()
    leak = imputation_leak(metadata, splits).set_index(["site", "reader"])
    asked = metadata.merge(splits, left_on="image_id", right_index=True).query("lesion == 'test'")
    asked = asked[asked["localization"] == UNKNOWN]
    assert set(leak["rows"]) == {len(asked)}
    assert set(leak["lesions"]) == {asked["group"].nunique()}
    for reader in ("all", "unknown"):
        assert leak.loc[("own_dx", reader), "share"] == 1
        assert leak.loc[("kept", reader), "share"] == leak.loc[("all", reader), "share"] == pytest.approx(1 / 3)
    share = asked["dx"].value_counts(normalize=True)
    bits = -(share * np.log2(share)).sum()
    assert leak["bits_dx"].to_numpy() == pytest.approx(bits)
    assert leak["bits"].xs("own_dx", level="site").to_numpy() == pytest.approx(bits)
    assert leak["bits"].drop("own_dx", level="site").to_numpy() == pytest.approx(0)
    assert ((leak["low"] <= leak["share"]) & (leak["share"] <= leak["high"])).all()
    assert (leak["right"] == leak["share"] * leak["rows"]).all()


def test_the_interval_draws_lesions_not_images() -> None:
    metadata, splits = leaking(240)
    by_lesion = imputation_leak(metadata, splits).query("site == 'kept'").iloc[0]
    by_image = imputation_leak(metadata, splits.assign(group=range(240))).query("site == 'kept'").iloc[0]
    assert by_lesion["high"] - by_lesion["low"] > 1.2 * (by_image["high"] - by_image["low"])


def test_the_interval_leaves_out_one_resample_of_forty_at_each_end() -> None:
    metadata, splits = leaking(240)
    row = imputation_leak(metadata, splits.assign(group=range(240)), 4000).query("site == 'kept'").iloc[0]
    drawn = np.random.default_rng(0).binomial(row["rows"], row["share"], 20_000) / row["rows"]
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.009)


def test_only_training_rows_teach_the_fill() -> None:
    metadata, splits = leaking(90)
    splits["lesion"] = np.where(np.arange(90) < 30, "train", "test")
    known_test = (splits["lesion"] == "test").to_numpy() & (metadata["localization"] != UNKNOWN)
    metadata.loc[known_test, "localization"] = "foot"  # now most frequent for each diagnosis over all rows
    leak = imputation_leak(metadata, splits)
    assert (leak[leak["site"] == "own_dx"]["share"] == 1).all()


def test_without_unknown_test_rows_the_leak_is_undefined() -> None:
    metadata, splits = leaking()
    metadata["localization"] = "back"
    leak = imputation_leak(metadata, splits)
    assert (leak["rows"] == 0).all()
    assert leak[["share", "low", "high"]].isna().all(axis=None)


def test_the_committed_leak_is_the_real_one(real_ham: Dataset) -> None:
    again = imputation_leak(real_ham.metadata, load_splits())
    pd.testing.assert_frame_equal(load_leak(), again, check_dtype=False, rtol=1e-5)


def test_ham10000_is_filled_in_as_the_notebook_says(real_ham: Dataset) -> None:
    written = changes(real_ham.metadata, ALL).groupby("column")["images"].sum()
    assert written.to_dict() == {"age": 57, "sex": 57, "localization": 234}
    assert fit_fill(real_ham.metadata).age == 50
    pd.testing.assert_frame_equal(clean(real_ham.metadata, ALL), notebook(real_ham.metadata))


def test_fill_and_reader_learn_from_training_rows_and_test_rows_are_asked() -> None:
    """Known sites: back is a nevus in training, foot a melanoma in test; every unknown site is a keratosis."""
    rows = [("train", "nv", "back")] * 5 + [("train", "bkl", UNKNOWN)] * 3 + [("train", "bkl", "face")]
    rows += [("test", "mel", "foot")] * 6 + [("test", "bkl", UNKNOWN)] * 2
    split, dx, site = zip(*rows, strict=True)
    ids = [f"i{k}" for k in range(len(rows))]
    metadata = pd.DataFrame({"image_id": ids, "dx": dx, "age": 50.0, "sex": "male", "localization": site})
    splits = pd.DataFrame({"group": range(len(rows)), "lesion": split}, index=pd.Index(ids, name="image_id"))
    leak = imputation_leak(metadata, splits, 50).set_index(["site", "reader"])
    assert set(leak["rows"]) == {2}
    assert leak["share"].loc["all"].to_dict() == {"all": 0, "unknown": 1}
    assert leak["share"].loc["kept"].to_dict() == {"all": 1, "unknown": 1}
    assert leak["share"].loc["own_dx"].to_dict() == {"all": 1, "unknown": 1}
    assert (leak["bits_dx"] == 0).all()


def test_the_entropy_of_one_diagnosis_is_zero_without_a_sign():
    metadata = pd.DataFrame({"image_id": ["a", "b", "c"], "dx": "nv", "age": 30.0, "sex": "male"})
    metadata["localization"] = ["back", "unknown", "unknown"]
    splits = pd.DataFrame({"group": [1, 2, 3], "lesion": ["train", "train", "test"]}, index=["a", "b", "c"])
    leak = imputation_leak(metadata, splits, resamples=5)
    assert {str(value) for value in [*leak["bits"], *leak["bits_dx"]]} == {"0.0"}
