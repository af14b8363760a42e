import math
from dataclasses import replace

import pytest

from core.config import TRAINED_MODELS
from core.store.card import read_card
from core.store.model_selection import validation_mean, validation_score
from core.store.stored import MadeFrom


def test_models_are_chosen_by_the_mean_over_both_validation_splits() -> None:
    card = read_card(TRAINED_MODELS / "efficientnet_lite0")
    assert card.other_clinics and card.evaluation
    own = card.figure("balanced_log_loss", "validation").value
    elsewhere = card.other_clinics.validation.metrics["balanced_log_loss"].value
    assert validation_score(card) == pytest.approx(-(own + elsewhere) / 2)
    guess = math.log(7)
    assert validation_score(replace(card, other_clinics=None)) == pytest.approx(-(own + guess) / 2)
    former = replace(card.other_clinics, made_from=MadeFrom(export="a former one"))
    assert validation_score(replace(card, other_clinics=former)) == pytest.approx(-(own + guess) / 2)
    accuracies = [found.validation.metrics["accuracy"].value for found in (card.evaluation, card.other_clinics)]
    assert validation_mean(card, "accuracy") == pytest.approx(sum(accuracies) / 2)


def test_a_model_without_scores_has_none() -> None:
    card = read_card(TRAINED_MODELS / "metadata_only")
    own = card.figure("balanced_log_loss", "validation").value
    assert validation_score(card) == pytest.approx(-(own + math.log(7)) / 2)
    assert math.isnan(validation_score(replace(card, evaluation=None)))
