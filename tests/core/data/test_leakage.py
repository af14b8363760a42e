"""The leak is counted by lesion, per split and diagnosis, and the committed counts are the real ones."""

import pandas as pd
import pytest

from core.data.leakage import (
    SCHEME_SPLITS,
    class_counts,
    count_overlap,
    current_overlap,
    duplicates_across,
    largest_share_gap,
    leaked_share,
    load_overlap,
    mark_leaked,
    milk10k_overlap,
    sibling_pairs,
)
from core.data.metadata import Dataset
from core.data.splits import load_near_duplicates, load_splits
from core.labels import DX


@pytest.fixture
def splits() -> pd.DataFrame:
    """Lesion 1 is in train and test of the image split, lesion 2 in test only, lesion 3 in train only."""
    return pd.DataFrame(
        {
            "group": [1, 1, 1, 2, 2, 3],
            "image": ["train", "test", "test", "test", "test", "train"],
            "lesion": ["train", "train", "train", "test", "test", "validation"],
        },
        index=pd.Index(list("abcdef"), name="image_id"),
    )


@pytest.fixture
def dx() -> pd.Series:
    return pd.Series({"a": "mel", "b": "mel", "c": "mel", "d": "mel", "e": "mel", "f": "nv"}, name="dx")


def test_only_held_out_images_with_a_sibling_in_train_are_leaked(splits: pd.DataFrame) -> None:
    assert mark_leaked(splits["group"], splits["image"]).tolist() == [False, True, True, False, False, False]
    assert not mark_leaked(splits["group"], splits["lesion"]).any()


def test_counts_are_by_image_and_by_lesion(splits: pd.DataFrame, dx: pd.Series) -> None:
    counts = count_overlap(splits, dx)
    seen = counts[counts["images"] > 0].set_index(["split_scheme", "split", "dx", "leaked"])[["images", "lesions"]]
    assert {key: tuple(row) for key, row in zip(seen.index, seen.to_numpy().tolist(), strict=True)} == {
        ("image", "train", "mel", False): (1, 1),
        ("image", "train", "nv", False): (1, 1),
        ("image", "test", "mel", True): (2, 1),
        ("image", "test", "mel", False): (2, 1),
        ("lesion", "train", "mel", False): (3, 1),
        ("lesion", "validation", "nv", False): (1, 1),
        ("lesion", "test", "mel", False): (2, 1),
    }
    assert len(counts) == (2 + 3) * len(DX) * 2


def test_categorical_splits_count_as_text_does(splits: pd.DataFrame, dx: pd.Series) -> None:
    categories = splits.astype({"lesion": "category", "image": "category"})
    pd.testing.assert_frame_equal(count_overlap(categories, dx), count_overlap(splits, dx))


def test_the_leaked_share_ends_with_all_and_is_undefined_where_nothing_is_tested(
    splits: pd.DataFrame, dx: pd.Series
) -> None:
    shares = leaked_share(count_overlap(splits, dx), "image")
    assert list(shares.index) == [*DX, "all"]
    assert shares.loc["mel"].tolist() == shares.loc["all"].tolist() == [2, 4, 0.5]
    assert pd.isna(shares.loc["nv", "share"])
    assert leaked_share(count_overlap(splits, dx), "image", "lesions").loc["all"].tolist() == [1, 2, 0.5]


def test_pairs_name_one_test_and_one_training_image_a_lesion(splits: pd.DataFrame, dx: pd.Series) -> None:
    assert sibling_pairs(splits, dx).to_dict("records") == [{"group": 1, "dx": "mel", "train": "a", "test": "b"}]


def test_a_part_of_the_dataset_leaves_the_committed_counts_standing(dx: pd.Series) -> None:
    for installed in (None, dx):
        counts, live = current_overlap(installed)
        assert not live
        pd.testing.assert_frame_equal(counts, load_overlap())


def test_the_committed_counts_fit_the_committed_splits() -> None:
    overlap, splits = load_overlap(), load_splits()
    for name, names in SCHEME_SPLITS.items():
        for split in names:
            assert class_counts(overlap, name, split).sum() == (splits[name] == split).sum()
            lesions = splits.loc[splits[name] == split, "group"].nunique()
            assert class_counts(overlap, name, split, "lesions").sum() == lesions
        leaked = mark_leaked(splits["group"], splits[name].astype(str))[splits[name] == "test"]
        assert leaked_share(overlap, name).loc["all", "leaked"] == leaked.sum()


def test_the_lesion_split_leaks_nothing_and_the_notebooks_four_in_ten() -> None:
    overlap = load_overlap()
    assert (
        overlap[(overlap["split_scheme"] == "lesion") & overlap["leaked"]][["images", "lesions"]].to_numpy().sum() == 0
    )
    assert leaked_share(overlap, "image").loc["all", "share"] == pytest.approx(798 / 2003)


def test_no_class_share_betrays_the_leak() -> None:
    overlap = load_overlap()
    for name in SCHEME_SPLITS:
        dx, gap = largest_share_gap(overlap, name)
        assert dx in DX
        assert gap < 0.001


def test_the_largest_gap_is_found(splits: pd.DataFrame, dx: pd.Series) -> None:
    assert largest_share_gap(count_overlap(splits, dx), "image") == ("mel", 0.5)


def test_counting_live_gives_the_committed_table(real_ham: Dataset) -> None:
    counts, live = current_overlap(real_ham.metadata.set_index("image_id")["dx"])
    assert live
    pd.testing.assert_frame_equal(counts, load_overlap())


def test_by_lesion_id_alone_the_notebooks_leak_is_39_5_percent(real_ham: Dataset) -> None:
    """RECIPES and the literature quote this figure; joining near duplicates makes it 39.8."""
    lesion = real_ham.metadata.set_index("image_id")["lesion_id"]
    split = load_splits().loc[lesion.index, "image"]
    leaked = mark_leaked(lesion, split)[split == "test"]
    assert round(100 * leaked.mean(), 1) == 39.5


def test_the_committed_pairs_across_splits_are_counted_and_removed() -> None:
    splits = load_splits()
    found = duplicates_across(splits, load_near_duplicates()).set_index(["earlier", "later"])
    pairs = {("train", "validation"): 10, ("train", "test"): 8, ("validation", "test"): 1}
    assert found["pairs"].to_dict() == pairs
    kept = splits[~splits["near_duplicate"]]
    left = duplicates_across(kept, load_near_duplicates())
    assert left["pairs"].sum() == 0


def test_milk10k_shares_lesions_with_both_public_datasets() -> None:
    found = milk10k_overlap().set_index("shows")["images"]
    assert found.to_dict() == {"HAM10000": 963, "ISIC 2018 test": 129, "doubtful": 156, "neither": 3992}
