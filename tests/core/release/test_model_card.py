"""The card for Hugging Face: its own parser reads every model's."""

from dataclasses import replace

import pytest

from core.config import TRAINED_MODELS
from core.labels import DX
from core.release.model_card import model_card
from core.store.card import read_card
from core.store.datasets import learned_from
from core.store.folders import model_folders

EVALUATED = [name for name, folder in model_folders().items() if read_card(folder).input_size]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EVALUATED)
def test_hugging_face_reads_each_models_card(name: str) -> None:
    from huggingface_hub import ModelCard

    card = read_card(TRAINED_MODELS / name)
    found = ModelCard(model_card(card))
    assert found.data.license == "cc-by-nc-4.0" and found.data.model_name == name
    results = {(each.dataset_type, each.metric_type): each.metric_value for each in found.data.eval_results}
    assert results["ham10000", "accuracy"] == card.figure("accuracy").value
    if card.other_clinics:
        expected = card.other_clinics.test.metrics["macro_auc"].value
        assert results["milk10k", "macro_auc"] == expected
    learned = list(learned_from(card))
    assert found.data.datasets == learned and ("MILK10k's training images" in found.text) == (len(learned) == 2)
    assert all(each.name in found.text for each in card.training.teachers)
    assert "not a medical device" in found.text and f"| {len(DX) - 1} | vasc |" in found.text


@pytest.mark.filterwarnings("ignore")
def test_nothing_is_claimed_of_the_training_of_an_added_model() -> None:
    from huggingface_hub import ModelCard

    trained = read_card(TRAINED_MODELS / "efficientnet_lite0_distilled")
    found = ModelCard(model_card(replace(trained, kind="added", licence=None)))
    assert (found.data.license, found.data.datasets) == ("unknown", None)
    assert "is not known here" in found.text and "CC BY-NC" not in found.text and "Trained on" not in found.text
