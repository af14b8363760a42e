"""The grid resumes, gives the same rows over Dask as here, and its tables say what the draws say."""

import sys
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.errors import UserError
from core.resampling import grid, tables
from core.resampling.classifiers import CLASSIFIERS
from core.resampling.grid import Parts, Task, all_tasks, read_parts, run_grid
from core.resampling.measures import MEASURES
from core.resampling.protocols import PROTOCOLS
from core.resampling.strategies import STRATEGIES
from core.resampling.tables import (
    GRID,
    PROTOCOLS_TABLE,
    MissingTable,
    grid_table,
    protocol_table,
    read_table,
    write_tables,
)

TASKS = [
    Task("right", "none", 0, False, ("logistic", "knn")),
    Task("right", "random_over", 0, False, ("logistic", "knn")),
    Task("image_split", "none", 0, True, ("knn",)),
]


@pytest.fixture(scope="module")
def local(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return run_grid(TASKS, small_folder, tmp_path_factory.mktemp("parts") / "parts.npz")


def test_the_whole_grid_holds_every_strategy_and_protocol() -> None:
    tasks = all_tasks()
    keys = [key for task in tasks for key in task.keys]
    assert len(keys) == len(set(keys))
    assert {task.strategy for task in tasks if not task.both} == set(STRATEGIES)
    assert {task.protocol for task in tasks if task.both} == set(PROTOCOLS) - {"right"}
    assert {task.protocol for task in all_tasks(metadata=False)} == {
        name for name, protocol in PROTOCOLS.items() if not protocol.metadata
    }
    assert not [key for key in keys if "class_weights|knn" in key]


def test_an_interrupted_grid_goes_on_where_it_stopped(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: dict[str, np.ndarray]
) -> None:
    path, ran = tmp_path / "parts.npz", []
    run_grid(TASKS[:2], small_folder, path)
    run_task = grid.run_task
    monkeypatch.setattr(grid, "run_task", lambda task, *rest: ran.append(task) or run_task(task, *rest))
    parts = run_grid(TASKS, small_folder, path)
    assert ran == TASKS[2:]
    assert set(parts) == set(local)
    assert all(np.array_equal(parts[key], local[key], equal_nan=True) for key in local)
    assert read_parts(path, "other embeddings") == {}


def test_tables_say_what_the_draws_say(local: dict[str, np.ndarray], tmp_path: Path) -> None:
    table = grid_table(local).set_index(["split", "strategy", "classifier"])
    assert set(table.index) == {("lesion", s, c) for s in ("none", "random_over") for c in ("logistic", "knn")}
    row, i = table.loc[("lesion", "random_over", "knn")], list(MEASURES).index("macro_f1")
    over, none = (local[f"right|{s}|knn|0|own"][i] for s in ("random_over", "none"))
    assert row["macro_f1"] == pytest.approx(over[0], abs=1e-4)
    assert row["macro_f1_gap"] == pytest.approx(over[0] - none[0], abs=2e-4)
    assert row["macro_f1_gap_low"] == pytest.approx(np.quantile((over - none)[1:], 0.025), abs=2e-4)
    assert np.isnan(table.loc[("lesion", "none", "knn"), "macro_f1_gap_low"])
    gaps = protocol_table(local).set_index("measure")
    assert (gaps["protocol"] == "image_split").all()
    assert gaps.loc["balanced_accuracy", "gap"] > 0
    write_tables(local, tmp_path)
    assert len(read_table(GRID, tmp_path)) == 4
    assert read_table(GRID, tmp_path)["strategy"].tolist().count("none") == 2
    assert len(read_table(PROTOCOLS_TABLE, tmp_path)) == len(MEASURES)


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match=r"grid.csv is missing; .*python -m core experiment"):
        read_table(GRID, tmp_path)
    write_tables({"right|none|knn|0|own": np.full((len(MEASURES), 3), 0.5, np.float32)}, tmp_path)
    assert len(read_table(GRID, tmp_path)) == 1
    with pytest.raises(MissingTable, match="holds no rows yet"):  # no wrong protocol has run
        read_table(PROTOCOLS_TABLE, tmp_path)


