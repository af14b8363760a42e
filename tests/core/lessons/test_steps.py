"""Every step of the lesson keeps the registry's contract: it can be guessed, measured, checked and taught."""

import math

import pytest

from core.errors import UserError
from core.lab.experiment import check
from core.lessons.results import figures, read, truth
from core.lessons.step import OptionsGuess, SliderGuess, Step
from core.lessons.steps import STEPS, get_step

EVERY = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)


def test_keys_are_unique_and_fit_into_an_address() -> None:
    keys = [step.key for step in STEPS]
    assert len(keys) == len(set(keys)) >= 10
    assert all(key.isascii() and key.replace("_", "").isalpha() and key.islower() for key in keys)


def test_an_unknown_step_is_named() -> None:
    with pytest.raises(UserError, match="no step of the lesson 'quiz'"):
        get_step("quiz")


@EVERY
def test_texts_are_sentences(step: Step) -> None:
    assert step.question.endswith("?") and step.check.question.endswith("?")
    assert 3 <= step.minutes <= 10 and len(step.title) <= 32
    for text in (*vars(step.notes).values(), *(option.reason for option in step.check.options)):
        assert text[0].isupper() and text[-1] in ".?!"


@EVERY
def test_the_check_has_three_options_and_one_is_right(step: Step) -> None:
    keys = [option.key for option in step.check.options]
    assert len(set(keys)) == 3 and step.check.right in keys
    for option in step.check.options:
        assert option.reason.startswith("Right." if option.key == step.check.right else "No.")


@EVERY
def test_the_truth_can_be_guessed(step: Step) -> None:
    found = truth(step)
    assert step.guess.read(found.value) is not None
    if isinstance(step.guess, SliderGuess):
        assert found.unit == step.guess.unit
        assert math.isnan(found.low) or found.low <= found.value <= found.high
    else:
        assert isinstance(step.guess, OptionsGuess) and len({o.text for o in step.guess.options}) > 2


@EVERY
def test_every_shipped_variant_has_figures_and_the_others_run_in_the_lab(step: Step) -> None:
    table = read()
    assert len({variant.key for variant in step.control.variants}) == len(step.control.variants) > 1
    for variant in step.control.variants:
        if variant in step.shipped():
            assert any(each.series == "truth" for each in figures(step, variant.key, table))
        for setting in variant.settings:
            check(setting)
    assert step.control.variants[0].settings in ((), step.settings)


@EVERY
def test_nothing_else_is_in_the_table(step: Step) -> None:
    table = read()
    variants = set(table.loc[table["step"] == step.key, "variant"])
    assert variants == {variant.key for variant in step.shipped()}


def test_a_guess_that_is_none_is_refused() -> None:
    slider, options = STEPS[0].guess, get_step("copies").guess
    for text in ("101", "-1", "nan", "inf", "ninety", ""):
        with pytest.raises(UserError, match="A guess must be a number from 0 to 100"):
            slider.read(text)
    with pytest.raises(UserError, match="one of the options"):
        options.read("sideways")


def test_a_guess_moves_to_the_sliders_grid() -> None:
    assert SliderGuess(0, 1, 0.05, "").read("0.672") == 0.65
    assert SliderGuess(0, 100, 1).start == 50


def test_the_right_answer_has_no_place_of_its_own() -> None:
    places = [[option.key for option in step.check.options].index(step.check.right) for step in STEPS]
    assert all(places.count(place) >= 2 for place in range(3))
    assert all(len(set(places[i : i + 3])) > 1 for i in range(len(places) - 2))
