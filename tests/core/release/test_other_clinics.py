"""A model's figures on MILK10k are those of its own predictions of MILK10k's held-out images."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data.milk10k import CLINICAL, DERMATOSCOPIC, Milk10k
from core.errors import UserError
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.leaderboard import evaluate, read_leaderboard
from core.evaluation.metrics import METRICS
from core.labels import DX
from core.models.cam_heads import with_cams
from core.models.litert import convert
from core.models.registry import get_model
from core.models.weights import save_weights
from core.release import other_clinics
from core.release.other_clinics import held_out, score_other_clinics
from core.store.card import write_card
from core.store.predictions import read_predictions, scores
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion
from tests.cards import change, exported, small_card

PARTS = ("train", "validation", "test")


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Milk10k:
    """Two lesions of each of the seven diagnoses and one of another in each part of the split, and a close-up."""
    rows, images, split = [], {}, []
    for part in PARTS:
        for i, dx in enumerate([*DX, *DX, "inf"]):
            name = f"{part}{i}"
            images[name] = tmp_path / f"{name}.png"
            cv2.imwrite(str(images[name]), sample_lesion(dx if dx in DX else "nv", i).image[..., ::-1])
            rows.append((name, f"IL_{name}", DERMATOSCOPIC, dx.upper(), dx if dx in DX else None))
            split.append((name, f"IL_{name}", part))
    rows.append(("close", "IL_test0", CLINICAL, "AKIEC", "akiec"))
    images["close"] = images["test0"]
    columns = ["image_id", "lesion_id", "kind", "diagnosis", "dx"]
    table = pd.DataFrame(split, columns=["image_id", "lesion_id", "split"]).set_index("image_id")
    monkeypatch.setattr(other_clinics, "load_split", lambda: table)
    return Milk10k(tmp_path, pd.DataFrame(rows, columns=columns), images)


@pytest.fixture
def network(folder: Path) -> Path:
    """A small network with its export and figures on HAM10000."""
    import keras

    keras.utils.set_random_seed(1)
    model = get_model("baseline_cnn").build((16, 16), 7)
    save_weights(model, folder / "weights.npz")
    (folder / "model.tflite").write_bytes(convert(with_cams(model)))
    card = small_card(folder.name, weights=stored_file(folder / "weights.npz"), export=exported(folder))
    write_card(folder, replace(card, input_size=(16, 16)))
    evaluate(folder)
    return folder


def test_only_held_out_dermatoscopic_images_of_the_seven_diagnoses_count(dataset: Milk10k) -> None:
    rows = held_out(dataset)
    assert rows["split"].value_counts().to_dict() == {"validation": 14, "test": 14}
    assert set(rows["dx"]) == set(DX) and "close" not in set(rows["image_id"])
    assert rows["group"].nunique() == 28
    few = replace(dataset, metadata=dataset.metadata[dataset.metadata["image_id"] != "test3"])
    with pytest.raises(UserError, match=r"^Images of MILK10k's split are missing: test3; download them again"):
        held_out(few)


def test_the_card_has_the_figures_of_its_predictions_and_the_leaderboard_shows_them(
    dataset: Milk10k, network: Path
) -> None:
    before = read_leaderboard(root=network.parent).rows.iloc[0]
    assert np.isnan(before["milk10k_accuracy"])
    card = score_other_clinics(network, dataset, lambda _: None, draws=20)
    assert card.other_clinics and card.other_clinics.test.images == 14
    table = read_predictions(network / "predictions_milk10k.csv")
    bootstrap = Bootstrap(scores(table, "test", card.prior))
    for name, estimate in card.other_clinics.test.metrics.items():
        assert estimate.value == pytest.approx(bootstrap.figure(METRICS[name]), abs=1e-5, nan_ok=True)
    row = read_leaderboard(root=network.parent).rows.iloc[0]
    assert row["milk10k_accuracy"] == pytest.approx(
        (table.query("split == 'test'")[list(DX)].idxmax(axis=1) == table.query("split == 'test'")["dx"]).mean(),
        abs=1e-5,
    )
    assert row["accuracy"] == before["accuracy"]


def test_a_model_without_scores_is_told_what_comes_first(dataset: Milk10k, network: Path) -> None:
    change(network, predictions=None, evaluation=None)
    with pytest.raises(UserError, match="run `python -m core evaluate"):
        score_other_clinics(network, dataset)


def test_a_further_metric_needs_no_images_only_the_table(dataset: Milk10k, network: Path) -> None:
    card = score_other_clinics(network, dataset, lambda _: None, draws=20)
    assert card.other_clinics
    fewer = {name: each for name, each in card.other_clinics.test.metrics.items() if name != "brier"}
    former = replace(card.other_clinics, test=replace(card.other_clinics.test, metrics=fewer))
    write_card(network, replace(card, other_clinics=former))
    assert evaluate(network).other_clinics == card.other_clinics
    path = network / "predictions_milk10k.csv"
    path.write_text(path.read_text().replace("test", "test ", 1))
    with pytest.raises(UserError, match="is not the file"):
        evaluate(network)


def test_figures_of_another_export_are_not_shown_and_an_altered_table_is_named(dataset: Milk10k, network: Path) -> None:
    card = score_other_clinics(network, dataset, lambda _: None, draws=20)
    assert card.other_clinics
    stale = replace(card.other_clinics, made_from=MadeFrom(export="0" * 64))
    write_card(network, replace(card, other_clinics=stale))
    assert np.isnan(read_leaderboard(root=network.parent).rows.loc[0, "milk10k_accuracy"])
    write_card(network, card)
    table = network / "predictions_milk10k.csv"
    table.write_text(table.read_text().replace("test", "test ", 1))
    assert f"{network.name}/{table.name} is not the file" in read_leaderboard(root=network.parent).faults[network.name]
