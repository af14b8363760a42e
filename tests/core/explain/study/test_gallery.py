from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.explain.study.gallery import SORTS, Wanted, arrange, gallery_table, keep, pair_of, synthetic_table
from core.explain.study.scores import COLUMNS, complete
from core.labels import DX
from core.store.heatmap_facts import Center
from core.synthetic.lesions import SyntheticLesion

NAMES = [f"ISIC_{i}" for i in range(6)]
SCORED = (0.9, 0.2, None, 0.5, 0.7)
AGES = (20.0, 40.0, None, 60.0, 80.0, 85.0)


def predicted() -> pd.DataFrame:
    table = pd.DataFrame({"image_id": NAMES, "group": range(6), "dx": ["mel"] * 3 + ["nv"] * 3})
    table["predicted"] = ["mel", "nv", "mel", "nv", "mel", "nv"]
    table = table.assign(p_predicted=[0.9, 0.5, 0.6, 0.99, 0.4, 0.8], p_true=0.3)
    return table.assign(**dict.fromkeys(DX, 0.1))


def scores() -> pd.DataFrame:
    rows = []
    for name, dx, label, score in zip(NAMES, predicted()["dx"], predicted()["predicted"], SCORED, strict=False):
        for target in ("predicted", "true") if dx != label else ("predicted",):
            value = score if target == "predicted" else 0.11
            rows.append((name, 0, dx, label, target, value, value, value, 0.3, 1.0, 0.3, 0.4, 1.0, 0.4, 0.8, 0.2))
    return complete(pd.DataFrame(rows, columns=list(COLUMNS)))


def metadata() -> pd.DataFrame:
    table = pd.DataFrame({"image_id": NAMES, "dx_type": ["histo", "follow_up"] * 3, "age": AGES, "sex": "male"})
    return table.assign(localization=["back", "face", "ear"] * 2)


@pytest.fixture
def table() -> pd.DataFrame:
    return gallery_table(predicted(), scores(), metadata(), "predicted")


def names(rows: pd.DataFrame) -> set[str]:
    return set(rows["image_id"].str.removeprefix("ISIC_"))


def test_each_image_once_with_the_score_of_the_heatmap_asked_for(table):
    assert sorted(table["image_id"]) == NAMES
    energy = table.set_index("image_id")["energy"]
    assert energy["ISIC_1"] == 0.2
    assert np.isnan(energy["ISIC_5"])  # never scored
    true = gallery_table(predicted(), scores(), metadata(), "true").set_index("image_id")["energy"]
    assert true["ISIC_1"] == 0.11
    assert true["ISIC_0"] == 0.9
    assert table.set_index("image_id")["right"].tolist() == (table["dx"] == table["predicted"]).tolist()


def test_without_scores_and_without_a_dataset_the_columns_stand_empty():
    bare = gallery_table(predicted(), None, None, "predicted")
    assert len(bare) == 6
    assert bare[["energy", "center_energy", "area", "age", "dx_type"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Wanted(), "012345"),
        (Wanted(dx=("mel",)), "012"),
        (Wanted(predicted=("mel",)), "024"),
        (Wanted(dx_type=("histo",)), "024"),
        (Wanted(localization=("ear", "back")), "0235"),
        (Wanted(right=True), "0235"),
        (Wanted(right=False), "14"),
        (Wanted(confidence=(0.5, 0.8)), "125"),
        (Wanted(score=(0.0, 0.5)), "13"),
        (Wanted(age=(40, 80)), "134"),
        (Wanted(dx=("nv",), right=True, confidence=(0.9, 1.0)), "3"),
    ],
)
def test_every_filter_keeps_what_it_names(table, wanted, left):
    assert names(keep(table, wanted, "energy")) == set(left)


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("most confident first", "3", "4"), ("least confident first", "4", "3"), ("highest score first", "0", None),
        ("lowest score first", "1", None), ("furthest above another image's", "0", None),
        ("furthest below another image's", "1", None),
    ],
)  # fmt: skip
def test_every_order_and_the_unscored_last(table, order, first, last):
    shown = arrange(table, order, "energy")["image_id"].str.removeprefix("ISIC_").tolist()
    assert shown[0] == first
    assert shown[-1] == last if last else set(shown[-2:]) == {"2", "5"}
    assert len(SORTS) == 7
    assert arrange(table, "at random", "energy") is table


def test_pairs_are_of_one_diagnosis_and_begin_again(table):
    right, wrong = pair_of(table, "mel", 0)
    assert right["dx"] == wrong["dx"] == "mel"
    assert right["right"] and not wrong["right"]
    other, same = pair_of(table, "mel", 1)
    assert other["image_id"] != right["image_id"]
    assert same["image_id"] == wrong["image_id"]
    assert pair_of(table, "df", 0) == (None, None)


def test_synthetic_lesions_are_predicted_and_scored_on_their_own_masks():
    mask = np.zeros((150, 200), bool)
    mask[:75] = True
    drawn = [SyntheticLesion(np.zeros((150, 200, 3), np.uint8), mask, "mel", seed) for seed in range(2)]

    def predict(image):  # noqa: ARG001
        heatmaps = np.zeros((2, 2, 7), np.float32)
        heatmaps[0, :, DX.index("nv")] = 1
        raw, calibrated = np.eye(7)[DX.index("nv")], np.full(7, 1 / 7)
        made = SimpleNamespace(raw_probabilities=raw, probabilities=calibrated)
        made.heatmap = lambda dx, _: heatmaps[..., DX.index(dx)]
        made.without_evidence = lambda _: made
        return made

    table = synthetic_table(drawn, predict, Center(0.5, 0.5, 0.2, 0.2), "predicted")
    assert table["image_id"].tolist() == ["synthetic-mel-0000", "synthetic-mel-0001"]
    assert (table["predicted"] == "nv").all()
    assert not table["right"].any()
    assert table["energy"].between(0.75, 1).all()
    assert table["center_energy"].between(0.45, 0.55).all()
    np.testing.assert_array_equal(table["other_energy"], table["energy"])  # both lesions have the same heatmap
    none = synthetic_table(drawn, predict, None, "true")  # nothing speaks for melanoma
    assert none[["energy", "center_energy"]].isna().all(axis=None)
