"""Thresholds: counts by hand, predictive values by Bayes, costs by their definition."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.thresholds import GRID, TARGETS, at_threshold, best_threshold, costs, is_target, rates, two_by_two
from core.labels import DX, MALIGNANT
from core.store.predictions import Scores, scores
from tests.conftest import made_up_predictions


@pytest.fixture(scope="module")
def bootstrap() -> Bootstrap:
    return Bootstrap(scores(made_up_predictions(1.5, 250), "test", np.full(7, 1 / 7)), 300)


def test_malignant_is_what_the_labels_say(bootstrap: Bootstrap) -> None:
    truth, probability = is_target(bootstrap.scores, "malignant")
    assert TARGETS["malignant"] == MALIGNANT == ("akiec", "bcc", "mel")
    assert truth.tolist() == [DX[i] in MALIGNANT for i in bootstrap.scores.truth]
    assert probability == pytest.approx(bootstrap.scores.probabilities[:, [0, 1, 4]].sum(axis=1))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.6])
def test_counts_and_rates_equal_a_plain_count(target: str, threshold: float, bootstrap: Bootstrap) -> None:
    truth, probability = is_target(bootstrap.scores, target)
    (tn, fp), (fn, tp) = confusion_matrix(truth, probability >= threshold)
    of = rates(bootstrap, target)
    table = two_by_two(of, threshold)
    assert table["images"].tolist() == [tp, fn, fp, tn]
    assert table["share"].tolist() == pytest.approx([tp / (tp + fn), fn / (tp + fn), fp / (fp + tn), tn / (fp + tn)])
    figures = at_threshold(of, threshold, truth.mean())
    assert figures["sensitivity"].value == pytest.approx(tp / (tp + fn))
    assert figures["specificity"].value == pytest.approx(tn / (tn + fp))
    # At the split's own prevalence the predictive values are the counts' own shares.
    assert figures["ppv"].value == pytest.approx(tp / (tp + fp), abs=1e-6)
    assert figures["npv"].value == pytest.approx(tn / (tn + fn), abs=1e-6)
    assert all(each.low <= each.value <= each.high for each in figures.values() if not np.isnan(each.low))


def test_prevalence_moves_predictive_values_alone(bootstrap: Bootstrap) -> None:
    of = rates(bootstrap, "melanoma")
    rare, common = at_threshold(of, 0.3, 0.01), at_threshold(of, 0.3, 0.4)
    assert rare["sensitivity"] == common["sensitivity"] and rare["specificity"] == common["specificity"]
    assert rare["ppv"].value < common["ppv"].value and rare["npv"].value > common["npv"].value
    s, c = rare["sensitivity"].value, rare["specificity"].value
    assert rare["ppv"].value == pytest.approx(0.01 * s / (0.01 * s + 0.99 * (1 - c)), abs=1e-6)


def test_cost_of_calling_all_and_none(bootstrap: Bootstrap) -> None:
    table = costs(rates(bootstrap, "melanoma"), 10, 0.2)
    assert table["threshold"].tolist() == GRID.tolist()
    assert table["cost"].iloc[0] == pytest.approx(80)  # everybody else is a false alarm
    assert table["cost"].iloc[-1] == pytest.approx(200, rel=0.01)  # every melanoma is missed, at ten each
    assert (table["cost_low"] <= table["cost"] + 1e-4).all() and (table["cost"] <= table["cost_high"] + 1e-4).all()


def test_the_interval_of_a_cost_is_that_of_its_draws(bootstrap: Bootstrap) -> None:
    of = rates(bootstrap, "melanoma")
    row = costs(of, 10, 0.2).iloc[60]
    drawn = 100 * (0.2 * 10 * (1 - of.sensitivity[60, 1:]) + 0.8 * (1 - of.specificity[60, 1:]))
    assert [row["cost_low"], row["cost_high"]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=1e-5)
    assert row["cost_low"] < row["cost"] < row["cost_high"]


def test_the_best_threshold_costs_least_and_falls_as_misses_cost_more(bootstrap: Bootstrap) -> None:
    of = rates(bootstrap, "malignant")
    best = [best_threshold(of, miss, 0.2) for miss in (1, 10, 100)]
    assert best == sorted(best, reverse=True) and best[0] > best[-1]
    table = costs(of, 10, 0.2).set_index("threshold")
    assert table.loc[best[1], "cost"] == pytest.approx(table["cost"].min(), abs=1e-4)


def test_an_undefined_figure_is_nan(bootstrap: Bootstrap) -> None:
    predicted: Scores = bootstrap.scores
    healthy = rates(Bootstrap(predicted.take(np.flatnonzero(predicted.truth == 5)), 50), "melanoma")
    figures = at_threshold(healthy, 0.5, 0.1)
    assert np.isnan(figures["sensitivity"].value) and np.isnan(figures["ppv"].value)
    assert 0 <= figures["specificity"].value <= 1


def four_images() -> Bootstrap:
    """Melanoma probabilities .2, .3, .3 and .6; the second and the last are melanomas."""
    p = np.zeros((4, 7))
    p[:, 4] = [0.2, 0.3, 0.3, 0.6]
    p[:, 5] = 1 - p[:, 4]
    return Bootstrap(Scores(np.arange(4).astype(str), np.arange(4), np.array([5, 4, 5, 4]), p, np.full(7, 1 / 7)), 20)


def test_an_image_at_the_threshold_counts_as_yes() -> None:
    of = rates(four_images(), "melanoma")
    assert (of.positives, of.images) == (2, 4)
    assert two_by_two(of, 0.3)["images"].tolist() == [2, 0, 1, 1]
    assert two_by_two(of, 0.305)["images"].tolist() == [1, 1, 0, 2]
    assert two_by_two(of, 0.2)["images"].tolist() == [2, 0, 2, 0]


def test_the_middle_of_equally_good_thresholds_is_taken() -> None:
    """Misses cost nothing here: everything above .6 and everything above .3 raises no false alarm."""
    none_missed = best_threshold(rates(four_images(), "melanoma"), 100, 0.5)
    assert 0.2 < none_missed <= 0.3 and none_missed == pytest.approx(0.255)
    assert best_threshold(rates(four_images(), "melanoma"), 0, 0.5) == pytest.approx(0.655)


def test_costs_by_hand() -> None:
    table = costs(rates(four_images(), "melanoma"), 10, 0.2).set_index("threshold")["cost"]
    assert table[0.3] == pytest.approx(100 * 0.8 * 0.5)  # a false alarm of two, no miss
    assert table[0.4] == pytest.approx(100 * 0.2 * 10 * 0.5)  # one melanoma of two is missed


def test_shares_of_a_truth_without_images_are_undefined() -> None:
    predicted = four_images().scores
    table = two_by_two(rates(Bootstrap(predicted.take(np.array([0, 2])), 20), "melanoma"), 0.3)
    assert table["images"].tolist() == [0, 0, 1, 1]
    assert table["share"].isna().tolist() == [True, True, False, False]


def test_the_table_says_which_images_it_counts() -> None:
    table = two_by_two(rates(four_images(), "melanoma"), 0.305).set_index(["truth", "predicted"])["images"]
    assert table.to_dict() == {(True, True): 1, (True, False): 1, (False, True): 0, (False, False): 2}


@pytest.mark.parametrize(("miss", "prevalence"), [(1, 0.5), (1.2, 0.4), (3, 0.1), (30, 0.02), (0.2, 0.9)])
def test_the_best_threshold_has_the_least_of_the_costs_that_are_shown(
    miss: float, prevalence: float, bootstrap: Bootstrap
) -> None:
    of = rates(bootstrap, "malignant")
    shown = costs(of, miss, prevalence).set_index("threshold")["cost"]
    assert shown[best_threshold(of, miss, prevalence)] == pytest.approx(shown.min(), abs=1e-4)
