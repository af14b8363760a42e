"""The whole grid, offline: splits, strategies, classifiers and seeds, and what the wrong protocols add.

A task resamples once and trains every classifier. What it found is kept, draw by draw, in a parts file that is replaced
after each task, so an interrupted grid goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import RUNS, TRAINED_MODELS
from core.errors import UserError, require_known
from core.files import replacing
from core.lab.classifiers import CLASSIFIERS, fit, get_classifier
from core.lab.embeddings import FOLDER, Embeddings, load_embeddings, read_card
from core.lab.experiment import Setting, how, train_and_test
from core.lab.measures import DRAWS, MEASURES, draw_measures
from core.lab.protocols import PROTOCOLS, prepare
from core.resampling.resample import Resampled
from core.resampling.strategies import STRATEGIES

Draws = NDArray[np.float32]
Parts = dict[str, Draws]
OUT = TRAINED_MODELS / "experiments"
GRID, PROTOCOLS_TABLE = "grid.csv", "grid_protocols.csv"
PARTS = RUNS / "grid_parts.npz"
SEEDS = 5
SPLITS = {"right": "lesion", "image_split": "image"}
"""Protocols whose own figure stands in the grid, and the split that they stand for."""
COMPARED = (("none", "random_over"), ("logistic", "knn"))
"""Strategies and classifiers with which the wrong protocols are compared with the right one."""
BACKENDS = ("local", "dask")
ORDER = {"none": 0, "decide": 0, "both": 2}
"""Kinds of strategies that share a trained classifier first, the slowest last."""
FITTED = 12
"""Trained classifiers kept by a worker."""


@dataclass(frozen=True)
class Task:
    """One resampling, and the classifiers that are trained on it.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        strategy: A key of `STRATEGIES`.
        seed: Of sampler and classifiers.
        both: Whether the flattered and the honest outcome are wanted, or the protocol's own alone.
        classifiers: Keys of `CLASSIFIERS`.
    """

    protocol: str
    strategy: str
    seed: int
    both: bool
    classifiers: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """What it finds, as keys of the parts file."""
        which = ("flattered", "honest") if self.both else ("own",)
        return ["|".join((self.protocol, self.strategy, c, str(self.seed), w)) for c in self.classifiers for w in which]


def all_tasks(
    seeds: int = SEEDS, metadata: bool = True, strategies: Iterable[str] = STRATEGIES, only: str | None = None
) -> list[Task]:
    """Every task of the grid.

    Args:
        seeds: How many.
        metadata: Whether the dataset's columns are there for the protocols that read them.
        strategies: To run.
        only: The one classifier to run; default all.

    Raises:
        UserError: There is no such classifier.
    """
    chosen = sorted(strategies, key=lambda name: ORDER.get(STRATEGIES[name].kind, 1))
    classifier = get_classifier(only).name if only else None
    wrong = [name for name, p in PROTOCOLS.items() if name != "right" and (metadata or not p.metadata)]
    tasks = []
    for seed in range(seeds):  # seed by seed, so that an interrupted grid has something to say of every setting
        grid = [Task(protocol, strategy, seed, False, _classifiers(strategy))
                for protocol in SPLITS for strategy in chosen]  # fmt: skip
        compared = [Task(protocol, strategy, seed, True, COMPARED[1])
                    for protocol in wrong for strategy in COMPARED[0] if strategy in chosen]  # fmt: skip
        tasks += [*grid[: len(chosen)], *compared, *grid[len(chosen) :]]
    tasks = [replace(t, classifiers=tuple(c for c in t.classifiers if _wanted(t, c, classifier))) for t in tasks]
    return [task for task in tasks if task.classifiers]


def _wanted(task: Task, name: str, only: str | None) -> bool:
    """Whether a classifier is to run, and its seed could change anything: where nothing is drawn, one seed is all."""
    entries = STRATEGIES[task.strategy], PROTOCOLS[task.protocol], CLASSIFIERS[name]
    return only in (None, name) and (task.seed == 0 or any(entry.draws for entry in entries))


def _classifiers(strategy: str) -> tuple[str, ...]:
    if strategy == "balanced_forest":  # brings its own trees
        return ("boosting",)
    weighs = STRATEGIES[strategy].kind == "weight"
    return tuple(name for name, classifier in CLASSIFIERS.items() if classifier.weighs or not weighs)


_fitted: dict[tuple[object, ...], Any] = {}


@lru_cache(maxsize=1)
def _data(folder: Path) -> Embeddings:
    return load_embeddings(folder)


def _fit(rows: Resampled, strategy: str, classifier: str, seed: int) -> Any:
    """As `core.lab.classifiers.fit`, once for the same rows: strategies that only decide share a classifier."""
    digest = blake2b(rows.features.tobytes())
    digest.update(rows.labels.tobytes() + rows.weights.tobytes())
    way = strategy if STRATEGIES[strategy].kind == "ensemble" else STRATEGIES[strategy].kind == "weight"
    key = (digest.digest(), way, classifier, seed)
    if key not in _fitted:
        _fitted[key] = fit(rows, strategy, classifier, seed)
        while len(_fitted) > FITTED:
            _fitted.pop(next(iter(_fitted)))
    return _fitted[key]


def run_task(task: Task, folder: Path, metadata: pd.DataFrame | None = None) -> Parts:
    """Run one task; a worker reads the embeddings once.

    Returns:
        (measures, 1 + draws) by key of `Task.keys`.
    """
    data, found = _data(folder), {}
    jobs = prepare(task.protocol, data, how(Setting(task.strategy, seed=task.seed)), metadata)
    wanted = list(jobs) if task.both else list(jobs)[:1]
    for name in wanted:
        try:
            job = jobs[name]()
        except UserError:  # the table has no row of a strategy that cannot run on these pictures
            continue
        for classifier in task.classifiers:
            setting = Setting(task.strategy, classifier, task.protocol, seed=task.seed)
            draws = draw_measures(train_and_test(setting, job, data, _fit)["test"])
            key = "|".join((task.protocol, task.strategy, classifier, str(task.seed), name if task.both else "own"))
            found[key] = np.stack([draws[measure] for measure in MEASURES]).astype(np.float32)
    return found


def run_grid(
    tasks: list[Task],
    folder: Path = FOLDER,
    parts_file: Path = PARTS,
    metadata: pd.DataFrame | None = None,
    backend: str = "local",
    scheduler: str | None = None,
    jobs: int = 1,
    on_task: Callable[[int, int], object] = lambda done, total: None,  # noqa: ARG005
) -> Parts:
    """Run what the parts file lacks, on this machine or over a Dask cluster.

    Args:
        tasks: As from `all_tasks`.
        folder: Of the embeddings; every worker reads it there.
        parts_file: What is done already; of other embeddings or classifiers, it is started anew.
        metadata: The installed dataset's.
        backend: One of `BACKENDS`.
        scheduler: Address of the Dask scheduler.
        jobs: Processes, for the local backend.
        on_task: Called with the number of tasks done and their total.

    Returns:
        Everything found, by key.

    Raises:
        UserError: Unknown backend, Dask is not installed, or its scheduler does not answer.
    """
    stamp = make_stamp(folder)
    parts = read_parts(parts_file, stamp)
    todo = [left for task in tasks if (left := _left(task, parts)).classifiers]
    done = len(tasks) - len(todo)
    for found in _results(todo, folder, metadata, backend, scheduler, jobs):
        parts |= found
        done += 1
        _write_parts(parts_file, parts, stamp)
        on_task(done, len(tasks))
    return parts


def _left(task: Task, parts: Parts) -> Task:
    """The classifiers of a task that have not run."""
    absent = (c for c in task.classifiers if not set(replace(task, classifiers=(c,)).keys) <= set(parts))
    return replace(task, classifiers=tuple(absent))


def _results(
    todo: list[Task], folder: Path, metadata: pd.DataFrame | None, backend: str, scheduler: str | None, jobs: int
) -> Iterator[Parts]:
    from joblib import Parallel, delayed, parallel_config

    require_known("backend", backend, BACKENDS)
    calls = [delayed(run_task)(task, folder, metadata) for task in todo]
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


def make_stamp(folder: Path) -> str:
    """What a parts file belongs to: embeddings, measures and the settings of every classifier."""
    settings = {name: repr(sorted(c.build(0).get_params().items())) for name, c in CLASSIFIERS.items()}
    facts = repr((read_card(folder)["arrays"]["sha256"], settings, list(MEASURES), DRAWS)).encode()
    return blake2b(facts, digest_size=16).hexdigest()


def read_parts(path: Path, stamp: str) -> Parts:
    """What is done already; nothing where the file is absent, damaged, or of another stamp."""
    try:
        with path.open("rb") as stream, np.load(stream) as arrays:
            found = {key: arrays[key] for key in arrays.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        return {}
    return found if str(found.pop("stamp", "")) == stamp else {}


def _write_parts(path: Path, parts: Parts, stamp: str) -> None:
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez(stream, stamp=np.array(stamp), **parts)  # type: ignore[arg-type]
