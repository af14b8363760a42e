"""The sentences around an answer: refusals, the malignant classes, the set and its promise, the neighbours."""

import re
from dataclasses import replace

import pytest

from core.config import TRAINED_MODELS
from core.inference.ood import Neighbour
from core.inference.pipeline import UNLIKE, Range
from core.inference.quality import BLURRED
from core.labels import DX, NAMES
from core.stats import Estimate
from core.store.card import read_card
from core.store.fitted_facts import Conformal, ConformalClass, Coverage, Rate, Span
from core.store.stored import MadeFrom
from dashboard.text import prediction

FACTS = Conformal(
    MadeFrom(export="a"),
    alpha=0.1,
    classes={dx: ConformalClass(0.1, 50, 40, Span(0.8, 0.97)) for dx in DX},
    test={dx: Coverage(120, 100, Estimate(0.91, 0.85, 0.95), 2.0) for dx in DX},
)
_WHOLE = read_card(TRAINED_MODELS / "baseline_cnn").ood_detector
assert _WHOLE
GUARD = replace(
    _WHOLE,
    accepted={"all": Rate(Estimate(0.965, 0.955, 0.973), 2004, 1491)},
    rejected={"all": Rate(Estimate(0.98, 0.93, 0.99), 122, 66)},
    not_tried="photographs of skin",
)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("value", "start"), [(0.7, "**Malignant 70%, benign 30%**"), (0.2, "**Malignant 20%")])
def test_the_malignant_classes_together(value, start):
    sentence = plain(prediction.malignant_sentence(Range(value, value - 0.1, value + 0.1)))
    assert sentence.startswith(start)
    assert f"{value - 0.1:.0%}" in sentence and "over four flips" in sentence
    assert "Melanoma" in sentence and "Basal cell carcinoma" in sentence


def test_the_set_in_words():
    assert plain(prediction.set_sentence(["mel", "nv"], FACTS)) == (
        "The set that holds the true class of 90% of lesions: **Melanoma** and **Melanocytic nevus**."
    )
    assert "cannot tell" in prediction.set_sentence(DX, FACTS)


def test_the_promise_says_what_it_does_not_cover_and_warns_where_cases_are_few():
    rare = {
        "df": ConformalClass(0.0, 9, 7, Span(1.0, 1.0)),
        "vasc": ConformalClass(0.3, 13, 10, Span(0.69, 0.997)),
    }
    few = replace(FACTS, classes=FACTS.classes | rare)
    text = plain("\n".join(prediction.promise_sentences(["nv", "df", "vasc"], few)))
    assert "does not cover other cameras" in text
    assert "Melanocytic nevus: held for 91% of 100 test lesions (95% interval 85% to 95%)" in text
    assert "Dermatofibroma was calibrated on only 7 lesions, too few to leave it out of any set." in text
    assert "only 10 lesions, so its true share may lie anywhere from 69% to 99.7%" in text
    assert "Melanocytic nevus was calibrated" not in text


def test_a_refusal_gives_reason_and_advice():
    text = prediction.refusal_sentence([BLURRED, UNLIKE])
    assert text.startswith("**No answer for this picture.** It is blurred.")
    assert text.endswith(UNLIKE.advice)


def test_the_guards_record():
    text = plain(prediction.guard_sentence(GUARD))
    assert "96% of HAM10000's 2,004 test pictures pass (95% interval 96% to 97%)" in text
    assert "refused 98% of 122 other pictures of 66 sources (93% to 99%)" in text
    assert text.endswith("Not tried: photographs of skin.")


def test_neighbours_are_counted():
    found = [Neighbour("ISIC_1", "mel", 0.9), Neighbour("ISIC_2", "nv", 0.8), Neighbour("ISIC_3", "mel", 0.7)]
    assert prediction.neighbours_sentence(found).endswith("show 2 melanomas and 1 Melanocytic nevus.")


def test_the_word_diagnosis_is_not_used_of_the_picture():
    texts = [
        prediction.malignant_sentence(Range(0.5, 0.4, 0.6)), prediction.set_sentence(["mel"], FACTS),
        *prediction.promise_sentences(["mel"], FACTS), prediction.refusal_sentence([UNLIKE]),
        prediction.guard_sentence(GUARD),
    ]  # fmt: skip
    assert not [text for text in texts if re.search("diagnos", text)]
    assert NAMES
