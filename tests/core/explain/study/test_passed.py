"""Which checks heatmaps pass: clear differences in the right direction, and correlations no higher than by chance."""

import pandas as pd
import pytest

from core.config import TRAINED_MODELS
from core.explain.study.checks import read_checks
from core.explain.study.passed import RIVAL, check_results
from core.explain.study.randomized import OTHER
from core.store.card import read_card
from core.store.folders import model_folders

COLUMNS = ["check", "series", "step", "measure", "value", "low", "high", "images"]


def table(insertion=(0.1, 0.05, 0.15), deletion=(-0.1, -0.15, -0.05), last=(0.1, 0.0, 0.2), other=(0.4, 0.3, 0.5)):
    correlations = {OTHER: (0, other, 24), "out": (1, (0.9, 0.8, 1.0), 24), "conv": (2, last, 23)}
    rows = [("insertion", RIVAL, None, "auc", *insertion, 64), ("deletion", RIVAL, None, "auc", *deletion, 60)]
    rows.append(("insertion", "heatmap minus center", None, "auc", -1.0, -2.0, 0.0, 9))
    for layer, (step, ends, images) in correlations.items():
        rows.append(("randomisation", layer, step, "rank correlation", *ends, images))
        rows.append(("randomisation", layer, step, "empty", 0.9, 0.9, 0.9, 9))
    return pd.DataFrame(rows, columns=COLUMNS)


def passed(**parts: tuple[float, float, float]) -> list[bool]:
    return [each.passed for each in check_results(table(**parts))]


def test_each_check_has_its_figures() -> None:
    insertion, deletion, weights = check_results(table())
    assert (insertion.check, insertion.value, insertion.low, insertion.high, insertion.level) == (
        "insertion", 0.1, 0.05, 0.15, 0,
    )  # fmt: skip
    assert (deletion.value, deletion.images, insertion.images) == (-0.1, 60, 64)
    assert (weights.value, weights.level, weights.images) == (0.1, 0.4, 23)  # after the last step, all layers shuffled


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, [True, True, True]),
        ({"insertion": (0.1, 0.0, 0.2)}, [False, True, True]),
        ({"insertion": (-0.1, -0.2, -0.05)}, [False, True, True]),
        ({"deletion": (-0.1, -0.2, 0.0)}, [True, False, True]),
        ({"deletion": (0.1, 0.05, 0.2)}, [True, False, True]),
        ({"last": (0.6, 0.55, 0.7)}, [True, True, False]),
        ({"last": (0.41, 0.2, 0.6)}, [True, True, False]),
        ({"last": (0.4, 0.2, 0.6)}, [True, True, True]),
        ({"last": (-0.5, -0.6, -0.4)}, [True, True, True]),
        ({"last": (float("nan"),) * 3}, [True, True, False]),
        ({"other": (0.94, 0.9, 0.98)}, [True, True, True]),
        ({"other": (0.96, 0.95, 0.97)}, [True, True, False]),
    ],
)
def test_a_check_is_passed_if_the_difference_is_clear(parts, expected) -> None:
    assert passed(**parts) == expected


def test_a_model_without_weights_has_two_checks() -> None:
    rows = table()
    assert [each.check for each in check_results(rows[rows["check"] != "randomisation"])] == ["insertion", "deletion"]


def test_every_committed_model_has_the_checks_of_every_method_that_it_offers() -> None:
    cards = {name: read_card(folder) for name, folder in model_folders(TRAINED_MODELS).items()}
    offered = [(name, "Grad-CAM") for name, card in cards.items() if card.cam_scores]
    offered += [(name, "LayerCAM") for name, card in cards.items() if card.layer_cam_scores]
    assert len(offered) > 15
    found = {(name, method): read_checks(TRAINED_MODELS / name, method) for name, method in offered}
    assert not [each for each, checks in found.items() if checks is None]
    assert {len(check_results(checks)) for checks in found.values()} == {3}
