"""What the page knows of a network: the same as the pipeline that the app opens."""

import json

import pytest

from core.config import TRAINED_MODELS
from core.inference.fitted import CHECK_MODEL
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.release import web_facts
from core.release.web import offered_networks
from core.store.card import read_card
from tests.cards import change


@pytest.mark.parametrize("name", offered_networks())
def test_what_was_fitted_is_what_the_pipeline_uses(name):
    facts, pipeline = web_facts.network_facts(TRAINED_MODELS / name), Pipeline.load(name)
    fitted = pipeline.fitted
    assert fitted.calibration and fitted.conformal and fitted.check
    assert facts["temperature"] == fitted.calibration.temperature
    assert facts["prior"] == pytest.approx(fitted.prior, rel=1e-11)
    assert facts["thresholds"] == fitted.conformal.thresholds.tolist()
    assert facts["check"] == fitted.check.network.name
    check = web_facts.check_facts(TRAINED_MODELS / facts["check"])
    assert check["weights"] == pytest.approx(fitted.check.detector.weights.tolist(), rel=1e-8)
    assert check["threshold"] == fitted.check.facts.threshold and check["limits"] == fitted.check.facts.limits


def test_the_record_is_the_classification_report():
    from core.evaluation.bootstrap import report
    from core.evaluation.served import served_scores

    record = web_facts.network_facts(TRAINED_MODELS / CHECK_MODEL)["record"]
    for mix, point in (("ham10000", "accuracy"), ("equal", "balanced")):
        table = report(served_scores(TRAINED_MODELS / CHECK_MODEL, "test"), point)
        assert [row["images"] for row in record[mix]] == table["images"].tolist()
        assert [row["recall_low"] for row in record[mix]] == pytest.approx(table["recall_low"].tolist(), abs=1e-6)


def test_what_is_not_fitted_for_the_present_export_is_left_out(calibrated_folder):
    assert web_facts.network_facts(calibrated_folder)["check"] == calibrated_folder.name
    change(calibrated_folder, calibration=None, conformal=None, ood_detector=None)
    facts = web_facts.network_facts(calibrated_folder)
    assert (facts["temperature"], facts["thresholds"], facts["check"]) == (None, None, None)
    with pytest.raises(ValueError, match="no image check"):
        web_facts.check_facts(calibrated_folder)


def test_shared_facts_are_plain_json_and_name_every_label():
    shared = json.loads(web_facts.as_json(web_facts.shared_facts()))
    assert [label["dx"] for label in shared["labels"]] == list(DX)
    assert web_facts.check_of(TRAINED_MODELS / CHECK_MODEL, read_card(TRAINED_MODELS / CHECK_MODEL)) == CHECK_MODEL
