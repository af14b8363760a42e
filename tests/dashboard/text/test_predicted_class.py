import numpy as np
import pandas as pd

from core.labels import DX
from dashboard.text import predicted_class

NAN = float("nan")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def row(**over: float) -> pd.Series:
    base = {"dx": "mel", "images": 200, "lesions": 120, "recall": 0.55, "recall_low": 0.48, "recall_high": 0.62}
    return pd.Series(base | {"precision": 0.4, "precision_low": 0.3, "precision_high": 0.5} | over)


def test_the_class_mix_names_the_most_common_class_and_what_changes():
    prior = np.full(7, 1 / 12)
    prior[DX.index("nv")] = 0.5
    same, other = (predicted_class.mix_sentence("ham10000", prior, "nv", top) for top in ("nv", "mel"))
    assert "50% of the training images show melanocytic nevi" in same
    assert same.endswith("melanocytic nevus would stay the most probable.") and other.endswith(
        "melanoma would become the most probable."
    )
    equal = predicted_class.mix_sentence("equal", prior, "mel", "nv")
    assert "assume that all seven diagnoses are equally common" in equal
    assert (
        "where 50% of the training images show melanocytic nevi, melanocytic nevus would become the most probable."
        in equal
    )


def test_the_record_counts_what_was_found():
    text = predicted_class.record_sentence(row(), "net")
    assert "net found **110 of the 200 melanomas** in the test set (55%, 95% interval 48 to 62%)" in text
    assert text.endswith("it was right 40% of the time (95% interval 30 to 50%).")
    assert "1 melanoma**" in predicted_class.record_sentence(row(images=1), "net")


def test_the_record_where_something_is_undefined():
    never = row(precision=NAN, precision_low=NAN, precision_high=NAN, recall=0.0, recall_low=NAN, recall_high=NAN)
    text = predicted_class.record_sentence(never, "net")
    assert "**0 of the 200 melanomas** in the test set (0%)" in text and "never predicted melanoma" in text
    assert "no melanomas" in predicted_class.record_sentence(row(images=0), "net")


def test_the_source_counts_images_and_lesions():
    report = pd.DataFrame({"images": [3, 4], "lesions": [2, 3]})
    assert "7 images of 5 lesions" in predicted_class.source_line(report)
    assert "predicts the most probable class;" in predicted_class.source_line(report)
    assert "predicts the most probable class if all are equally common;" in predicted_class.source_line(report, "equal")


def test_the_heatmap_is_explained_or_missing():
    assert "no heatmap" in predicted_class.heatmap_sentence("mel", True, 6, 7)
    assert "can't be explained with Grad-CAM" in predicted_class.heatmap_sentence("mel", True, 1, 1)
    shown = predicted_class.heatmap_sentence("akiec", False, 6, 7)
    assert "6 x 7" in shown and "actinic keratosis / Bowen's disease" in shown and "no heatmap" not in shown


def test_the_two_most_probable_classes_are_named_in_order():
    rows = pd.DataFrame({"dx": ["nv", "mel", "df"], "probability": [0.2, 0.7, 0.1]})
    text = predicted_class.prediction_sentence(rows)
    assert predicted_class.prediction_sentence(rows, "equal").startswith(
        "If all seven diagnoses were equally common, the model"
    )
    assert text.index("melanoma** 70%") < text.index("melanocytic nevus 20%") and "dermato" not in text


def test_tiny_probabilities_have_no_digits():
    assert (predicted_class.likely(0.001), predicted_class.likely(0.00099)) == ("0.1%", "under 0.1%")
