"""Models that are no network of their own: metadata only, and ensembles; and the registry's listing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.metadata import Dataset, load_dataset
from core.store.predictions import read_predictions
from core.synthetic.lesions import write_synthetic_dataset
from core.training.baselines import METADATA_ONLY, train_metadata_only


@pytest.fixture(scope="module")
def synthetic_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic_dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def test_the_metadata_baseline_reads_age_sex_and_localization_and_nothing_else(
    synthetic_dataset: Dataset, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    facts = synthetic_dataset.metadata.assign(age=rng.integers(20, 80, len(synthetic_dataset.metadata)).astype(float))

    def predicted(metadata: pd.DataFrame, name: str) -> pd.DataFrame:
        dataset = Dataset(synthetic_dataset.folder, metadata, synthetic_dataset.images, ())
        folder = train_metadata_only(dataset, tmp_path / name, lambda _: None)
        assert folder.name == METADATA_ONLY
        return read_predictions(folder / "predictions.csv")

    table = predicted(facts, "as it is")
    assert set(table["split"]) == {"validation", "test"}
    for column, read in {"age": True, "sex": True, "localization": True, "dx_type": False}.items():
        values = facts[column].drop_duplicates().to_numpy()
        if column != "age":  # synthetic lesions may all have one
            values = np.array(
                {"sex": ["male", "female"], "localization": ["back", "face"]}.get(column, ["histo", "consensus"])
            )
        other = predicted(facts.assign(**{column: rng.choice(values, len(facts))}), column)
        assert other.equals(table) != read, column
