import numpy as np
import pytest

from core.data.images import read_image
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.study.arrays import LEVELS, read_arrays
from core.explain.study.explainers import Explainer
from core.explain.study.scores import write_cam_scores


def test_heatmaps_are_kept_small_and_those_that_are_scored(folder, dataset):
    run = write_cam_scores(folder, dataset, seconds=0)
    kept = read_arrays(folder)
    assert set(kept) == set(zip(run.table["image_id"], run.table["target"], strict=True))
    name, target = run.table.loc[0, ["image_id", "target"]]
    predicted = load_scores(folder, "test")
    row = predicted.image_id.tolist().index(name)
    dx = predicted.probabilities[row].argmax() if target == "predicted" else predicted.truth[row]
    _, cams = Explainer(folder).predict_and_explain(read_image(dataset.images[name]))
    expected = cams[..., dx] / max(cams[..., dx].max(), 1e-12)
    assert kept[name, target].dtype == np.float16
    assert kept[name, target] == pytest.approx(expected, abs=0.5 / LEVELS + 1e-3)
    write_cam_scores(folder, dataset)
    assert len(read_arrays(folder)) > len(kept)
    (folder / "heatmaps.npz").write_bytes(b"cut")
    with pytest.raises(UserError, match=r"heatmaps\.npz is not the file"):
        read_arrays(folder)
    assert write_cam_scores(folder, dataset).new == 40