@pytest.mark.parametrize("name", [GRID, PROTOCOLS_TABLE])
@pytest.mark.parametrize("spoil", ["nothing", "half", "column", "name", "figure"])
def test_a_damaged_table_is_one_sentence(local: Parts, tmp_path: Path, name: str, spoil: str) -> None:
    write_tables(local, tmp_path)
    text = (tmp_path / name).read_text()
    spoilt = {
        "nothing": "", "half": text[: len(text) // 2], "column": text.replace("seeds", "seed", 1),
        "name": text.replace("knn", "knm"), "figure": text.replace("0.", "a.", 40),
    }  # fmt: skip
    (tmp_path / name).write_text(spoilt[spoil])
    with pytest.raises(UserError, match=r"is damaged; .*python -m core experiment") as caught:
        read_table(name, tmp_path)
    assert not isinstance(caught.value, MissingTable)


def test_what_draws_nothing_runs_once() -> None:
    later = [key for task in all_tasks() if task.seed for key in task.keys]
    assert not [key for key in later if key.startswith(("right|enn|knn", "image_split|none|logistic"))]
    assert [key for key in later if key.startswith("right|enn|mlp")]
    assert [key for key in later if key.startswith("before_split|none|knn")]
    assert [key for key in later if key.startswith("right|balanced_bagging|knn")]


def test_strategies_that_only_decide_share_a_classifier(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "_fitted", {})
    fitted, fit = [], grid.fit
    monkeypatch.setattr(grid, "fit", lambda *args: fitted.append(args[1]) or fit(*args))
    tasks = [Task("right", name, 0, False, ("logistic",)) for name in ("none", "threshold", "class_weights")]
    parts = run_grid(tasks, small_folder, tmp_path / "parts.npz")
    assert fitted == ["none", "class_weights"]
    assert len({draws.tobytes() for draws in parts.values()}) == 3


def test_parts_of_other_classifiers_are_not_mixed_in(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_grid(TASKS[:1], small_folder, tmp_path / "parts.npz")
    assert read_parts(tmp_path / "parts.npz", grid.make_stamp(small_folder))
    other = replace(CLASSIFIERS["knn"], build=lambda seed: CLASSIFIERS["mlp"].build(seed))
    monkeypatch.setitem(CLASSIFIERS, "knn", other)
    assert read_parts(tmp_path / "parts.npz", grid.make_stamp(small_folder)) == {}


def test_dask_gives_the_same_rows(small_folder: Path, tmp_path: Path, local: dict[str, np.ndarray]) -> None:
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster:
            parts = run_grid(
                TASKS, small_folder, tmp_path / "parts.npz", backend="dask", scheduler=cluster.scheduler_address
            )
    assert set(parts) == set(local)
    assert all(np.array_equal(parts[key], local[key], equal_nan=True) for key in local)


def test_the_command_runs_over_a_scheduler(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: Parts
) -> None:
    distributed = pytest.importorskip("distributed")
    found: dict[str, Parts] = {}

    def on_small(_: list[Task], **options: Any) -> Parts:
        return found.setdefault("parts", run_grid(TASKS, small_folder, tmp_path / "parts.npz", **options))

    monkeypatch.setattr(grid, "run_grid", on_small)
    monkeypatch.setattr(tables, "write_tables", partial(write_tables, folder=tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster:
            address = cluster.scheduler_address
            result = CliRunner().invoke(app, ["experiment", "--backend", "dask", "--scheduler", address])
    assert result.exit_code == 0, result.output
    assert set(found["parts"]) == set(local)
    pd.testing.assert_frame_equal(read_table(GRID, tmp_path), grid_table(local), check_dtype=False)


def test_without_dask_the_message_is_one_sentence(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"^Dask is not installed; run `pip install dask distributed` and start again"):
        run_grid(TASKS, small_folder, tmp_path / "parts.npz", backend="dask", scheduler="tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("backend", "scheduler", "words"),
    [
        ("slurm", None, "no backend 'slurm'"),
        ("dask", None, "--scheduler"),
        ("dask", "nonsense://x", "No Dask scheduler"),
    ],
)
def test_a_backend_that_cannot_work_is_one_sentence(
    small_folder: Path, tmp_path: Path, backend: str, scheduler: str | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        run_grid(TASKS, small_folder, tmp_path / "parts.npz", backend=backend, scheduler=scheduler)
