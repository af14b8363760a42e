"""Several images in words: what is left to do, and what was predicted, refused and not read."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.inference.many import Classified
from dashboard.text.many import progress_text, summary_sentence, unread_text


def classified(top: str | None, refused: bool = False) -> Classified:
    warnings = (SimpleNamespace(problem="It's blurred."),) if refused else ()
    prediction: Any = top and SimpleNamespace(top=top, warnings=warnings)
    return Classified(
        "a", np.zeros((2, 2, 3), np.uint8) if top else None, prediction or None, None if top else "broken"
    )


def test_what_was_predicted_is_counted() -> None:
    images = [*map(classified, ("nv", "nv", "akiec")), classified("nv", refused=True), classified(None)]
    text = summary_sentence(images, "ham10000")
    assert summary_sentence([each.withheld() for each in images], "ham10000") == text
    assert "**2 melanocytic nevi and 1 actinic keratosis / Bowen's disease**" in text
    assert (
        "**1 image** that the image check refused" in text
        and "**1 file** could not be read" in text
        and "not a diagnosis" in text
    )


def test_without_any_image_nothing_is_claimed() -> None:
    assert summary_sentence([classified(None)], "equal") == "**1 file** could not be read. This is not a diagnosis."


def test_files_that_could_not_be_read_are_named_with_the_reason() -> None:
    hostile = Classified("<b>*x*", None, None, "It's broken.")
    text = unread_text([classified("nv"), hostile, classified(None)])
    assert text.split("\n")[1:] == [r"- &lt;b>\*x\*\: It's broken.", r"- a\: broken"]
    assert unread_text([classified("nv"), classified("nv", refused=True).withheld()]) == ""


def test_without_any_image_that_passes_no_diagnosis_is_named() -> None:
    assert "predicts" not in summary_sentence([classified("mel", refused=True)], "equal")


@pytest.mark.parametrize(("done", "seconds", "left"), [(0, 0.0, ""), (2, 9.0, ""), (10, 5.0, "about 20 seconds left")])
def test_the_time_left_is_told_once_it_can_be_known(done: int, seconds: float, left: str) -> None:
    assert progress_text(done, 50, seconds) == f"{done} of 50 images" + (f", {left}" if left else "")
