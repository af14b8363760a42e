"""The static page's words are those of the app."""

from core.inference import decode, quality
from core.release import web_texts
from dashboard.components.widgets import NOTICE
from dashboard.text.predicted_class import MIX_LABELS, MIX_PHRASES


def test_the_notice_and_the_class_mixes_are_the_apps():
    assert web_texts.NOTICE == NOTICE
    assert {name: mix["label"] for name, mix in web_texts.MIXES.items()} == MIX_LABELS
    assert {name: mix["phrase"] for name, mix in web_texts.MIXES.items()} == MIX_PHRASES


def test_the_quality_warnings_come_in_the_servers_order():
    limits = {"sharpness": 2.0, "dark": 2.0, "bright": 0.0, "clipped": 0.0, "structure": 2.0}
    every = quality.quality_warnings(quality.Quality(1.0, 1.0, 1.0, 1.0), limits)
    assert list(web_texts.WARNINGS.values())[:-1] == every


def test_every_problem_is_one_short_text_that_says_what_to_do():
    for text in web_texts.PROBLEMS.values():
        assert text.endswith(".") and len(text) < 120 and "\n" not in text
    assert decode.UNSUPPORTED in web_texts.PROBLEMS.values()
