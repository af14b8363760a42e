from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.lab.grid import GridRun, run_grid
from core.lab.grid_parts import make_stamp, read_parts
from core.lab.remeasure import remeasure
from core.resampling.spec import ResamplingSpec


def test_draws_computed_anew_from_kept_predictions_are_the_same(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [GridRun("image_split", ResamplingSpec(), True, ("knn",))]
    parts = run_grid(runs, small_folder, tmp_path / "parts.npz", keep=tmp_path / "kept")
    again = remeasure(tmp_path / "kept", tmp_path / "again.npz", small_folder)
    assert set(again) == set(parts) == set(runs[0].keys)
    for key, draws in parts.items():
        np.testing.assert_allclose(again[key], draws, atol=1e-5)
    assert set(read_parts(tmp_path / "again.npz", make_stamp(small_folder))) == set(parts)
    with pytest.raises(UserError, match="of today's settings; run `python -m core experiment` first"):
        remeasure(tmp_path / "nothing", tmp_path / "again.npz", small_folder)
    monkeypatch.setattr("core.lab.remeasure.make_stamp", lambda _: "that of other embeddings")
    with pytest.raises(UserError, match="holds no predictions of today's settings"):
        remeasure(tmp_path / "kept", tmp_path / "again.npz", small_folder)
