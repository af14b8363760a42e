import numpy as np
import pandas as pd

from core.labels import DX
from dashboard.text import answer

NAN = float("nan")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def row(**over: float) -> pd.Series:
    base = {"dx": "mel", "pictures": 200, "lesions": 120, "recall": 0.55, "recall_low": 0.48, "recall_high": 0.62}
    return pd.Series(base | {"precision": 0.4, "precision_low": 0.3, "precision_high": 0.5} | over)


def test_prior_names_the_commonest_and_what_changes():
    counts = dict.fromkeys(DX, 100) | {"nv": 600}
    same = plain(answer.prior_sentence(counts, "nv", "nv"))
    assert "50% of the training pictures are melanocytic nevi" in same
    assert same.endswith("equally common, Melanocytic nevus would stay first.")
    assert answer.prior_sentence(counts, "nv", "mel").endswith("equally common, Melanoma would come first.")


def test_record_counts_what_was_found():
    said = plain(answer.record_sentence(row(), "net"))
    assert said == (
        "Of the 200 test pictures of melanomas, net found **110** (55%, 95% interval 48 to 62%); "
        "when it answered Melanoma, it was right in 40%, 95% interval 30 to 50%."
    )


def test_record_where_something_is_undefined():
    never = row(precision=NAN, precision_low=NAN, precision_high=NAN, recall=0.0, recall_low=NAN, recall_high=NAN)
    said = plain(answer.record_sentence(never, "net"))
    assert said.endswith("net found **0** (0%); it never answered Melanoma on a test picture.")
    assert answer.record_sentence(row(pictures=0), "net") == "The test split holds no melanomas."


def test_counts_name_the_commonest_mistake():
    said = pd.DataFrame({"said": ["mel"] * 110 + ["nv"] * 60 + ["bkl"] * 30})
    assert plain(answer.counts_sentence(said, row(), "net")) == (
        "net is right on **110 of 200 test pictures of melanomas** (55%, 95% interval 48 to 62%) and wrong on 90, "
        "most often with Melanocytic nevus (60)."
    )
    assert answer.counts_sentence(said[:110], row(), "net") == (
        "net is right on **110 of 110 test pictures of melanomas**."
    )
    assert "holds no melanomas" in answer.counts_sentence(said[:0], row(), "net")


def test_source_counts_pictures_and_lesions():
    report = pd.DataFrame({"pictures": [3, 4], "lesions": [2, 3]})
    assert "n = 7 pictures of 5 lesions" in answer.source_line(report)


def test_a_heatmap_without_evidence_is_said_to_be_none():
    assert answer.heatmap_sentence("mel", True, 6, 7).startswith("**Nothing in this picture speaks for Melanoma**")
    assert "6 x 7 cells" in answer.heatmap_sentence("mel", False, 6, 7)
    assert np.all(["no outline" in answer.heatmap_sentence(dx, False, 6, 7) for dx in DX])
