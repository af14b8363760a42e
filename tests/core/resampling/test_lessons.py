"""Each step of the lesson runs its presets and answers from what came out."""

import pytest

from core.errors import UserError
from core.resampling.embeddings import Embeddings
from core.resampling.experiment import Result, Setting, check, run_setting
from core.resampling.lessons import STEPS, get_step


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
    shown = {1: f"{own['balanced_accuracy']:.2f}", 3: f"{own['ece_raw']:.3f}", 6: f"{own['balanced_accuracy']:.3f}"}
    assert shown.get(number, "") in answer
    if number in (4, 5):
        gaps = found[0].gaps.set_index("measure").loc["balanced_accuracy"]
        assert f"**{gaps['flattered']:.3f}**" in answer and f"**{gaps['honest']:.3f}**" in answer


def test_there_are_six_steps() -> None:
    assert len(STEPS) == 6
    with pytest.raises(UserError, match="steps 1 to 6, not 7"):
        get_step(7)
