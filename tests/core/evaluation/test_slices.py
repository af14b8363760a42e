"""Slices: every image in one group of each slice, scores as of those images alone, stale files named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import evaluate, load_scores
from core.evaluation.metrics import METRICS
from core.evaluation.slices import COLUMNS, SLICE_METRICS, SLICES, add_slices, age_band, read_slices, slices
from core.labels import DX
from core.store.card import read_card
from core.store.folders import model_folders
from core.store.predictions import Scores, read_predictions, scores
from core.store.provenance import current, stored_file
from tests.cards import change
from tests.conftest import made_up_predictions

WriteModel = Callable[..., Path]
COMMITTED = [folder for folder in model_folders().values() if read_card(folder).slices]


@pytest.fixture(scope="module")
def predicted() -> Scores:
    return scores(made_up_predictions(1.5, 250), "test", np.full(7, 1 / 7))


def metadata_of(predicted: Scores) -> pd.DataFrame:
    n = np.arange(len(predicted.truth))
    columns = {
        "image_id": predicted.image_id,
        "dx": np.array(DX)[predicted.truth],
        "sex": np.array(["female", "male"])[n % 2],
        "age": np.where(n % 10 == 0, np.nan, n % 18 * 5.0),
        "localization": np.array(["back", "face", "unknown"])[n % 3],
        "dx_type": "histo",
    }
    return pd.DataFrame(columns).sample(frac=1, random_state=1)


def test_age_bands_leave_no_gap() -> None:
    bands = age_band(pd.Series([0, 29.5, 30, 44, 45, 57.5, 60, 74, 75, 85, np.nan]))
    named = ["0-29", "30-44", "45-59", "60-74", "75 and over"]
    assert bands.tolist() == [*np.repeat(named, 2), "unknown"]


def test_each_slice_holds_every_image_once_and_its_own_figures(predicted: Scores) -> None:
    metadata = metadata_of(predicted)
    table = slices(predicted, metadata, 200)
    assert tuple(table.columns) == COLUMNS
    assert (table.query("metric == 'accuracy'").groupby("slice")["images"].sum() == 250).all()
    assert set(table["slice"]) == set(SLICES) and set(table["metric"]) == set(SLICE_METRICS)
    sex = metadata.set_index("image_id")["sex"].reindex(predicted.image_id)
    women = predicted.take(np.flatnonzero(sex == "female"))
    rows = table.query("slice == 'sex' and group == 'female'").set_index("metric")
    for name in ("accuracy", "melanoma_sensitivity", "melanoma_specificity"):
        assert rows.loc[name, "value"] == pytest.approx(METRICS[name](women), abs=1e-5)
        assert rows.loc[name, "low"] < rows.loc[name, "value"] < rows.loc[name, "high"]
    auc = roc_auc_score(women.truth == 4, women.probabilities[:, 4])
    assert rows.loc["melanoma_auc", "value"] == round(auc, 5) and rows.loc["melanoma_auc", "low"] < auc
    assert rows.loc["melanoma_sensitivity", "images"] == (women.truth == 4).sum()
    assert rows.loc["melanoma_specificity", "images"] == (women.truth != 4).sum()
    assert table.query("slice == 'localization'")["group"].iloc[-1] == "unknown"


def test_metadata_that_does_not_fit_is_named(predicted: Scores) -> None:
    metadata = metadata_of(predicted)
    with pytest.raises(UserError, match=f"lacks test images: {predicted.image_id[0]}"):
        slices(predicted, metadata[metadata["image_id"] != predicted.image_id[0]])
    wrong = metadata.assign(dx="vasc")
    with pytest.raises(UserError, match="disagree on the diagnosis"):
        slices(predicted, wrong)


def test_written_slices_are_read_and_stale_or_altered_ones_named(write_model: WriteModel) -> None:
    folder = write_model("m", 2.0)
    assert read_slices(folder) is None
    card = add_slices(folder, metadata_of(load_scores(folder, "test")), 50)
    assert card.slices and current(card, card.slices) and card.slices.split == "test"
    table = read_slices(folder)
    assert table is not None and len(table) == len(pd.read_csv(folder / "slices.csv"))
    path, whole = folder / "slices.csv", (folder / "slices.csv").read_text()
    path.write_text(whole.replace("male", "man"))
    with pytest.raises(UserError, match=r"m/slices\.csv is not the file"):
        read_slices(folder)
    path.write_text(whole)
    predictions = read_predictions(folder / "predictions.csv")
    predictions.iloc[1:].to_csv(folder / "predictions.csv", index=False)
    change(folder, predictions=stored_file(folder / "predictions.csv"))
    with pytest.raises(UserError, match=r"m/slices\.csv was computed from another predictions"):
        read_slices(folder)
    assert evaluate(folder).slices is None
    assert read_slices(folder) is None


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda path: path.name)
def test_committed_slices_are_of_the_committed_predictions(folder: Path) -> None:
    table, card = read_slices(folder), read_card(folder)
    assert table is not None
    sizes = table.query("metric == 'accuracy'").groupby("slice")[["images", "lesions"]].sum()
    assert card.evaluation
    assert (sizes["images"] == card.evaluation.test.images).all()
    assert (sizes["lesions"] >= card.evaluation.test.lesions).all()
    # The whole split's accuracy is the mean of its parts', weighted by images.
    parts = table.query("slice == 'sex' and metric == 'accuracy'")
    whole = (parts["value"] * parts["images"]).sum() / parts["images"].sum()
    assert whole == pytest.approx(card.figure("accuracy").value, abs=2e-5)


@pytest.mark.parametrize("folder", COMMITTED[:1], ids=lambda path: path.name)
def test_committed_slices_come_again_from_the_dataset(folder: Path, real_ham: Dataset) -> None:
    card = read_card(folder)
    predicted = scores(read_predictions(folder / "predictions.csv"), "test", card.prior)
    again, stored = slices(predicted, real_ham.metadata), read_slices(folder)
    assert stored is not None
    pd.testing.assert_frame_equal(again, stored, check_dtype=False, atol=2e-5)
