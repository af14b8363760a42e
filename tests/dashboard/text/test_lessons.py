"""Each step of the lesson runs its presets and answers from what came out."""

from dataclasses import replace

import pandas as pd
import pytest

from core.errors import UserError
from core.lab.embeddings import Embeddings
from core.lab.experiment import Result, Setting, check, run_setting
from core.labels import DX
from dashboard.text.format import percent, signed
from dashboard.text.lessons import STEPS, get_step
from dashboard.text.phrases import PLURALS


@pytest.fixture(scope="module")
def results(small: Embeddings) -> dict[Setting, Result]:
    return {setting: run_setting(setting, small) for setting in {s for step in STEPS for s in step.settings}}


@pytest.mark.parametrize("number", range(1, 7))
def test_a_step_answers_with_the_figures_of_its_run(number: int, results: dict[Setting, Result]) -> None:
    step = get_step(number)
    for setting in step.settings:
        check(setting)
    found = [results[setting] for setting in step.settings]
    answer = step.answer(found)
    assert "**" in answer and "nan" not in answer
    own = found[-1].measures.set_index("measure")["value"]
    score, error = own["balanced_accuracy"], own["calibration_error_raw"]
    shown = {1: f"{score:.2f}", 3: f"{error:.3f}", 6: f"{score:.3f}"}
    assert shown.get(number, "") in answer
    if number in (4, 5):
        gaps = found[0].gaps.set_index("measure").loc["balanced_accuracy"]
        assert f"**{gaps['inflated']:.3f}**" in answer and f"**{gaps['honest']:.3f}**" in answer


def test_the_first_answer_is_about_a_model_that_always_predicts_the_same(results: dict[Setting, Result]) -> None:
    found = results[STEPS[0].settings[0]]
    truth, recall = found.own.raw.truth, found.classes.set_index("dx")["recall"]
    text = STEPS[0].answer([found])
    assert "melanocytic nevus" in text
    assert f"**{(truth == DX.index('nv')).mean():.0%}**" in text
    assert "**0.14**" in text
    assert text.endswith(f"{percent(recall.min())} of the {PLURALS[str(recall.idxmin())]}.")


def test_the_second_answer_pairs_the_copies_with_none(results: dict[Setting, Result]) -> None:
    none, copied = found = [results[setting] for setting in STEPS[1].settings]
    text = STEPS[1].answer(found)
    added = int((copied.own.counts["after"] - copied.own.counts["before"]).sum())
    assert text.startswith(f"{added:,} copies")
    for measure in ("balanced_accuracy", "accuracy", "melanoma_sensitivity"):
        change = value(copied, measure) - value(none, measure)
        assert f"{signed(change)} [" in text


@pytest.mark.parametrize(
    ("ends", "clear"),
    [
        ((0.05, 0.15), True),
        ((-0.15, -0.05), True),
        *((ends, False) for ends in ((-0.05, 0.25), (0.0, 0.2), (-0.2, 0.0))),
    ],
)
def test_a_wrong_protocols_gap_has_its_interval(
    ends: tuple[float, float], clear: bool, results: dict[Setting, Result]
) -> None:
    row = {"measure": "balanced_accuracy", "inflated": 0.75, "honest": 0.65, "gap": 0.1}
    gaps = pd.DataFrame([row | {"low": ends[0], "high": ends[1]}])
    found = replace(results[STEPS[3].settings[0]], gaps=gaps, reported={})
    text = STEPS[3].answer([found])
    assert all(part in text for part in ("**0.750**", "**0.650**", f"+0.100 [{signed(ends[0])}, {signed(ends[1])}]"))
    assert ("no clear difference" not in text) is clear
    found = replace(found, reported={"balanced_accuracy": 0.8})
    longer = STEPS[3].answer([found])
    assert longer.startswith(text) and "0.800" in longer


def value(result: Result, measure: str) -> float:
    return float(result.measures.set_index("measure")["value"][measure])


def test_the_third_and_last_answers_give_each_figure_to_its_setting(results: dict[Setting, Result]) -> None:
    none, smote = found = [results[setting] for setting in STEPS[2].settings]
    text = STEPS[2].answer(found)
    assert f"from {value(none, 'calibration_error_raw'):.3f} to **{value(smote, 'calibration_error_raw'):.3f}**" in text
    assert f"the error to **{value(smote, 'calibration_error'):.3f}**" in text
    assert f"from {value(smote, 'brier_raw'):.3f} to {value(smote, 'brier'):.3f}" in text
    assert text.endswith(f"(no resampling: {value(none, 'brier_raw'):.3f}).")
    over, moved = found = [results[setting] for setting in STEPS[5].settings]
    text = STEPS[5].answer(found)
    a, b = (value(result, "balanced_accuracy") for result in (moved, over))
    assert f"**{a:.3f}**, random over-sampling {b:.3f} (difference {signed(a - b)} [" in text
    c, d = (value(result, "calibration_error_raw") for result in (moved, over))
    assert f"error of **{c:.3f}** instead of {d:.3f}" in text


def test_there_are_six_steps() -> None:
    assert len(STEPS) == 6
    with pytest.raises(UserError, match="steps 1 to 6; there is no step 7"):
        get_step(7)
