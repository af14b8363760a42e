"""The lesson's sentences hold the figures of the table and compare a guess with them."""

from dataclasses import replace

import pytest

from core.lessons.results import StepTruth, figures, read, truth
from core.lessons.step import Figure, Step
from core.lessons.steps import STEPS, get_step
from dashboard.text.lessons import guess_sentence, result_sentence

TABLE = read()
SHOWN = [(step, variant.key) for step in STEPS for variant in step.shipped()]


@pytest.mark.parametrize(("step", "variant"), SHOWN, ids=lambda each: getattr(each, "key", each))
def test_every_variant_has_a_sentence_with_one_bold_figure(step: Step, variant: str) -> None:
    text = result_sentence(step, figures(step, variant, TABLE), variant)
    assert text.count("**") == 2 and text.endswith(".") and text.count(". ") == 0
    assert "nan" not in text and "None" not in text
    assert any(character.isdigit() for character in text.split("**")[1])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_a_step_without_a_sentence_of_its_own_gets_a_plain_one(step: Step) -> None:
    found = replace(step, key="new")
    text = result_sentence(found, [Figure("truth", getattr(truth(step).value, "lower", str)() or "", 0.5, 0.4, 0.6)])
    assert text.startswith("The result is **")


def test_a_guess_is_compared_with_the_result() -> None:
    step, copies = get_step("always_nevus"), get_step("copies")
    true = StepTruth(66.9, 64.2, 69.7, "%")
    assert "too high" in guess_sentence(step, 90.0, true)
    assert "too low" in guess_sentence(step, 10.0, true)
    for close in (62.0, 64.5, 71.0):
        assert "Very close" in guess_sentence(step, close, true)
    falls = StepTruth("down", float("nan"), float("nan"), "")
    assert "That's right" in guess_sentence(copies, "down", falls)
    assert "The result: It falls" in guess_sentence(copies, "up", falls)
