"""The grid resumes, gives the same rows with Dask as locally, and its tables match its draws."""

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
from core.lab import grid, tables
from core.lab.classifiers import CLASSIFIERS
from core.lab.embeddings import FOLDER, Embeddings
from core.lab.grid import GridRun, all_runs, run_grid
from core.lab.grid_parts import GridKey, Parts, make_stamp, read_parts
from core.lab.measures import MEASURES
from core.lab.protocols import PROTOCOLS, LabeledRows, TrainingJob
from core.lab.tables import (
    GRID,
    PROTOCOLS_TABLE,
    MissingTable,
    grid_table,
    protocol_table,
    read_table,
    write_tables,
)
from core.labels import DX
from core.resampling.resample import Resampled
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES


def run(protocol: str, strategy: str, seed: int, compares: bool, classifiers: tuple[str, ...]) -> GridRun:
    return GridRun(protocol, ResamplingSpec(strategy, seed=seed), compares, classifiers)


RUNS = [
    run("right", "none", 0, False, ("logistic", "knn")),
    run("right", "random_over", 0, False, ("logistic", "knn")),
    run("image_split", "none", 0, True, ("knn",)),
]


@pytest.fixture(scope="module")
def local(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return run_grid(RUNS, small_folder, tmp_path_factory.mktemp("parts") / "parts.npz")


def test_the_whole_grid_holds_every_strategy_and_protocol() -> None:
    runs = all_runs()
    keys = [key for each in runs for key in each.keys]
    assert len(keys) == len(set(keys))
    assert {each.resampling.strategy for each in runs if not each.compares} == set(STRATEGIES)
    assert {each.protocol for each in runs if each.compares} == set(PROTOCOLS) - {"right"}
    assert {each.protocol for each in all_runs(metadata=False)} == {
        name for name, protocol in PROTOCOLS.items() if not protocol.metadata
    }
    assert not [key for key in keys if (key.strategy, key.classifier) == ("class_weights", "knn")]


def test_the_grid_goes_seed_by_seed_and_the_slowest_last() -> None:
    runs = all_runs(2, strategies=["smote_tomek", "smote", "threshold", "none"])
    assert [each.resampling.strategy for each in runs[:4]] == ["threshold", "none", "smote", "smote_tomek"]
    assert [each.resampling.seed for each in runs] == sorted(each.resampling.seed for each in runs)
    assert {each.resampling.seed for each in runs} == {0, 1}
    first = [each for each in runs if not each.resampling.seed]
    assert [each.protocol for each in first[:4]] == ["right"] * 4
    assert {each.compares for each in first[4:-4]} == {True}
    assert [each.protocol for each in first[-4:]] == ["image_split"] * 4


def test_the_grid_can_keep_to_one_classifier() -> None:
    runs = all_runs(only="knn")
    assert {each.classifiers for each in runs} == {("knn",)}
    assert "class_weights" not in {each.resampling.strategy for each in runs}
    with pytest.raises(UserError, match="no classifier 'oracle'"):
        all_runs(only="oracle")


def test_the_balanced_forest_runs_once_for_it_brings_its_own_trees() -> None:
    found = {each.classifiers for each in all_runs(1) if each.resampling.strategy == "balanced_forest"}
    assert found == {("boosting",)}


def test_a_run_has_the_results_that_its_keys_name(local: Parts, small_folder: Path) -> None:
    assert set(local) == {key for each in RUNS for key in each.keys}
    own = grid.execute(run("image_split", "none", 0, False, ("knn",)), small_folder)
    assert list(own) == [GridKey("image_split", "none", "knn", 0, "own")]
    names = ("full", "inflated", "honest")
    full, inflated, honest = (local[GridKey("image_split", "none", "knn", 0, name)] for name in names)
    assert np.array_equal(*own.values(), full, equal_nan=True)
    assert not np.array_equal(full, inflated, equal_nan=True)
    assert not np.array_equal(inflated, honest, equal_nan=True)


@pytest.mark.parametrize(("strategy", "classifier"), [("random_over", "knn"), ("none", "mlp")])
def test_the_seed_reaches_sampler_and_classifier(small_folder: Path, strategy: str, classifier: str) -> None:
    runs = [run("right", strategy, seed, False, (classifier,)) for seed in (0, 1)]
    first, second = (next(iter(grid.execute(each, small_folder).values())) for each in runs)
    assert not np.array_equal(first, second, equal_nan=True)


def test_protocols_that_read_metadata_get_it(small_folder: Path, tmp_path: Path, small_metadata: pd.DataFrame) -> None:
    runs = [run("dx_localization", "none", 0, True, ("knn",))]
    parts = run_grid(runs, small_folder, tmp_path / "parts.npz", small_metadata)
    assert set(parts) == set(runs[0].keys)


def test_a_strategy_that_does_not_work_is_left_out(
    small: Embeddings, small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = replace(small, features=np.random.default_rng(0).normal(size=small.features.shape).astype(np.float32))
    monkeypatch.setattr(grid, "_data", lambda _: mixed)
    runs = [run("right", name, 0, False, ("knn",)) for name in ("enn", "none")]  # enn deletes whole classes
    assert set(run_grid(runs, small_folder, tmp_path / "parts.npz")) == set(runs[1].keys)


def test_the_honest_outcome_is_measured_if_the_wrong_protocol_does_not_work(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> TrainingJob:
        raise UserError("No such rows.")

    prepare = grid.prepare
    monkeypatch.setattr(grid, "prepare", lambda *args: {"inflated": fail} | prepare(*args))
    assert list(grid.execute(run("right", "none", 0, True, ("knn",)), small_folder)) == [
        GridKey("right", "none", "knn", 0, "honest")
    ]


def test_only_the_classifiers_that_have_not_run_are_left() -> None:
    both = run("image_split", "none", 0, True, ("logistic", "knn"))
    done = dict.fromkeys(replace(both, classifiers=("knn",)).keys)
    assert grid._left(both, done).classifiers == ("logistic",)
    assert grid._left(both, dict(list(done.items())[:1])) == both  # half of a classifier's results is not enough
    assert grid._left(both, dict.fromkeys(both.keys)).classifiers == ()


def test_each_run_is_reported_and_kept_when_it_is_done(small_folder: Path, tmp_path: Path) -> None:
    path, calls, finished = tmp_path / "parts.npz", [], []
    run_grid(RUNS[:1], small_folder, path)

    def on_run(done: int, total: int) -> None:
        calls.append((done, total))
        finished.append(len(read_parts(path, make_stamp(small_folder))))

    run_grid(RUNS, small_folder, path, on_run=on_run)
    assert calls == [(2, 3), (3, 3)]
    keys = [len(each.keys) for each in RUNS]
    assert finished == [keys[0] + min(keys[1:]), sum(keys)] or finished == [keys[0] + max(keys[1:]), sum(keys)]


def test_the_grid_takes_as_many_processes_as_it_is_given(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def one_by_one(n_jobs: int, return_as: str) -> Any:
        asked.append((n_jobs, return_as))
        return lambda calls: (function(*args) for function, args, _ in calls)

    monkeypatch.setattr("joblib.Parallel", one_by_one)
    run_grid(RUNS[:1], small_folder, tmp_path / "parts.npz", jobs=3)
    assert asked == [(3, "generator_unordered")]


def test_a_parts_file_that_cannot_be_read_is_started_anew(small_folder: Path, tmp_path: Path, local: Parts) -> None:
    path, stamp = tmp_path / "parts.npz", make_stamp(small_folder)
    assert read_parts(path, stamp) == {}
    run_grid(RUNS[:1], small_folder, path)
    path.write_bytes(path.read_bytes()[:-100])
    assert read_parts(path, stamp) == {}
    np.savez(path, other=np.zeros(3))  # of no stamp
    assert read_parts(path, stamp) == {}
    assert set(run_grid(RUNS[:1], small_folder, path)) < set(local)


def test_an_interrupted_grid_goes_on_where_it_stopped(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: Parts
) -> None:
    path, ran = tmp_path / "parts.npz", []
    run_grid(RUNS[:2], small_folder, path)
    execute = grid.execute
    monkeypatch.setattr(grid, "execute", lambda each, *rest: ran.append(each) or execute(each, *rest))
    parts = run_grid(RUNS, small_folder, path)
    assert ran == RUNS[2:]
    assert set(parts) == set(local)
    # Not bit for bit: workers may compute on another number of threads, which adds in another order.
    assert all(np.allclose(parts[key], local[key], rtol=0, atol=1e-6, equal_nan=True) for key in local)
    assert read_parts(path, "other embeddings") == {}


def test_a_fresh_run_replaces_nothing_before_it_has_a_result(small_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "parts.npz"
    before = run_grid(RUNS[:2], small_folder, path)
    kept = path.read_bytes()
    with pytest.raises(UserError, match="needs --scheduler"):
        run_grid(RUNS[:1], small_folder, path, backend="dask", fresh=True)
    assert path.read_bytes() == kept
    done: list[int] = []
    after = run_grid(RUNS[:1], small_folder, path, fresh=True, on_run=lambda n, _: done.append(n))
    assert done == [1] and set(after) == set(before)


def test_tables_match_the_draws(local: Parts, tmp_path: Path) -> None:
    table = grid_table(local).set_index(["split_scheme", "strategy", "classifier"])
    assert set(table.index) == {("lesion", s, c) for s in ("none", "random_over") for c in ("logistic", "knn")}
    row, i = table.loc[("lesion", "random_over", "knn")], list(MEASURES).index("macro_f1")
    over, none = (local[GridKey("right", s, "knn", 0, "own")][i] for s in ("random_over", "none"))
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


def test_the_committed_grid_is_what_the_code_gives() -> None:
    """One setting of each split scheme; with nothing random in it, one seed is all there is."""
    runs = [run("right", "none", 0, False, ("knn",)), run("image_split", "none", 0, False, ("knn",))]
    fresh = grid_table({key: draws for each in runs for key, draws in grid.execute(each, FOLDER).items()})
    keys = ["split_scheme", "strategy", "classifier"]
    rows = fresh[keys].merge(read_table(GRID), on=keys)
    assert len(rows) == len(fresh) == 2
    figures = [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]
    pd.testing.assert_frame_equal(rows[figures], fresh[figures], atol=2e-4, rtol=0)


def test_a_missing_table_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match=r"grid.csv is missing; .*python -m core experiment"):
        read_table(GRID, tmp_path)
    write_tables({GridKey("right", "none", "knn", 0, "own"): np.full((len(MEASURES), 3), 0.5, np.float32)}, tmp_path)
    assert len(read_table(GRID, tmp_path)) == 1
    with pytest.raises(MissingTable, match="has no rows yet"):  # no wrong protocol has run
        read_table(PROTOCOLS_TABLE, tmp_path)


@pytest.mark.parametrize("name", [GRID, PROTOCOLS_TABLE])
@pytest.mark.parametrize("damage", ["nothing", "half", "column", "name", "figure"])
def test_a_damaged_table_is_one_sentence(local: Parts, tmp_path: Path, name: str, damage: str) -> None:
    write_tables(local, tmp_path)
    text = (tmp_path / name).read_text()
    damaged = {
        "nothing": "", "half": text[: len(text) // 2], "column": text.replace("seeds", "seed", 1),
        "name": text.replace("knn", "knm"), "figure": text.replace("0.", "a.", 40),
    }  # fmt: skip
    (tmp_path / name).write_text(damaged[damage])
    with pytest.raises(UserError, match=r"is damaged: .*; .*python -m core experiment") as caught:
        read_table(name, tmp_path)
    assert not isinstance(caught.value, MissingTable)


def test_what_draws_nothing_runs_once() -> None:
    later = [key for each in all_runs() if each.resampling.seed for key in each.keys]
    settings = {(key.protocol, key.strategy, key.classifier) for key in later}
    assert not settings & {("right", "enn", "knn"), ("image_split", "none", "logistic")}
    assert settings >= {
        ("right", "enn", "mlp"), ("before_split", "none", "knn"), ("right", "balanced_bagging", "knn"),
    }  # fmt: skip


def test_strategies_that_only_decide_share_a_classifier(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "_fitted", {})
    fitted, fit = [], grid.fit
    monkeypatch.setattr(grid, "fit", lambda *args: fitted.append(args[1]) or fit(*args))
    runs = [run("right", name, 0, False, ("logistic",)) for name in ("none", "threshold", "class_weights")]
    parts = run_grid(runs, small_folder, tmp_path / "parts.npz")
    assert fitted == ["none", "class_weights"]
    assert len({draws.tobytes() for draws in parts.values()}) == 3


HELD = LabeledRows(np.ones((7, 2), np.float32), np.arange(7), np.arange(7))


def rows_of(count: int = 30) -> Resampled:
    labels = np.arange(count) % len(DX)
    return Resampled(np.ones((count, 2), np.float32), labels, np.ones(count), np.arange(count))


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Record strategy, classifier and seed of each training from now on, without training."""
    calls: list[tuple[str, str, int]] = []
    monkeypatch.setattr(grid, "_fitted", {})
    monkeypatch.setattr(grid, "fit", lambda _, *args: calls.append(args[:3]) or object())
    return calls


def test_weights_and_ensembles_share_their_classifier_with_nobody(fitted: list[tuple[str, str, int]]) -> None:
    apart = ["none", "class_weights", "balanced_bagging", "balanced_forest"]
    found = {
        name: grid._fit(rows_of(), name, "boosting", 3, HELD) for name in [*apart, "threshold", "logit_adjustment"]
    }
    assert fitted == [(name, "boosting", 3) for name in apart]
    assert found["none"] is found["threshold"] is found["logit_adjustment"]
    for other in (
        rows_of(29),
        replace(rows_of(), labels=rows_of().labels[::-1]),
        replace(rows_of(), weights=2.0 * np.ones(30)),
    ):
        assert grid._fit(other, "none", "boosting", 3, HELD) is not found["none"]
    assert grid._fit(rows_of(), "none", "mlp", 3, HELD) is not found["none"]
    assert grid._fit(rows_of(), "none", "boosting", 4, HELD) is not found["none"]


def test_a_worker_keeps_the_classifiers_that_it_trained_last(
    fitted: list[tuple[str, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "FITTED", 2)
    for seed in (0, 1, 2, 1, 2, 0):
        grid._fit(rows_of(), "none", "mlp", seed, HELD)
    assert [seed for _, _, seed in fitted] == [0, 1, 2, 0]
    assert len(grid._fitted) == 2


def test_parts_of_other_classifiers_are_not_mixed_in(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_grid(RUNS[:1], small_folder, tmp_path / "parts.npz")
    assert read_parts(tmp_path / "parts.npz", make_stamp(small_folder))
    other = replace(CLASSIFIERS["knn"], build=lambda seed, _: CLASSIFIERS["mlp"].build(seed, None))
    monkeypatch.setitem(CLASSIFIERS, "knn", other)
    assert read_parts(tmp_path / "parts.npz", make_stamp(small_folder)) == {}


def test_dask_gives_the_same_rows(small_folder: Path, tmp_path: Path, local: Parts) -> None:
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster:
            parts = run_grid(
                RUNS, small_folder, tmp_path / "parts.npz", backend="dask", scheduler=cluster.scheduler_address
            )
    assert set(parts) == set(local)
    # Not bit for bit: workers may compute on another number of threads, which adds in another order.
    assert all(np.allclose(parts[key], local[key], rtol=0, atol=1e-6, equal_nan=True) for key in local)


def test_the_command_runs_over_a_scheduler(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: Parts
) -> None:
    distributed = pytest.importorskip("distributed")
    found: dict[str, Parts] = {}

    def on_small(_: list[GridRun], **options: Any) -> Parts:
        return found.setdefault("parts", run_grid(RUNS, small_folder, tmp_path / "parts.npz", **options))

    monkeypatch.setattr(grid, "run_grid", on_small)
    monkeypatch.setattr(tables, "write_tables", partial(write_tables, folder=tmp_path))
    monkeypatch.setattr("core.lab.classifiers.CLASSIFIERS", {name for run in RUNS for name in run.classifiers})
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
        run_grid(RUNS, small_folder, tmp_path / "parts.npz", backend="dask", scheduler="tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("backend", "scheduler", "message"),
    [
        ("slurm", None, "no backend 'slurm'"),
        ("dask", None, "--scheduler"),
        ("dask", "nonsense://x", "No Dask scheduler"),
    ],
)
def test_a_backend_that_cannot_work_is_one_sentence(
    small_folder: Path, tmp_path: Path, backend: str, scheduler: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run_grid(RUNS, small_folder, tmp_path / "parts.npz", backend=backend, scheduler=scheduler)
