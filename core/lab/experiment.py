"""One setting of the lab: prepare rows, train, test, and say how good it is, wrong protocols beside the right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.errors import UserError
from core.evaluation.bootstrap import report
from core.lab.classifiers import check_pair, fit, probabilities
from core.lab.embeddings import Embeddings
from core.lab.measures import (
    DRAWS,
    MEASURES,
    Outcome,
    compare,
    correct_prior,
    draw_measures,
    of,
    summarise,
    tune_factors,
)
from core.lab.protocols import How, Job, get_protocol, prepare
from core.labels import DX
from core.resampling.resample import SYNTHETIC, Resampled, count_rows
from core.resampling.strategies import get_strategy
from core.store.predictions import Scores

Probabilities = NDArray[np.float64]
Report = Callable[[float, str], object]
Fit = Callable[[Resampled, str, str, int], Any]
CLAUSES = {"flattered": ", the wrong way", "honest": ""}
SHOWN = 300
"""Synthetic rows that a result keeps for the map."""


@dataclass(frozen=True)
class Setting:
    """One point of the lab, as its controls give it.

    Attributes:
        strategy: A key of `STRATEGIES`.
        classifier: A key of `CLASSIFIERS`.
        protocol: A key of `PROTOCOLS`.
        amount: How far towards level classes, in percent.
        neighbors: Nearest neighbours of those strategies that look at any.
        seed: Of sampler and classifier.
    """

    strategy: str = "none"
    classifier: str = "logistic"
    protocol: str = "right"
    amount: int = 100
    neighbors: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Result:
    """A setting and all that the page shows of it.

    Attributes:
        setting: What ran.
        honest: The outcome that can be trusted.
        flattered: What the wrong protocol gives on the same test pictures (or altered copies of them); None if right.
        reported: Measures on the wrong protocol's own test rows where these are not the same pictures, else None.
        measures: Columns measure, value, low, high: of the protocol's own outcome.
        gaps: Columns measure, flattered, honest, gap, low, high; empty for the right protocol.
        classes: As `core.evaluation.bootstrap.report` of the protocol's own outcome.
        synthetic: (at most `SHOWN`, d) synthetic training rows.
        synthetic_labels: Their diagnoses.
        pictures: Rows of the embeddings that were training rows.
    """

    setting: Setting
    honest: Outcome
    flattered: Outcome | None
    reported: dict[str, float] | None
    measures: pd.DataFrame
    gaps: pd.DataFrame
    classes: pd.DataFrame
    synthetic: NDArray[np.float32]
    synthetic_labels: NDArray[np.int64]
    pictures: NDArray[np.int64]

    @property
    def own(self) -> Outcome:
        """What the chosen protocol gives: the flattered outcome where it is a wrong one."""
        return self.flattered or self.honest


def check(setting: Setting) -> None:
    """Raise one sentence where a setting names something unknown or cannot work.

    Raises:
        UserError: Naming what to change.
    """
    get_strategy(setting.strategy)
    get_protocol(setting.protocol)
    check_pair(setting.strategy, setting.classifier)
    if not 0 <= setting.amount <= 100:
        raise UserError(f"How far towards level classes lies between 0 and 100 %, not {setting.amount}.")


def run_setting(
    setting: Setting,
    data: Embeddings,
    metadata: pd.DataFrame | None = None,
    on_step: Report = lambda share, text: None,  # noqa: ARG005
) -> Result:
    """Train and test one setting.

    Args:
        setting: What to run.
        data: Embeddings.
        metadata: The installed dataset's, for the protocols that read it.
        on_step: Called before each step with the share done and what comes; whatever it raises ends the run.

    Raises:
        UserError: The setting cannot work; names what to change.
    """
    check(setting)
    jobs = prepare(setting.protocol, data, how(setting), metadata)
    outcomes: dict[str, Outcome] = {}
    reported = own = None
    for i, (name, make) in enumerate(jobs.items()):
        on_step(0.8 * i / len(jobs), f"Resampling the training rows{CLAUSES[name]}")
        job = make()
        on_step(0.8 * (i + 0.3) / len(jobs), f"Training on {len(job.train.labels):,} rows{CLAUSES[name]}")
        found = train_and_test(setting, job, data)
        outcomes[name], own = found["test"], own or job
        if "reported" in found:
            reported = {key: metric(of(found["reported"], which)) for key, (metric, which) in MEASURES.items()}
    on_step(0.8, "Drawing lesions for the intervals")
    return _result(setting, outcomes, reported, own or job)


def _result(setting: Setting, outcomes: dict[str, Outcome], reported: dict[str, float] | None, job: Job) -> Result:
    made = np.flatnonzero(job.train.origin == SYNTHETIC)
    made = np.random.default_rng(SEED).permutation(made)[:SHOWN]
    draws = {name: draw_measures(outcome) for name, outcome in outcomes.items()}
    own = next(iter(outcomes))
    return Result(
        setting, outcomes["honest"], outcomes.get("flattered"), reported, summarise(draws[own]), compare(draws),
        report(outcomes[own].said, "balanced", DRAWS), job.train.features[made], job.train.labels[made], job.pictures,
    )  # fmt: skip


def how(setting: Setting) -> How:
    """The part of a setting that decides what becomes of the training rows."""
    return How(setting.strategy, setting.amount / 100, setting.neighbors, setting.seed)


def train_and_test(setting: Setting, job: Job, data: Embeddings, fit: Fit = fit) -> dict[str, Outcome]:
    """Train once and test on all of a job's test sides.

    Args:
        setting: What to run.
        job: Training rows and test sides.
        data: Embeddings.
        fit: Trains a classifier, as `core.lab.classifiers.fit`.

    Raises:
        UserError: Strategy and classifier do not go together.
    """
    model = fit(job.train, setting.strategy, setting.classifier, setting.seed)
    nature = np.bincount(job.before, minlength=len(DX)) / len(job.before)
    ensemble = get_strategy(setting.strategy).kind == "ensemble"
    learned = np.full(len(DX), 1 / len(DX)) if ensemble else job.train.prior
    divisor = _divisor(setting, nature, lambda: (probabilities(model, job.validation[0]), job.validation[1]))
    lesions = pd.Series(
        {dx: len(np.unique(data.group[job.pictures[job.before == i]])) for i, dx in enumerate(DX)}, name="lesions"
    )
    counts = count_rows(job.before, job.train)
    outcomes = {}
    for name, (x, y, rows) in job.tests.items():
        raw = probabilities(model, x)
        ids = data.image_id[rows] if len(rows) else np.arange(len(y)).astype(str)
        group = data.group[rows] if len(rows) else np.arange(len(y))
        said = Scores(ids, group, y, raw, divisor)
        outcomes[name] = Outcome(
            said, replace(said, probabilities=correct_prior(raw, learned, nature), prior=nature), counts, lesions
        )
    return outcomes


def _divisor(
    setting: Setting, nature: Probabilities, validate: Callable[[], tuple[Probabilities, NDArray[np.int64]]]
) -> Probabilities:
    """What probabilities are divided by before the largest is said, (7,); level where the strategy decides nothing."""
    if setting.strategy == "logit_adjustment":
        return np.asarray(nature ** (setting.amount / 100))
    if setting.strategy == "threshold":
        return 1 / tune_factors(*validate())
    return np.full(len(DX), 1 / len(DX))


def describe(result: Result) -> dict[str, object]:
    """One row of a table: the setting and its measures with intervals."""
    values = result.measures.set_index("measure")
    ends = {"": "value", "_low": "low", "_high": "high"}
    figures = {f"{key}{end}": float(values.loc[key, name]) for key in values.index for end, name in ends.items()}
    return asdict(result.setting) | figures
