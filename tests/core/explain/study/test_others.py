"""Another image's heatmap as a baseline: of another lesion, averaged over several, without empty ones."""

import numpy as np
import pandas as pd
import pytest

from core.explain.study.others import OTHER, OTHERS, mean_fit, with_others

MASK = np.zeros((30, 40), bool)
MASK[:15] = True
UP, DOWN = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])


def rows(groups: list[int]) -> pd.DataFrame:
    names = [f"i{n}" for n in range(len(groups))]
    return pd.DataFrame({"image_id": names, "group": groups, "target": "predicted", "energy": 0.5})


def test_scores_are_averaged_and_empty_heatmaps_do_not_count() -> None:
    both = mean_fit([UP, DOWN, np.zeros((2, 1))], MASK)
    assert both.energy == pytest.approx(0.5)
    assert both.pointing == 0.5
    assert np.isnan(mean_fit([np.zeros((2, 1))], MASK).iou)
    assert np.isnan(mean_fit([], MASK).energy)


def test_the_heatmaps_are_those_of_other_lesions() -> None:
    table = rows([0, 0, 0, 1, 1])
    cams = {
        (name, "predicted"): UP if group else DOWN
        for name, group in zip(table["image_id"], table["group"], strict=True)
    }
    found = with_others(table, cams, lambda _: MASK).set_index("image_id")
    assert (found["other_pointing"] == [1, 1, 1, 0, 0]).all()
    assert list(found.columns[-3:]) == list(OTHER)


def test_the_same_images_get_the_same_baseline_again() -> None:
    table = rows(list(range(3 * OTHERS)))
    rng = np.random.default_rng(0)
    cams = {(name, "predicted"): rng.random((3, 4)) for name in table["image_id"]}
    first = with_others(table, cams, lambda _: MASK)
    again = with_others(first.sample(frac=1, random_state=1), cams, lambda _: MASK).sort_values("image_id")
    pd.testing.assert_frame_equal(first.sort_values("image_id"), again)


def test_one_lesion_alone_has_no_baseline() -> None:
    table = rows([0, 0])
    cams = {(name, "predicted"): UP for name in table["image_id"]}
    assert with_others(table, cams, lambda _: MASK)[list(OTHER)].isna().all(axis=None)
