"""A teacher and two students, one at a phone's width, play the whole lesson in a room, then its board and homework."""

from contextlib import ExitStack

from playwright.sync_api import Browser, Page, expect

from core.config import TRAINED_MODELS
from core.lessons.smote_scene import LETTERS
from core.lessons.step import OptionsGuess, Step
from core.lessons.steps import STEPS
from tests.browser.checks import AT_REST, assert_accessible, axe_findings
from tests.browser.test_classroom import SLOW, enter, guess, press
from tests.browser.test_lesson import SMALL
from tests.browser.views import PHONE, assert_sound, rerun, visit

PLACE = """([chart, key]) => {
    const plot = document.querySelector(`.st-key-${chart} .js-plotly-plot`);
    plot.scrollIntoView({block: 'center'});
    const marks = plot._fullData.find(trace => trace.name === 'Places to choose');
    const i = Array.from(marks.customdata).indexOf(key);
    const {left, top} = plot.getBoundingClientRect();
    const {xaxis, yaxis} = plot._fullLayout;
    return [left + xaxis._offset + xaxis.l2p(marks.x[i]), top + yaxis._offset + yaxis.l2p(marks.y[i])];
}"""
"""Where on the screen a place of the step on SMOTE is drawn."""


CHECKED = (STEPS[0], STEPS[-1])
"""Steps whose check question is asked: that goes alike at all of them."""


def tap(page: Page, chart: str, place: str) -> None:
    """Tap a place of the chart, a little beside its middle."""
    page.locator(f".st-key-{chart} .js-plotly-plot .point").first.wait_for()
    page.evaluate(AT_REST)
    x, y = page.evaluate(PLACE, [chart, place])
    with rerun(page):
        page.mouse.click(x + 5, y + 7)


def answer(page: Page, step: Step) -> None:
    right = next(option for option in step.check.options if option.key == step.check.right)
    expect(page.get_by_text(step.check.question)).to_be_visible(timeout=SLOW)
    page.get_by_role("radiogroup").get_by_text(right.text, exact=True).click()
    press(page, "Lock in")
    expect(page.get_by_text("You answered")).to_be_visible()


def play(step: Step, teacher: Page, ann: Page) -> None:
    """Play one step: a guess, Reveal, at some an answer to the check question and what is right."""
    expect(ann.get_by_role("heading", name=step.title)).to_be_visible(timeout=SLOW)
    if step.key == "smote_point":
        tap(ann, f"seat-{step.key}-1", "between")
        expect(ann.get_by_role("radio", name="C", exact=True)).to_be_checked()
        guess(ann, "Certain", option="C")
    elif isinstance(step.guess, OptionsGuess):
        guess(ann, "Fairly sure", option=step.guess.options[0].text)
    else:
        guess(ann, "Just guessing", steps=5)
    expect(teacher.get_by_test_id("stMetricValue").first).to_have_text("1 of 1", timeout=SLOW)
    teacher.get_by_role("button", name="Reveal").click()
    expect(ann.get_by_text("The answer is")).to_be_visible(timeout=SLOW)
    assert_sound(ann, 1)
    assert axe_findings(teacher if step is STEPS[0] else ann) == set()
    if step not in CHECKED:
        return
    teacher.get_by_role("button", name="Ask the check question").click()
    answer(ann, step)
    teacher.get_by_role("button", name="Show the answers").click()
    expect(ann.get_by_text("(your answer)")).to_be_visible(timeout=SLOW)


def open_room(stack: ExitStack, browser: Browser, server: str) -> tuple[Page, str]:
    """Open a room: the teacher's page, and the address under which students join."""
    teacher = stack.enter_context(visit(browser, f"{server}/class"))
    press(teacher, "Open a room")
    expect(teacher.get_by_role("heading", name="Waiting for the class")).to_be_visible()
    return teacher, f"{server}/class?room={teacher.url.partition('lead=')[2]}"


def test_a_whole_lesson(browser: Browser, fresh_server: str) -> None:
    with ExitStack() as stack:
        teacher, link = open_room(stack, browser, fresh_server)
        ann = stack.enter_context(visit(browser, link, PHONE))
        enter(ann)
        press(teacher, "Start")
        for step in STEPS:
            print(step.key)  # for the report of a failure
            play(step, teacher, ann)
            if step is not STEPS[-1]:
                teacher.get_by_role("button", name="Next step").click()
        assert ann.evaluate(SMALL) == []
        teacher.get_by_text("Results so far").click()
        right = f"Check questions: {len(CHECKED)} of {len(CHECKED)} right"
        expect(teacher.get_by_text(right)).to_be_visible()
        teacher.locator(".st-key-finish").get_by_role("button").click()
        # Until the student's run has ended, the folded results stand beside the open ones.
        expect(ann.get_by_text(right).filter(visible=True)).to_be_visible(timeout=SLOW)
        expect(ann.get_by_text("Your results", exact=True)).to_have_count(1)
        assert_accessible(ann)
        assert_sound(teacher, 3)


def unfold(page: Page, name: str) -> None:
    with rerun(page):
        page.get_by_text(name, exact=True).click()


def test_the_board_and_homework(browser: Browser, fresh_server: str) -> None:
    with ExitStack() as stack:
        teacher, link = open_room(stack, browser, fresh_server)
        ann = stack.enter_context(visit(browser, link, PHONE))
        enter(ann)
        unfold(ann, "Class board")
        with rerun(ann):
            ann.get_by_text("Try a setting in the lab").click()
        press(ann, "Put on the class board")
        expect(ann.get_by_text("This setting is on the class board")).to_be_visible()
        assert_sound(ann, 1)
        assert_accessible(ann)
        with rerun(ann):
            ann.get_by_text("Back to the class").click()
        unfold(ann, "Class board")
        assert_sound(ann, 1)
        assert_accessible(ann)

        unfold(teacher, "Class board")
        with rerun(teacher):
            teacher.get_by_text("Everybody has put their setting").click()
        press(teacher, "Open the test figures")
        expect(teacher.get_by_text("On the test split it reaches")).to_be_visible()
        expect(ann.get_by_text("On the test split it reaches")).to_be_visible(timeout=SLOW)

        unfold(teacher, "Homework")
        press(teacher, "Set this homework")
        expect(teacher.get_by_text("The deadline is")).to_be_visible()
        assert_accessible(teacher)
        expect(ann.get_by_text("Homework", exact=True)).to_be_visible(timeout=SLOW)
        unfold(ann, "Homework")
        file = TRAINED_MODELS / "baseline_cnn" / "predictions.csv"
        with rerun(ann):
            ann.locator("input[type=file]").set_input_files(file)
        expect(ann.get_by_text("leads on the public half")).to_be_visible(timeout=SLOW)
        assert_sound(ann, 2)
        assert_accessible(ann)
        expect(teacher.get_by_text("leads on the public half")).to_be_visible(timeout=SLOW)
        assert_sound(teacher, 2)


def test_a_tap_in_the_lessons_chart_chooses_a_place(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/lesson?step=4", PHONE) as page:
        choices = page.get_by_role("radiogroup", name="Your guess")
        for place, letter in LETTERS.items():
            tap(page, "lesson-chart", place)
            chosen = choices.get_by_role("radio", name=letter, exact=True)
            expect(chosen).to_have_attribute("aria-checked", "true")
        expect(page.get_by_role("button", name="Lock in and run")).to_be_enabled()
