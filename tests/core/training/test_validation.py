"""Figures of an epoch, by hand."""

import numpy as np
import pytest

from core.training.validation import selection_score, validation_figures


def test_each_dataset_is_scored_at_its_own_class_shares() -> None:
    probabilities = np.array([[0.5, 0.5], [0.4, 0.6], [0.5, 0.5], [0.5, 0.5]])
    labels, dataset = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    prior = np.array([[0.8, 0.2], [0.1, 0.9]])
    figures = validation_figures(probabilities, labels, dataset, np.log(prior), prior)
    assert figures["val_accuracy"] == 0.5  # .8 / .2, and .32 / .12: both predicted as 0
    assert figures["val_balanced_accuracy"] == 1.0
    assert figures["val_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.12 / 0.44)) / 2)
    assert figures["val_milk10k_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.1)) / 2)


def test_one_dataset_has_no_figures_of_the_other() -> None:
    prior = np.full((1, 2), 0.5)
    figures = validation_figures(np.eye(2), np.arange(2), np.zeros(2, int), np.zeros((1, 2)), prior)
    assert set(figures) == {"val_loss", "val_accuracy", "val_balanced_accuracy"}
    assert selection_score(figures, "balanced_accuracy") == 1.0
