"""Run the whole grid offline: split schemes, strategies, classifiers and seeds, and the wrong protocols.

A run resamples once and trains every classifier. Its draws are kept in a parts file that is replaced after each run,
so that an interrupted grid goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd

from core.config import RUNS
from core.errors import UserError, require_known
from core.lab.classifiers import CLASSIFIERS, fit, get_classifier
from core.lab.embeddings import FOLDER, Embeddings, load_embeddings
from core.lab.experiment import train_and_test
from core.lab.grid_parts import GridKey, Parts, make_stamp, read_parts, write_outcome, write_parts
from core.lab.protocols import PROTOCOLS, LabeledRows, prepare
from core.lab.remeasure import stack_draws
from core.lab.setting import Setting
from core.resampling.resample import Resampled
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES

GRID, PROTOCOLS_TABLE = "grid.csv", "grid_protocols.csv"
PARTS = RUNS / "grid_parts.npz"
PREDICTIONS = RUNS / "grid_predictions"
SEEDS = 5
SPLIT_SCHEMES = {"right": "lesion", "image_split": "image"}
"""Protocols whose own score is in the grid, and the split scheme that they stand for."""
COMPARED = (("none", "random_over"), ("logistic", "knn"))
"""Strategies and classifiers for which wrong protocols are compared with the right one."""
BACKENDS = ("local", "dask")
ORDER = {"none": 0, "decide": 0, "both": 2}
"""Kinds of strategies in running order: those that share a trained classifier first, the slowest last."""
FITTED = 12
"""Number of trained classifiers that a worker keeps."""


@dataclass(frozen=True)
class GridRun:
    """One resampling, and the classifiers that are trained on its rows.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        resampling: How to resample.
        compares: Whether to score the inflated and the honest outcome, or only the protocol's own.
        classifiers: Keys of `CLASSIFIERS`.
    """

    protocol: str
    resampling: ResamplingSpec
    compares: bool
    classifiers: tuple[str, ...]

    @property
    def keys(self) -> list[GridKey]:
        """What it computes."""
        outcomes = PROTOCOLS[self.protocol].outcomes if self.compares else ("own",)
        return [self.key(classifier, outcome) for classifier in self.classifiers for outcome in outcomes]

    def key(self, classifier: str, outcome: str) -> GridKey:
        """Return the key of one of its entries."""
        spec = self.resampling
        return GridKey(self.protocol, spec.strategy, classifier, spec.seed, outcome)


def all_runs(
    seeds: int = SEEDS, metadata: bool = True, strategies: Iterable[str] = STRATEGIES, only: str | None = None
) -> list[GridRun]:
    """List every run of the grid.

    Args:
        seeds: Number of seeds.
        metadata: Whether the dataset is installed, for the protocols that need its columns.
        strategies: Names of the strategies to run.
        only: The one classifier to run; default all.

    Raises:
        UserError: There is no such classifier.

    Example:
        >>> [run.protocol for run in all_runs(seeds=1, metadata=False, strategies=["smote"])]
        ['right', 'image_split']
    """
    chosen = sorted(strategies, key=lambda name: ORDER.get(STRATEGIES[name].kind, 1))
    classifier = get_classifier(only).name if only else None
    wrong = [name for name, p in PROTOCOLS.items() if name != "right" and (metadata or not p.metadata)]
    runs = []
    for seed in range(seeds):  # seed by seed, so that an interrupted grid has a result for every setting
        specs = {strategy: ResamplingSpec(strategy, seed=seed) for strategy in chosen}
        grid = [GridRun(protocol, spec, False, _classifiers(strategy))
                for protocol in SPLIT_SCHEMES for strategy, spec in specs.items()]  # fmt: skip
        compared = [GridRun(protocol, specs[strategy], True, COMPARED[1])
                    for protocol in wrong for strategy in COMPARED[0] if strategy in chosen]  # fmt: skip
        runs += [*grid[: len(chosen)], *compared, *grid[len(chosen) :]]
    runs = [replace(r, classifiers=tuple(c for c in r.classifiers if _wanted(r, c, classifier))) for r in runs]
    return [run for run in runs if run.classifiers]


def _wanted(run: GridRun, name: str, only: str | None) -> bool:
    """Whether a classifier is to run, and its seed could change anything: if nothing is random, one seed is enough."""
    entries = STRATEGIES[run.resampling.strategy], PROTOCOLS[run.protocol], CLASSIFIERS[name]
    return only in (None, name) and (run.resampling.seed == 0 or any(entry.seeded for entry in entries))


def _classifiers(strategy: str) -> tuple[str, ...]:
    if strategy == "balanced_forest":  # grows its own trees
        return ("boosting",)
    weights = STRATEGIES[strategy].kind == "weight"
    return tuple(name for name, classifier in CLASSIFIERS.items() if classifier.takes_weights or not weights)


_fitted: dict[tuple[object, ...], Any] = {}


@lru_cache(maxsize=1)
def _data(folder: Path) -> Embeddings:
    return load_embeddings(folder)


def _fit(rows: Resampled, strategy: str, classifier: str, seed: int, validation: LabeledRows) -> Any:
    """As `core.lab.classifiers.fit`, but once for the same rows: strategies that only decide share a classifier."""
    digest = blake2b(rows.features.tobytes())
    digest.update(rows.labels.tobytes() + rows.weights.tobytes() + validation.features.tobytes())
    way = strategy if STRATEGIES[strategy].kind == "ensemble" else STRATEGIES[strategy].kind == "weight"
    key = (digest.digest(), way, classifier, seed)
    if key not in _fitted:
        _fitted[key] = fit(rows, strategy, classifier, seed, validation)
        while len(_fitted) > FITTED:
            _fitted.pop(next(iter(_fitted)))
    return _fitted[key]


def execute(run: GridRun, folder: Path, metadata: pd.DataFrame | None = None, keep: Path | None = None) -> Parts:
    """Execute one run; a worker reads the embeddings once.

    Args:
        run: What to run.
        folder: Folder of the embeddings.
        metadata: Metadata of the installed dataset.
        keep: Folder for the predictions, from which `core.lab.remeasure` computes the draws again; None keeps none.

    Returns:
        Draws by key; none for a strategy that doesn't work on these rows.
    """
    data, stamp, found = _data(folder), make_stamp(folder), {}
    jobs = prepare(run.protocol, data, run.resampling, metadata)
    own = "full" if "full" in jobs else next(iter(jobs))
    for name in PROTOCOLS[run.protocol].outcomes if run.compares else (own,):
        try:
            job = jobs[name]()
        except UserError:
            continue
        for classifier in run.classifiers:
            setting = Setting(run.resampling, classifier, run.protocol)
            outcome = train_and_test(setting, job, data, _fit)["test"]
            key = run.key(classifier, name if run.compares else "own")
            found[key] = stack_draws(outcome)
            if keep:
                write_outcome(keep, key, outcome, stamp)
    return found


def run_grid(
    runs: list[GridRun],
    folder: Path = FOLDER,
    parts_file: Path = PARTS,
    metadata: pd.DataFrame | None = None,
    backend: str = "local",
    scheduler: str | None = None,
    jobs: int = 1,
    keep: Path | None = None,
    fresh: bool = False,
    on_run: Callable[[int, int], object] = lambda done, total: None,  # noqa: ARG005
) -> Parts:
    """Execute the runs that the parts file lacks, on this machine or on a Dask cluster.

    Args:
        runs: As from `all_runs`.
        folder: Folder of the embeddings; every worker reads them from there.
        parts_file: Results so far; started over if they belong to other embeddings or classifiers.
        metadata: Metadata of the installed dataset.
        backend: One of `BACKENDS`.
        scheduler: Address of the Dask scheduler.
        jobs: Number of processes of the local backend.
        keep: As for `execute`; a worker on another machine writes to its own disk.
        fresh: Execute all of them, and replace what the file has of them once the first one is done.
        on_run: Called with the number of runs done and their total.

    Returns:
        All results by key.

    Raises:
        UserError: The backend is unknown, Dask isn't installed, or its scheduler doesn't answer.
    """
    stamp = make_stamp(folder)
    again = {key for run in runs for key in run.keys} if fresh else set()
    parts = {key: draws for key, draws in read_parts(parts_file, stamp).items() if key not in again}
    todo = [left for run in runs if (left := _left(run, parts)).classifiers]
    done = len(runs) - len(todo)
    for found in _results(todo, folder, metadata, backend, scheduler, jobs, keep):
        parts |= found
        done += 1
        write_parts(parts_file, parts, stamp)
        on_run(done, len(runs))
    return parts


def _left(run: GridRun, parts: Parts) -> GridRun:
    """Return a run with only those classifiers that have no complete result."""
    absent = (c for c in run.classifiers if not set(replace(run, classifiers=(c,)).keys) <= set(parts))
    return replace(run, classifiers=tuple(absent))


def _results(
    todo: list[GridRun], folder: Path, metadata: pd.DataFrame | None,
    backend: str, scheduler: str | None, jobs: int, keep: Path | None,
) -> Iterator[Parts]:  # fmt: skip
    from joblib import Parallel, delayed, parallel_config

    require_known("backend", backend, BACKENDS)
    calls = [delayed(execute)(run, folder, metadata, keep) for run in todo]
    if backend == "local":
        yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)
        return
    with _client(scheduler), parallel_config(backend="dask"):
        yield from Parallel(return_as="generator_unordered")(calls)


def _client(scheduler: str | None) -> Any:
    if not scheduler:
        raise UserError("The Dask backend needs --scheduler ADDRESS, such as tcp://127.0.0.1:8786.")
    try:
        from distributed import Client
    except ImportError:
        raise UserError("Dask is not installed; run `pip install dask distributed` and start again.") from None
    try:
        return Client(scheduler, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"No Dask scheduler answers at {scheduler}; start one with `dask scheduler`.") from error
