"""Several images in words: what is left to do, and what was predicted, doubted and refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.inference.many import Classified
from dashboard.text.many import progress_text, summary_sentence, unread_text


def classified(top: str | None, doubted: bool = False) -> Classified:
    prediction: Any = top and SimpleNamespace(top=top, warnings=("doubt",) if doubted else ())
    return Classified("a", None, prediction or None, None if top else "broken")


def test_what_was_predicted_is_counted() -> None:
    images = [*map(classified, ("nv", "nv", "akiec")), classified("nv", doubted=True), classified(None)]
    text = summary_sentence(images, "ham10000")
    assert "**2 melanocytic nevi and 1 actinic keratosis / Bowen's disease**" in text
    assert (
        "**1 image** that may not be fit" in text
        and "**1 file** could not be read" in text
        and "not a diagnosis" in text
    )


def test_without_any_image_nothing_is_claimed() -> None:
    assert summary_sentence([classified(None)], "equal") == "**1 file** could not be read. This is not a diagnosis."


def test_files_without_a_prediction_are_named_with_the_reason() -> None:
    hostile = Classified("<b>*x*", None, None, "It's broken.")
    text = unread_text([classified("nv"), hostile, classified(None)])
    assert text.split("\n")[1:] == [r"- &lt;b>\*x\*\: It's broken.", r"- a\: broken"]
    assert unread_text([classified("nv")]) == ""


def test_without_any_undoubted_image_no_diagnosis_is_named() -> None:
    assert "predicts" not in summary_sentence([classified("mel", doubted=True)], "equal")


@pytest.mark.parametrize(("done", "seconds", "left"), [(0, 0.0, ""), (2, 9.0, ""), (10, 5.0, "about 20 seconds left")])
def test_the_time_left_is_told_once_it_can_be_known(done: int, seconds: float, left: str) -> None:
    assert progress_text(done, 50, seconds) == f"{done} of 50 images" + (f", {left}" if left else "")
