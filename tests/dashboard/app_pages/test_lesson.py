"""The lesson's page: guess, lock in, reveal, change, check, next; nothing trains or shows before the guess."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import UserError
from core.inference.pool import BUSY
from core.lab.embeddings import Embeddings
from core.labels import NAMES
from core.lessons import results
from core.lessons.results import read
from core.lessons.step import SliderGuess, Step
from core.lessons.steps import STEPS, get_step
from dashboard.caches import inference, lab
from tests.dashboard.pages import checked, text_of, visit

TABLE = read()
EVERY = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)


pytestmark = pytest.mark.usefixtures("no_dataset")


@pytest.fixture
def small_lab(small: Embeddings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lab on made-up embeddings, which train in no time."""
    monkeypatch.setattr(lab, "load_embeddings", lambda: small)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def open_step(key: str) -> AppTest:
    return visit("app_pages/lesson", step=key)


def guess(page: AppTest, step: Step) -> AppTest:
    """Choose the first option, or leave the slider in the middle, and lock it in."""
    if not isinstance(step.guess, SliderGuess):
        assert page.button(key="lesson-lock").disabled
        page.session_state[f"lesson-guess-{step.key}"] = step.guess.options[0].key
        page.run()
    page.button(key="lesson-lock").click().run()
    return checked(page)


@EVERY
def test_every_step_goes_from_guess_to_reveal(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "result", lambda *_: pytest.fail("trained without a change"))
    page = open_step(step.key)
    number = STEPS.index(step) + 1
    assert page.title[0].value == step.title and step.question in text_of(page)
    assert f"Step {number} of {len(STEPS)}, about {step.minutes} minutes" in page.get("progress")[0].proto.text
    assert not page.radio and not page.selectbox and "Your guess:" not in text_of(page)
    guess(page, step)
    text = text_of(page)
    assert not page.error and "Your guess:" in text and step.source in text
    assert page.selectbox[0].label == step.control.label
    assert list(page.radio[0].options) == [option.text for option in step.check.options]


@EVERY
def test_every_shipped_variant_redraws(step: Step) -> None:
    page = guess(open_step(step.key), step)
    texts = set()
    for variant in step.shipped():
        page.selectbox[0].set_value(variant.key).run()
        assert not checked(page).error
        texts.add(text_of(page))
    assert len(texts) == len(step.shipped())


@EVERY
def test_each_option_of_the_check_question_has_its_reason(step: Step) -> None:
    page = guess(open_step(step.key), step)
    for option in step.check.options:
        page.radio[0].set_value(option.key).run()
        boxes = page.success if option.key == step.check.right else page.info
        assert option.reason in [box.value for box in boxes]


@pytest.mark.usefixtures("small_lab")
def test_where_one_chooses_among_the_diagnoses_a_tooltip_says_what_they_are() -> None:
    asked = open_step("weakest").button_group[0]
    assert asked.label == "Your guess" and all(name in asked.help for name in NAMES.values())
    assert not open_step("copies").button_group[0].help


def test_terms_of_a_result_are_explained_beside_its_source() -> None:
    page = guess(open_step("copies"), get_step("copies"))
    source = next(each for each in page.caption if get_step("copies").source in each.value)
    assert "95% interval" in source.help and "features from a pretrained network" in source.help


def test_a_busy_server_takes_nothing_of_the_page_but_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: str) -> None:
        raise UserError(BUSY)

    monkeypatch.setattr(inference, "pipeline", busy)
    page = guess(open_step("heatmap"), get_step("heatmap"))
    assert [warning.value for warning in page.warning] == [BUSY] and not page.error
    assert {"lesson-next", "lesson-reset"} <= {button.key for button in page.button}


def test_a_change_trains_live() -> None:
    step = get_step("copies")
    page = guess(open_step("copies"), step)
    before = text_of(page)
    page.selectbox[0].set_value("0.5").run()
    assert not checked(page).error and text_of(page) != before
    assert "Your guess was about “All the way”." in text_of(page)
    assert lab.ready(step.control.get("0.5").settings[1])


def test_next_opens_the_next_step_and_the_guess_is_still_there_on_return() -> None:
    page = guess(open_step(STEPS[0].key), STEPS[0])
    page.button(key="lesson-next").click().run()
    assert page.query_params["step"] in (STEPS[1].key, [STEPS[1].key])
    assert checked(page).title[0].value == STEPS[1].title
    page.button(key=f"lesson-go-{STEPS[0].key}").click().run()
    assert "Your guess: 50%" in text_of(checked(page))


def test_reset_starts_the_step_again() -> None:
    page = guess(open_step(STEPS[0].key), STEPS[0])
    page.radio[0].set_value(STEPS[0].check.right).run()
    page.button(key="lesson-reset").click().run()
    assert not checked(page).radio and page.button(key="lesson-lock")
    guess(page, STEPS[0])
    assert page.radio[0].value is None


@EVERY
def test_a_page_that_is_loaded_again_shows_what_was_done(step: Step) -> None:
    page = guess(open_step(step.key), step)
    page.radio[0].set_value(step.check.options[0].key).run()
    page.selectbox[0].set_value(step.shipped()[-1].key).run()
    again = visit("app_pages/lesson", step=step.key, done=page.query_params["done"])
    assert text_of(checked(again)) == text_of(checked(page))
    assert (again.radio[0].value, again.selectbox[0].value) == (page.radio[0].value, page.selectbox[0].value)
    again.button(key="lesson-reset").click().run()
    assert "done" not in again.query_params


def test_an_address_that_was_cut_short_keeps_what_it_can() -> None:
    page = visit("app_pages/lesson", step="cat", done="cat~60~sure~none~sev copies~upwards weak")
    assert "Your guess: 60%, " in text_of(checked(page)) and page.radio[0].value is None
    assert page.query_params["done"] == "cat~60~~cat"


def test_the_link_names_the_step_and_not_the_guess() -> None:
    page = guess(open_step("cat"), get_step("cat"))
    assert page.code[0].value.endswith("?step=cat")


def test_without_an_address_it_starts_at_the_first_step() -> None:
    assert visit("app_pages/lesson").title[0].value == STEPS[0].title


def test_a_step_is_found_by_its_number_too() -> None:
    assert open_step("4").title[0].value == STEPS[3].title
    page = open_step("12")
    assert "has 11 steps, so there is no step 12" in page.warning[0].value and page.title[0].value == STEPS[0].title


def test_an_unknown_step_is_one_sentence_and_the_first_step_opens() -> None:
    page = open_step("<b>quiz</b>")
    assert "There is no step of the lesson" in page.warning[0].value
    assert page.title[0].value == STEPS[0].title


@pytest.mark.parametrize("text", [None, "step,variant\nx,y\n", ""])
def test_a_missing_or_damaged_table_is_one_sentence(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "experiments" / "lesson.csv"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(results, "FILE", path)
    monkeypatch.setattr(results.read, "__defaults__", (path,))
    page = open_step("cat")
    assert len(page.error) == 1 and "run `python -m core lesson`" in page.error[0].value


@pytest.mark.parametrize("key", ["same_lesion", "copies"])
def test_the_lab_opens_with_the_steps_setting(key: str) -> None:
    page = guess(open_step(key), get_step(key))
    links = {link.proto.page: link.proto.query_string for link in page.get("page_link")}
    assert "strategy=Random+over-sampling" in links["splits"] and "show=Lab" in links["splits"]
    assert ("leaderboard" in links) == (key == "same_lesion")
