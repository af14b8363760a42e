import math

import numpy as np
import pandas as pd
import pytest

from core.explain.localization import SCORES
from core.explain.study.scores import complete
from core.explain.study.summary import ALL, GAP, as_text, read_all, summarize
from core.labels import DX


def scored(
    right: float = 0.7, wrong: float = 0.4, center: float = 0.5, n: int = 280, noise: float = 0.05, other: float = 0.5
) -> pd.DataFrame:
    """Made-up scores: half the images right, one image in twenty without evidence."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        dx, good = DX[i % 7], (i // 7) % 2 == 0
        predicted = dx if good else DX[(i + 1) % 7]
        for target in ("predicted",) if good else ("predicted", "true"):
            heat = float("nan") if i % 20 == 3 else (right if good else wrong) + rng.normal(0, noise)
            rows.append(
                {"image_id": f"i{i}", "group": i // 2, "dx": dx, "predicted": predicted, "target": target, "area": 0.25}
            )
            rows[-1] |= dict.fromkeys(SCORES, heat) | {f"center_{s}": center + rng.normal(0, noise) for s in SCORES}
            rows[-1] |= {f"other_{s}": other + rng.normal(0, noise) for s in SCORES} | {"narrow_energy": 0.8}
    return complete(pd.DataFrame(rows))


def pick(table: pd.DataFrame, **where: str) -> pd.Series:
    where = {"target": "predicted", "score": "energy", "dx": ALL, "outcome": ALL} | where
    return table[np.logical_and.reduce([table[key] == value for key, value in where.items()])].squeeze()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return summarize({"good": scored(), "flat": scored(0.5, 0.5)}, draws=300)


def test_means_leave_out_heatmaps_without_evidence_and_count_them(table):
    made = scored().query("target == 'predicted'")
    row = pick(table, model="good")
    assert row["images"] == 280
    assert row["lesions"] == 140
    assert row["without"] == made["energy"].isna().sum() == 14
    kept = made.dropna()
    assert row["heatmap"] == pytest.approx(kept["energy"].mean())
    assert row["other"] == pytest.approx(kept["other_energy"].mean())
    assert row["gain"] == pytest.approx((kept["energy"] - kept["other_energy"]).mean())
    assert row["gain_low"] < row["gain"] < row["gain_high"]
    assert row["narrow"] == pytest.approx(0.8)
    assert math.isnan(pick(table, model="good", score="iou")["narrow"])
    assert row["center"] == pytest.approx(kept["center_energy"].mean())
    assert row["excess"] == pytest.approx((kept["energy"] - kept["center_energy"]).mean())
    assert row["uniform"] == 0.25
    assert pick(table, model="good", score="iou")["uniform"] == pytest.approx(0.25 / 1.75)
    assert row["heatmap_low"] < row["heatmap"] < row["heatmap_high"]


def test_right_minus_wrong_is_the_difference_of_the_means(table):
    right, wrong, gap = (pick(table, model="good", dx="mel", outcome=outcome) for outcome in ("right", "wrong", GAP))
    assert right["images"] == wrong["images"] == 20
    assert gap["heatmap"] == pytest.approx(right["heatmap"] - wrong["heatmap"])
    assert gap["excess"] == pytest.approx(right["excess"] - wrong["excess"])
    assert gap["excess_low"] > 0


def test_intervals_go_by_lesion():
    one = scored(n=140)
    twice = pd.concat([one, one.assign(image_id=one["image_id"] + "b")])
    a, b = (pick(summarize({"m": each}, draws=300)) for each in (one, twice))
    assert a["heatmap_high"] - a["heatmap_low"] == pytest.approx(b["heatmap_high"] - b["heatmap_low"])


def test_no_wrong_image_leaves_the_difference_undefined():
    made = scored()
    table = summarize({"m": made[made["right"]]}, draws=50)
    assert math.isnan(pick(table, outcome=GAP)["heatmap"])
    assert pick(table, outcome="wrong")["images"] == 0


def test_the_interval_of_right_minus_wrong_is_that_of_the_difference(table):
    gap, right, wrong = (pick(table, model="good", outcome=each) for each in (GAP, "right", "wrong"))
    assert gap["heatmap"] == pytest.approx(right["heatmap"] - wrong["heatmap"])
    for name in ("heatmap", "gain", "excess"):
        assert gap[f"{name}_low"] < gap[name] < gap[f"{name}_high"] < gap[name] + 0.1


def test_text_names_every_model_and_diagnosis(table):
    text = as_text(table)
    assert all(word in text for word in ("good", "flat", *DX, *SCORES, GAP))
    sections = {part.splitlines()[0]: [line.split() for line in part.splitlines()[2:]] for part in text.split("\n\n")}
    whole, by_class, outcomes, gaps = sections.values()
    assert list(sections)[1] == "By diagnosis, share of heat inside"
    assert len(whole) == 2 * 3 and {tuple(line[1:3]) for line in whole} == {(ALL, ALL)}
    assert len(by_class) == 2 * 7 and {(*line[2:4],) for line in by_class} == {(ALL, "energy")}
    assert len(outcomes) == 2 * 3 * 3 and {line[1] for line in outcomes} == {ALL}
    assert {line[2] for line in outcomes} == {"right", "wrong"} and len(gaps) == 2 * 7
    assert {line[1] for line in by_class} == {line[1] for line in gaps} == set(DX)
    assert f"{pick(table, model='good')['heatmap']:.3f}" == whole[0][6] and whole[0][4] == "280"
    assert as_text(table, "true") != text and "By diagnosis, iou" in as_text(table, score="iou")


def test_a_faulty_table_costs_its_model_only(write_model):
    write_model("bare")
    damaged = write_model("damaged")
    (damaged / "card.json").write_text("{")
    read = read_all()
    assert read.tables == {}
    assert list(read.faults) == ["damaged"]
