from dataclasses import replace

import pytest

from core.data.metadata import Dataset, load_dataset
from core.data.split_rows import image_split_for, split_for
from core.errors import UserError
from core.synthetic.lesions import write_synthetic_dataset


@pytest.fixture(scope="module")
def synthetic_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic_dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def test_the_image_level_pair_is_scored_where_both_splits_test(real_ham: Dataset) -> None:
    from core.data.splits import load_splits

    split, known = image_split_for(real_ham), load_splits()
    both = known[(known["lesion"] == "test") & (known["image"] == "test")]
    assert set(split.index[split["split"] == "test"]) == set(both.index)
    counts = split["split"].value_counts()
    assert abs(counts["train"] - (known["lesion"] == "train").sum()) <= 10
    assert (known.loc[split.index[split["split"] != "test"], "image"] == "train").all()


def test_a_dataset_without_images_cannot_train(synthetic_dataset: Dataset) -> None:
    with pytest.raises(UserError, match="no image"):
        split_for(replace(synthetic_dataset, images={}))


def test_the_committed_split_is_used_where_it_knows_the_images(real_ham: Dataset) -> None:
    from core.data.splits import load_splits

    split = split_for(real_ham)
    splits = load_splits()
    assert (split["split"] == splits.loc[split.index, "lesion"]).all()
    assert set(splits.index) - set(split.index) == set(splits.index[splits["near_duplicate"]])
