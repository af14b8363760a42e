"""Models' names for people."""

from core.store.folders import model_folders
from dashboard.text.models import full_label, member_sentence, model_label


def test_each_committed_model_has_a_name_of_its_own() -> None:
    names = list(model_folders())
    labels = {model_label(name) for name in names}
    assert len(labels) == len(names)
    assert not labels & set(names)


def test_an_unknown_model_keeps_its_key() -> None:
    assert model_label("efficientnet_lite0_other") == full_label("efficientnet_lite0_other")
    assert model_label("efficientnet_lite0_other") == "efficientnet_lite0_other"


def test_the_member_in_an_ensembles_place_is_named() -> None:
    sentence = member_sentence("both", "baseline_cnn", "layers")
    assert sentence.startswith("both is an ensemble")
    assert "**Baseline CNN (baseline_cnn)**" in sentence
