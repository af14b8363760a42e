"""Models' names for people."""

from datetime import date

from core.store.card import read_card
from core.store.folders import model_folder, model_folders
from dashboard.text.models import full_label, member_sentence, model_label, report_facts


def test_each_committed_model_has_a_name_of_its_own() -> None:
    names = list(model_folders())
    labels = {model_label(name) for name in names}
    assert len(labels) == len(names)
    assert not labels & set(names)


def test_an_unknown_model_keeps_its_key() -> None:
    assert model_label("efficientnet_lite0_other") == full_label("efficientnet_lite0_other")
    assert model_label("efficientnet_lite0_other") == "efficientnet_lite0_other"


def test_the_member_in_an_ensembles_place_is_named() -> None:
    sentence = member_sentence("baseline_cnn", "layers")
    assert "**Baseline CNN (baseline_cnn)**" in sentence


def test_a_report_names_its_date_and_the_version_of_each_network() -> None:
    single, both = (read_card(model_folder(name)) for name in ("efficientnet_lite0", "efficientnet_lite_ensemble"))
    facts = report_facts(single, date(2026, 3, 5))
    assert facts[0] == "Made on 5 March 2026"
    assert single.weights and single.weights.sha256[:12] in facts[1]
    assert len(report_facts(both, date(2026, 3, 5))) == 1 + len(both.members)
    assert facts[1] in report_facts(both, date(2026, 3, 5))
