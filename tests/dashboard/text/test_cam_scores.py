"""Sentences and the table on heatmap scores follow the figures."""

import numpy as np
import pandas as pd
import pytest

from core.explain.localization import SCORES
from core.explain.study.scores import complete
from core.explain.study.summary import summarize
from core.labels import DX
from dashboard.text.cam_scores import diagnoses_sentence, fits_sentence, fits_table, right_wrong_sentence


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


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return summarize({"good": scored(), "flat": scored(0.5, 0.5), "worse": scored(0.2, 0.4)}, draws=300)


def test_models_are_compared_with_another_image_and_the_central_spot(table: pd.DataFrame) -> None:
    rows = fits_table(table, "energy").set_index("Model")
    assert rows["Against the spot"].to_dict() == {
        "good": "clearly better", "flat": "no clear difference", "worse": "clearly worse"
    }  # fmt: skip
    assert rows["Against another's"].to_dict() == rows["Against the spot"].to_dict()
    assert rows.index[0] == "good"
    assert rows.loc["good", "Heatmap"].endswith("]") and rows.loc["good", "Uniform map"] == "25%"
    assert rows.loc["good", "Right minus wrong"].startswith(("+29", "+30"))
    assert fits_sentence(table, "energy").count("1 of 3 models") == 2
    assert "50% as fitted on masks, 80% at half that width" in fits_sentence(table, "energy")
    assert "width" not in fits_sentence(table, "iou")
    assert fits_sentence(table[table["model"] == "worse"], "energy").count("none of 1 model") == 2


def test_right_and_wrong_predictions_are_compared(table: pd.DataFrame) -> None:
    def sentences(model: str) -> str:
        return " ".join(f(table, model, "energy", "predicted") for f in (right_wrong_sentence, diagnoses_sentence))

    assert sentences("good").count("clearly higher") >= 3
    assert "melanoma" in sentences("good")
    assert "not clearly different" in sentences("flat")
    assert sentences("worse").count("clearly lower") >= 3
    melanoma = right_wrong_sentence(table, "good", "energy", "predicted", "mel")
    assert "20 right and 20 wrong images of melanomas" in melanoma


def test_a_difference_among_many_must_be_clearer(table: pd.DataFrame) -> None:
    just = {
        "gain": 0.03,
        "gain_low": 0.001,
        "gain_high": 0.059,
        "excess": 0.03,
        "excess_low": 0.001,
        "excess_high": 0.06,
    }
    alone, several = table[table["model"] == "good"].assign(**just), table.assign(**just)
    for column in ("Against another's", "Against the spot"):
        assert fits_table(alone, "energy")[column].tolist() == ["clearly better"]
        assert fits_table(several, "energy")[column].tolist() == ["no clear difference"] * 3
    single = alone[alone["dx"].isin(["all", "mel"])]
    assert "higher for melanoma" in diagnoses_sentence(single, "good", "energy", "predicted")
    assert "no single diagnosis" in diagnoses_sentence(alone, "good", "energy", "predicted")


def test_a_difference_that_other_images_explain_is_not_clear() -> None:
    made = scored(0.7, 0.4)
    made[["other_energy"]] = np.where(made["right"], 0.75, 0.45)[:, None] + np.zeros((len(made), 1))
    text = right_wrong_sentence(summarize({"m": made}, draws=300), "m", "energy", "predicted")
    assert "clearly higher" in text and "not clearly different" in text


def test_empty_heatmaps_and_missing_scores_have_their_own_sentence() -> None:
    bare = scored()
    bare[list(SCORES)] = np.nan
    table = summarize({"bare": bare}, draws=50)
    assert "bare has only empty heatmaps" in fits_sentence(table, "energy")
    assert fits_table(table, "energy")["Heatmap"].tolist() == ["undefined"]
    assert "nan" not in right_wrong_sentence(table, "bare", "energy", "predicted")
    assert "not scored" in right_wrong_sentence(table, "other", "energy", "predicted")


def test_a_model_with_mostly_empty_heatmaps_stands_last_whatever_the_rest_scores() -> None:
    rare = scored(0.99, 0.99)
    rare.loc[rare.index % 3 > 0, list(SCORES)] = np.nan
    table = summarize({"rare": rare, "flat": scored(0.5, 0.5)}, draws=50)
    assert fits_table(table, "energy")["Model"].tolist() == ["flat", "rare"]
    assert "rare stands last: 6" in fits_sentence(table, "energy")
