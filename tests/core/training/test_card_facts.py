import platform
from dataclasses import replace
from importlib.metadata import version

import pandas as pd

from core.data.metadata import Dataset
from core.labels import DX
from core.training.card_facts import data_facts, data_hash, hardware, versions


def split_of(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.metadata.set_index("image_id")
    return pd.DataFrame({"dx": rows["dx"], "group": 0, "split": ["train", "test"] * (len(rows) // 2)}, rows.index)


def test_the_hash_depends_on_bytes_and_diagnoses_but_not_on_the_order_of_rows(mini_dataset: Dataset) -> None:
    before = data_hash(mini_dataset)
    assert data_hash(replace(mini_dataset, metadata=mini_dataset.metadata[::-1])) == before
    other = mini_dataset.metadata.assign(dx="mel")
    assert data_hash(replace(mini_dataset, metadata=other)) != before
    first, second, *_ = mini_dataset.images
    swapped = mini_dataset.images | {first: mini_dataset.images[second], second: mini_dataset.images[first]}
    assert data_hash(replace(mini_dataset, images=swapped)) != before


def test_counts_are_those_of_the_training_images(mini_dataset: Dataset) -> None:
    split = split_of(mini_dataset)
    facts = data_facts(split, "lesion", mini_dataset)
    assert facts.train_counts == {dx: int(((split["dx"] == dx) & (split["split"] == "train")).sum()) for dx in DX}
    assert facts.split_scheme == "lesion" and facts.sha256 == data_hash(mini_dataset)
    moved = split.assign(split=split["split"].to_numpy()[::-1])
    assert data_facts(moved, "lesion", mini_dataset).split_sha256 != facts.split_sha256


def test_versions_and_machine_are_named() -> None:
    assert versions("numpy") == {"python": platform.python_version(), "numpy": version("numpy")}
    assert "CPU cores" in hardware()
