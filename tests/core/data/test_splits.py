"""The canonical split keeps lesions apart; the notebook's is the notebook's, to the image."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import ROOT
from core.data.metadata import Dataset
from core.data.splits import (
    KEYPOINT_PAIRS_FILE,
    PAIRS_FILE,
    check_disjoint,
    image_split,
    lesion_groups,
    lesion_split,
    load_splits,
    make_splits,
    mark_near_duplicates,
    shared_groups,
)
from core.errors import UserError
from core.labels import DX

NOTEBOOK_SUPPORTS = {"akiec": 65, "bcc": 103, "bkl": 220, "df": 23, "mel": 223, "nv": 1341, "vasc": 28}


@pytest.fixture
def ten_lesions() -> pd.DataFrame:
    """300 images, 30 a lesion group, two groups a diagnosis."""
    index = pd.Index([f"ISIC_{i:07d}" for i in range(300)], name="image_id")
    group = pd.Series(range(300), index=index) // 3
    return pd.DataFrame({"group": group, "dx": (group % 5).map(dict(enumerate(DX)))})


def test_groups_join_lesions_through_pairs_and_through_chains_of_pairs() -> None:
    metadata = pd.DataFrame({"image_id": list("abcdef"), "lesion_id": ["L1", "L1", "L2", "L3", "L4", "L5"]})
    pairs = pd.DataFrame({"image_id_a": ["b", "d", "x"], "image_id_b": ["c", "c", "a"]})
    groups = lesion_groups(metadata, pairs)
    assert groups.to_dict() == {"a": 0, "b": 0, "c": 0, "d": 0, "e": 1, "f": 2}


def test_groups_without_pairs_are_the_lesions() -> None:
    metadata = pd.DataFrame({"image_id": list("abc"), "lesion_id": ["L9", "L1", "L9"]})
    assert lesion_groups(metadata, pd.DataFrame(columns=["image_id_a", "image_id_b"])).tolist() == [0, 1, 0]


def test_the_lesion_split_is_disjoint_stratified_and_seeded(ten_lesions: pd.DataFrame) -> None:
    split = lesion_split(ten_lesions["dx"], ten_lesions["group"])
    check_disjoint(ten_lesions["group"], split)
    assert split.index.equals(ten_lesions.index)
    assert split.value_counts(normalize=True).round(2).to_dict() == {"train": 0.7, "test": 0.2, "validation": 0.1}
    assert split.equals(lesion_split(ten_lesions["dx"], ten_lesions["group"]))
    assert not split.equals(lesion_split(ten_lesions["dx"], ten_lesions["group"], seed=1))
    for _, part in ten_lesions["dx"].groupby(split):
        assert part.value_counts(normalize=True).between(0.14, 0.26).all()


def test_the_image_split_is_stratified_and_blind_to_lesions(ten_lesions: pd.DataFrame) -> None:
    split = image_split(ten_lesions["dx"])
    assert split.value_counts().to_dict() == {"train": 240, "test": 60}
    assert set(ten_lesions["dx"][split == "test"].value_counts()) == {12}
    with pytest.raises(UserError, match="lesions appear in more than one split"):
        check_disjoint(ten_lesions["group"], split)


def test_the_image_split_is_seeded(ten_lesions: pd.DataFrame) -> None:
    dx = ten_lesions["dx"]
    assert image_split(dx).equals(image_split(dx))
    assert not image_split(dx).equals(image_split(dx, seed=1))


def test_lesions_on_two_splits_are_counted() -> None:
    group = pd.Series([1, 1, 2, 2, 3, 4, 4])
    with pytest.raises(UserError, match=r"^2 lesions appear"):
        check_disjoint(group, pd.Series(["train", "test", "test", "train", "train", "test", "test"]))


def test_the_table_holds_both_splits_by_image(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    pairs = pd.DataFrame({"image_id_a": ["ISIC_0000000"], "image_id_b": ["ISIC_0000001"]})
    pairs.to_csv(mini_ham / PAIRS_FILE, index=False)
    pairs.to_csv(mini_ham / KEYPOINT_PAIRS_FILE, index=False)
    shuffled = mini_metadata.sample(frac=1, random_state=0)
    table = make_splits(Dataset(folder=mini_ham, metadata=shuffled, images={}, missing=()))
    assert list(table.columns) == ["image_id", "group", "lesion", "image", "near_duplicate"]
    assert table["image_id"].tolist() == sorted(mini_metadata["image_id"])
    assert table["group"].nunique() == mini_metadata["lesion_id"].nunique() - 1
    assert table["group"][0] == table["group"][1]
    dx, by_image = shuffled.set_index("image_id")["dx"], table.set_index("image_id").loc[shuffled["image_id"]]
    assert by_image["lesion"].tolist() == lesion_split(dx, by_image["group"]).tolist()
    assert by_image["image"].tolist() == image_split(dx).tolist()


def test_near_duplicates_leave_the_earlier_split_with_their_whole_lesion() -> None:
    group = pd.Series([1, 1, 2, 3, 4, 5, 6, 7], index=list("abcdefgh"))
    split = pd.Series(
        ["train", "train", "test", "validation", "train", "validation", "test", "test"], index=group.index
    )
    pairs = pd.DataFrame({"image_id_a": ["a", "d", "e", "g"], "image_id_b": ["c", "e", "f", "h"]})
    left = mark_near_duplicates(group, split, pairs)
    # a takes b with it; d, e and f show one lesion, of which validation keeps d and f; g and h are both of test
    assert left.index[left].tolist() == ["a", "b", "e"]


def test_pairs_within_a_set_of_images_share_a_group_over_chains_and_repeats() -> None:
    pairs = pd.DataFrame({"image_id_a": ["c", "d", "x"], "image_id_b": ["a", "c", "b"]})
    names, group = np.array(list("abcdaa")), np.array([7, 8, 9, 5, 7, 7])
    assert shared_groups(names, group, pairs).tolist() == [7, 8, 7, 7, 7, 7]
    assert shared_groups(names[:2], group[:2], pairs).tolist() == [7, 8]


def test_one_pair_of_the_committed_test_split_shares_a_group() -> None:
    """The other five pairs within test are in the published list, which the groups join already."""
    test = load_splits().query("lesion == 'test'")
    shared = shared_groups(test.index.to_numpy(str), test["group"].to_numpy())
    assert test["group"].nunique() - len(np.unique(shared)) == 1
    pair = dict(zip(test.index, shared, strict=True))
    assert pair["ISIC_0032628"] == pair["ISIC_0033110"]


def test_no_committed_training_image_shows_a_lesion_of_a_later_split(real_ham: Dataset) -> None:
    splits = load_splits()
    kept = splits[~splits["near_duplicate"]]
    pairs = pd.read_csv(real_ham.folder / KEYPOINT_PAIRS_FILE)
    split_pairs = pairs.apply(lambda column: column.map(kept["lesion"].astype(str))).dropna()
    assert (split_pairs["image_id_a"] == split_pairs["image_id_b"]).all()
    assert not splits.loc[splits["lesion"] == "test", "near_duplicate"].any()


def test_a_dataset_without_the_pairs_is_refused(mini_ham: object, mini_metadata: pd.DataFrame) -> None:
    dataset = Dataset(folder=mini_ham, metadata=mini_metadata, images={}, missing=())  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"{PAIRS_FILE} is missing"):
        make_splits(dataset)


def test_the_committed_lesion_split_shares_no_lesion() -> None:
    splits = load_splits()
    assert len(splits) == 10_015
    assert splits.index.is_unique
    check_disjoint(splits["group"], splits["lesion"])


def test_the_committed_lesion_split_is_70_10_20_within_one_percent() -> None:
    shares = load_splits()["lesion"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.7, abs=0.01)
    assert shares["validation"] == pytest.approx(0.1, abs=0.01)
    assert shares["test"] == pytest.approx(0.2, abs=0.01)


def test_the_committed_image_split_has_the_notebooks_size() -> None:
    assert load_splits()["image"].value_counts().to_dict() == {"train": 8012, "test": 2003}


def test_what_the_splits_page_reads_imports_no_scikit_learn() -> None:
    """It takes 1.6 s that no page should wait for, and imbalanced-learn another second."""
    code = (
        "import sys; from core.data import leakage, splits; from core.resampling import notebook, strategies; "
        "splits.load_splits(); leakage.load_overlap(); notebook.load_smote(); assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_committed_splits_are_the_recomputed_ones(real_ham: Dataset) -> None:
    recomputed = make_splits(real_ham).set_index("image_id")
    pd.testing.assert_frame_equal(load_splits().astype({"lesion": str, "image": str}), recomputed, check_dtype=False)


def test_the_notebooks_supports_on_the_real_data(real_ham: Dataset) -> None:
    dx = real_ham.metadata.set_index("image_id")["dx"]
    assert dx[image_split(dx) == "test"].value_counts().to_dict() == NOTEBOOK_SUPPORTS


def test_each_diagnosis_is_split_70_10_20_on_the_real_data(real_ham: Dataset) -> None:
    dx = real_ham.metadata.set_index("image_id")["dx"]
    shares = pd.crosstab(dx, load_splits()["lesion"], normalize="index")
    assert shares["train"].between(0.68, 0.72).all()
    assert shares["test"].between(0.19, 0.22).all()


def test_the_real_near_duplicates_join_eighteen_pairs_of_lesions(real_ham: Dataset) -> None:
    assert real_ham.metadata["lesion_id"].nunique() - load_splits()["group"].nunique() == 18
