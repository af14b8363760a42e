import re

import numpy as np
import pandas as pd
import pytest

from core.explain.localization import SCORES
from core.explain.study.findings import findings
from core.explain.study.scores import complete
from core.explain.study.summary import summarize
from core.labels import DX


def scored(
    right: float = 0.7, wrong: float = 0.4, center: float = 0.5, n: int = 280, noise: float = 0.05
) -> pd.DataFrame:
    """Made-up scores: half the pictures right, one picture in twenty without evidence."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        dx, good = DX[i % 7], (i // 7) % 2 == 0
        said = dx if good else DX[(i + 1) % 7]
        for target in ("predicted",) if good else ("predicted", "true"):
            heat = float("nan") if i % 20 == 3 else (right if good else wrong) + rng.normal(0, noise)
            rows.append({"image_id": f"i{i}", "group": i // 2, "dx": dx, "said": said, "target": target, "area": 0.25})
            rows[-1] |= dict.fromkeys(SCORES, heat) | {f"center_{s}": center + rng.normal(0, noise) for s in SCORES}
    return complete(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return summarize({"good": scored(), "flat": scored(0.5, 0.5)}, draws=300)


def test_sentences_follow_the_figures(table):
    good, flat = ([text for text in findings(table) if f"**{name}**" in text] for name in ("good", "flat"))
    assert "above that of a fixed spot" in good[0]
    assert "share of heat inside the lesion is higher than when wrong (+" in good[1]
    assert "it is higher (+" in good[1]
    assert all(dx in good[2] for dx in ("Melanoma", "Vascular lesion"))
    assert "higher when right for" in good[2]
    assert "no different from that of a fixed spot" in flat[0]
    assert "cannot be told apart" in flat[1]
    assert "For no single diagnosis" in flat[2]
    worse = findings(summarize({"m": scored(0.2, 0.4)}, draws=300))
    assert "below that of" in worse[0]
    assert "is lower than when wrong" in worse[1]
    assert "lower when right for" in worse[2]


def test_more_heat_that_the_middle_explains_is_said():
    made = scored(0.7, 0.4)
    made[["center_energy"]] = np.where(made["right"], 0.75, 0.45)[:, None] + np.zeros((len(made), 1))
    text = findings(summarize({"m": made}, draws=300))[1]
    assert re.search(
        r"is higher than when wrong .*; against the middle spot on the same pictures there is too little", text
    )


def test_a_model_without_any_heatmap_is_one_sentence():
    bare = scored()
    bare[list(SCORES)] = np.nan
    assert findings(summarize({"bare": bare}, draws=300)) == [
        "**bare**'s heatmaps are empty: on none of the 280 pictures does its last convolution speak for its answer."
    ]
