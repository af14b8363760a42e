"""Facts in the sentences about a prediction: refusals, malignant classes, conformal set, image check, neighbours."""

import re
from dataclasses import replace

import pytest

from core.config import TRAINED_MODELS
from core.inference.fitted import UNUSUAL
from core.inference.ood import MAX_REFUSED, Neighbour
from core.inference.pipeline import Range
from core.inference.quality import BLURRED
from core.labels import DX
from core.release.check_samples import HAM, OTHER_CLINICS
from core.stats import UNDEFINED, Estimate
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
_DETECTOR = read_card(TRAINED_MODELS / "efficientnet_lite0").ood_detector
assert _DETECTOR
CHECK = replace(
    _DETECTOR,
    accepted={"all": Rate(Estimate(0.965, 0.955, 0.973), 2004, 1491)},
    other_clinics={"all": Rate(Estimate(0.95, 0.94, 0.96), 1596, 1596)},
    clinical=Rate(Estimate(0.97, 0.94, 0.99), 240, 240),
    rejected={"all": Rate(Estimate(0.98, 0.93, 0.99), 122, 66)},
)


@pytest.mark.parametrize(
    ("value", "start"), [(0.7, "**Cancer or precancer 70%, benign 30%**"), (0.2, "**Cancer or precancer 20%")]
)
def test_the_malignant_classes_together(value, start):
    sentence = prediction.malignant_sentence(Range(value, value - 0.1, value + 0.1))
    assert sentence.startswith(start)
    assert f"{value - 0.1:.0%} to {value + 0.1:.0%} over the image and its mirrored copies" in sentence
    assert "melanoma" in sentence and "basal cell carcinoma" in sentence and "Bowen's" in sentence


def test_the_set_lists_its_labels_in_order():
    sentence = prediction.set_sentence(["mel", "nv"], FACTS)
    assert sentence.index("**melanoma**") < sentence.index("**melanocytic nevus**") and "90%" in sentence
    assert "all seven" in prediction.set_sentence(DX, FACTS)
    assert "80%" in prediction.set_sentence(["mel"], replace(FACTS, alpha=0.2))


def test_the_table_of_a_set_has_its_record_and_marks_classes_with_few_lesions():
    rare = {
        "df": ConformalClass(0.0, 9, 7, Span(1.0, 1.0)),
        "vasc": ConformalClass(0.3, 13, 10, Span(0.69, 0.997)),
        "bcc": ConformalClass(0.3, 40, 30, Span(0.8, 0.97)),
    }
    few = replace(FACTS, classes=FACTS.classes | rare)
    table = prediction.set_table(["nv", "df", "vasc", "bcc"], few).set_index("Class")
    nevus = table.loc["Melanocytic nevus"]
    assert (nevus["Contained"], nevus["95% interval"], nevus["Test lesions"]) == ("91%", "85% to 95%", 100)
    assert not nevus["Note"] and not table.loc["Basal cell carcinoma", "Note"]
    assert "always on the shortlist" in table.loc["Dermatofibroma", "Note"]
    assert "69% to 99.7%" in table.loc["Vascular lesion", "Note"]


@pytest.mark.parametrize("test", [{}, {"mel": Coverage(4, 3, UNDEFINED, 2.0)}])
def test_a_class_without_test_lesions_has_no_record(test):
    table = prediction.set_table(["mel"], replace(FACTS, test=test))
    assert table.loc[0, "Contained"] == table.loc[0, "95% interval"] == ""


def test_a_refusal_gives_problem_and_advice():
    text = prediction.refusal_sentence([BLURRED, UNUSUAL])
    parts = [BLURRED.problem, UNUSUAL.problem, BLURRED.advice, UNUSUAL.advice]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_the_kind_of_probabilities_is_named():
    labels = [prediction.calibration_label(source) for source in ("card", "validation", None)]
    assert len(set(labels)) == 3 and labels[2].startswith("uncalibrated")


def test_the_record_of_the_image_check():
    assert prediction.image_check_table(CHECK).to_numpy().tolist() == [
        ["HAM10000, test split", "accepted", "96%", "96% to 97%", 2004],
        ["MILK10k, test split: other clinics and devices", "accepted", "95%", "94% to 96%", 1596],
        ["Photos of skin without a dermatoscope", "refused", "97%", "94% to 99%", 240],
        ["Other images and simple drawings, 66 sources", "refused", "98%", "93% to 99%", 122],
    ]
    assert "net computes" in prediction.image_check_sentence("net")


def test_the_limits_of_the_list_name_its_promise():
    assert "for at least 80% of them, the shortlist should contain" in prediction.set_limits(replace(FACTS, alpha=0.2))


def test_the_rule_of_the_image_check_is_that_of_its_fit():
    assert "at most 1.5% of HAM10000's and 4.0% of MILK10k's validation images" in prediction.image_check_rule()
    assert set(MAX_REFUSED) == {HAM, OTHER_CLINICS}


def test_a_doubted_prediction_says_why():
    text = prediction.doubt_sentence([BLURRED, UNUSUAL])
    assert (
        text.startswith("**The image check refused this image") and BLURRED.problem in text and UNUSUAL.problem in text
    )


def test_neighbours_are_counted():
    found = [Neighbour("ISIC_1", "mel", 0.9), Neighbour("ISIC_2", "nv", 0.8), Neighbour("ISIC_3", "mel", 0.7)]
    assert prediction.neighbours_sentence(found).endswith("show 2 melanomas and 1 melanocytic nevus.")


def test_a_prediction_is_never_called_a_diagnosis():
    texts = [
        prediction.malignant_sentence(Range(0.5, 0.4, 0.6)), prediction.set_sentence(["mel"], FACTS),
        prediction.refusal_sentence([UNUSUAL]), prediction.image_check_sentence("net"),
    ]  # fmt: skip
    assert not [text for text in texts if re.search("diagnos", text)]


def test_a_training_image_is_told_by_its_similarity_and_another_image_of_the_lesion_is_not():
    same, other = Neighbour("ISIC_1", "mel", 0.9999), Neighbour("ISIC_2", "mel", 0.9967)
    assert "**net was trained on this image** (ISIC_1)" in prediction.same_image_sentence([same, other], "net")
    assert prediction.same_image_sentence([other], "net") is None
    assert prediction.same_image_sentence([], "net") is None
