"""The lesson's table: measured by one command, complete, and read with one sentence for each fault."""

import math
from pathlib import Path

import pandas as pd
import pytest

from core.errors import UserError
from core.lab.embeddings import Embeddings, load_embeddings
from core.lab.experiment import LabResult, run_setting
from core.lab.setting import Setting
from core.labels import DX
from core.lessons.results import FILE, StepTruth, compute, figures, is_close, read, truth, truth_of, write
from core.lessons.smote_scene import draw_scene
from core.lessons.step import Step, Variant
from core.lessons.steps import STEPS, get_step


@pytest.fixture(scope="module")
def lab_results(small: Embeddings) -> dict[Setting, LabResult]:
    return {setting: run_setting(setting, small) for setting in {s for step in STEPS for s in step.settings}}


@pytest.mark.parametrize("step", [step for step in STEPS if step.settings], ids=lambda step: step.key)
def test_a_step_of_the_lab_can_be_measured_from_any_results(step: Step, lab_results: dict[Setting, LabResult]) -> None:
    if step.key == "more_images":  # compares networks on their own test images
        return
    found = step.measure([lab_results[setting] for setting in step.settings], step.control.variants[0].key)
    committed = figures(step)
    assert {each.series for each in found} >= {each.series for each in committed} - {"curve"}
    assert sum(each.series == "truth" for each in found) == 1


def test_the_figures_that_need_no_training_are_still_the_same() -> None:
    """The committed table belongs to the committed predictions, cards and embeddings."""
    for key in ("always_nevus", "weakest", "heatmap"):
        step = get_step(key)
        for variant in step.shipped()[:2]:
            fresh = step.measure([], variant.key)
            for before, after in zip(figures(step, variant.key), fresh, strict=True):
                assert (before.series, before.x, before.images) == (after.series, after.x, after.images)
                assert before.value == pytest.approx(after.value, abs=1e-4)


def test_the_cat_is_classified_as_before() -> None:
    step = get_step("cat")
    fresh = step.measure([], "cat")
    for before, after in zip(figures(step), fresh, strict=True):
        assert before.value == pytest.approx(after.value, abs=0.02)


def test_the_synthetic_row_lies_on_the_line_between_its_parents() -> None:
    found = {each.x: each.value for each in figures(get_step("smote_point")) if each.series == "parents"}
    data = load_embeddings()
    scene = draw_scene(data, int(found["first"]), int(found["second"]), found["position"])
    assert set(data.labels[scene.rows]) == {DX.index("df")}
    assert set(data.splits["lesion"].to_numpy()[scene.rows]) == {"train"}
    assert scene.at(0).tolist() == scene.points[scene.parent].tolist()
    assert scene.places["between"].tolist() == scene.at(found["position"]).tolist()
    assert len(set(scene.neighbors)) == 5 and scene.parent not in scene.neighbors


def test_computing_asks_the_lab_for_each_steps_settings(
    lab_results: dict[Setting, LabResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [get_step(key) for key in ("always_nevus", "copies", "threshold", "same_lesion", "cat")]
    monkeypatch.setattr("core.lessons.results.STEPS", some)
    asked: list[Setting] = []

    def run(setting: Setting) -> LabResult:
        asked.append(setting)
        return lab_results[setting]

    table = compute(run)
    assert asked == [setting for step in some for setting in step.settings]
    write(table, tmp_path / "experiments" / "lesson.csv")
    assert len(read(tmp_path / "experiments" / "lesson.csv")) == len(table)


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lesson.csv is missing; fetch it again or run `python -m core lesson`\.$"):
        read(tmp_path / "lesson.csv")


def test_a_table_without_a_step_names_it(tmp_path: Path) -> None:
    table = pd.read_csv(FILE, keep_default_na=False, na_values=[""])
    table[table["step"] != "cat"].to_csv(tmp_path / "lesson.csv", index=False)
    with pytest.raises(UserError, match="lacks figures of the step cat"):
        read(tmp_path / "lesson.csv")


def test_a_word_for_a_number_is_named(tmp_path: Path) -> None:
    table = pd.read_csv(FILE, keep_default_na=False, na_values=[""], dtype=str)
    table.loc[3, "value"] = "many"
    table.to_csv(tmp_path / "lesson.csv", index=False)
    with pytest.raises(UserError, match="column value holds 'many' in row 5"):
        read(tmp_path / "lesson.csv")


def test_a_truth_is_on_the_sliders_scale() -> None:
    found = truth(get_step("always_nevus"))
    assert 60 < float(found.low) < float(found.value) < float(found.high) < 75 and found.unit == "%"
    assert 0 < float(truth(get_step("heatmap")).value) < 1
    chosen = truth(get_step("copies"))
    assert chosen.value == "down" and math.isnan(chosen.low)


def test_a_guess_within_the_interval_or_five_points_is_right() -> None:
    step, true = get_step("always_nevus"), StepTruth(66.9, 58.0, 69.7, "%")
    assert is_close(step, 58.5, true) and is_close(step, 71.0, true) and not is_close(step, 73.0, true)
    copies, falls = get_step("copies"), StepTruth("down", math.nan, math.nan, "")
    assert is_close(copies, "down", falls) and not is_close(copies, "up", falls)


LIVE = [(step, variant) for step in STEPS for variant in step.control.variants if variant not in step.shipped()]


@pytest.mark.parametrize(("step", "variant"), LIVE, ids=lambda each: each.key)
def test_a_variant_that_runs_in_the_lab_gives_the_same_series(step: Step, variant: Variant, small: Embeddings) -> None:
    found = step.measure([run_setting(setting, small) for setting in variant.settings], variant.key)
    assert {each.series for each in found} == {each.series for each in figures(step)}
    assert step.guess.read(truth_of(step, found).value) is not None
