"""Run one setting of the lab: prepare rows, train, test and measure; compare a wrong protocol with an honest one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.evaluation.bootstrap import report
from core.evaluation.calibration import correct_prior
from core.lab.classifiers import check_pair, fit, probabilities
from core.lab.embeddings import Embeddings
from core.lab.measures import (
    DRAWS,
    MEASURES,
    Outcome,
    compare,
    draw_measures,
    summarise,
    tune_factors,
)
from core.lab.protocols import LabeledRows, TrainingJob, get_protocol, prepare
from core.lab.setting import Setting
from core.labels import DX
from core.resampling.inspection import count_rows
from core.resampling.resample import SYNTHETIC, Resampled
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import check_strength, get_strategy
from core.store.predictions import Scores

Probabilities = NDArray[np.float64]
Report = Callable[[float, str], object]
Fit = Callable[[Resampled, str, str, int, LabeledRows], Any]
CLAUSES = {"inflated": " (wrong protocol)", "honest": "", "full": " (wrong protocol, all its images)"}
SHOWN = 300
"""Number of synthetic rows that a result keeps for the map."""


@dataclass(frozen=True)
class LabResult:
    """A setting and everything that the page shows of it.

    Attributes:
        setting: What ran.
        honest: The outcome that can be trusted.
        inflated: The outcome of a wrong protocol on the same test images (or altered copies); None if it is right.
        reported: What a wrong protocol measures that trains on more images than its honest counterpart, with all of
            them and on all its own test rows; None for the others.
        measures: Columns measure, value, low, high, of the protocol's own outcome.
        gaps: Columns measure, inflated, honest, gap, low, high; empty for the right protocol.
        classes: `core.evaluation.bootstrap.report` of the protocol's own outcome.
        synthetic: (at most `SHOWN`, d) synthetic training rows.
        synthetic_labels: Their labels.
        train_rows: Rows of the embeddings that were training rows.
        validation: The outcome on the validation split, for choosing between settings; None of a wrong protocol.
    """

    setting: Setting
    honest: Outcome
    inflated: Outcome | None
    reported: dict[str, float] | None
    measures: pd.DataFrame
    gaps: pd.DataFrame
    classes: pd.DataFrame
    synthetic: NDArray[np.float32]
    synthetic_labels: NDArray[np.int64]
    train_rows: NDArray[np.int64]
    validation: Outcome | None = None

    @property
    def own(self) -> Outcome:
        """The outcome of the chosen protocol: the inflated one if it is wrong."""
        return self.inflated or self.honest


def check(setting: Setting) -> None:
    """Check that a setting names known things that work together.

    Raises:
        UserError: It doesn't; says what to change.

    Example:
        >>> check(Setting(ResamplingSpec("smote"), "knn"))
    """
    get_strategy(setting.resampling.strategy)
    get_protocol(setting.protocol)
    check_pair(setting.resampling.strategy, setting.classifier)
    check_strength(setting.resampling.sampling_strength)


def run_setting(
    setting: Setting,
    data: Embeddings,
    metadata: pd.DataFrame | None = None,
    on_step: Report = lambda share, text: None,  # noqa: ARG005
) -> LabResult:
    """Train and test one setting.

    Args:
        setting: What to run.
        data: Embeddings.
        metadata: Metadata of the installed dataset, for the protocols that need it.
        on_step: Runs before each step with the share done and a description; an exception in it ends the run.

    Raises:
        UserError: The setting doesn't work; says what to change.
    """
    check(setting)
    every = prepare(setting.protocol, data, setting.resampling, metadata)
    jobs = {name: every[name] for name in CLAUSES if name in every}
    outcomes: dict[str, Outcome] = {}
    reported = own = None
    for i, (name, make) in enumerate(jobs.items()):
        on_step(0.8 * i / len(jobs), f"Resampling the training rows{CLAUSES[name]}")
        job = make()
        if setting.protocol == "right":
            job = replace(job, tests=job.tests | {"validation": job.validation})
        on_step(0.8 * (i + 0.3) / len(jobs), f"Training on {len(job.train.labels):,} rows{CLAUSES[name]}")
        found = train_and_test(setting, job, data)
        if name == "full":
            tested = found.get("reported", found["test"])
            reported = {key: metric(tested.scores(which)) for key, (metric, which) in MEASURES.items()}
        else:
            outcomes[name], own = found["test"], own or job
    on_step(0.8, "Computing confidence intervals")
    return replace(_result(setting, outcomes, reported, own or job), validation=found.get("validation"))


def _result(
    setting: Setting, outcomes: dict[str, Outcome], reported: dict[str, float] | None, job: TrainingJob
) -> LabResult:
    made = np.flatnonzero(job.train.origin == SYNTHETIC)
    made = np.random.default_rng(SEED).permutation(made)[:SHOWN]
    draws = {name: draw_measures(outcome) for name, outcome in outcomes.items()}
    own = next(iter(outcomes))
    return LabResult(
        setting, outcomes["honest"], outcomes.get("inflated"), reported, summarise(draws[own]), compare(draws),
        report(outcomes[own].raw, "balanced", DRAWS), job.train.features[made], job.train.labels[made], job.train_rows,
    )  # fmt: skip


def train_and_test(setting: Setting, job: TrainingJob, data: Embeddings, fit: Fit = fit) -> dict[str, Outcome]:
    """Train once, and test on all sets of test rows of a job.

    Args:
        setting: What to run.
        job: Training and test rows.
        data: Embeddings.
        fit: Trains a classifier, like `core.lab.classifiers.fit`.

    Returns:
        Outcomes by the keys of `job.tests`.

    Raises:
        UserError: Strategy and classifier don't work together.
    """
    spec = setting.resampling
    model = fit(job.train, spec.strategy, setting.classifier, spec.seed, job.validation)
    nature = np.bincount(job.labels_before, minlength=len(DX)) / len(job.labels_before)
    ensemble = get_strategy(spec.strategy).kind == "ensemble"
    learned = np.full(len(DX), 1 / len(DX)) if ensemble else job.train.prior
    divisor = _divisor(spec, nature, model, job.validation)
    groups = data.group[job.train_rows]
    lesions = pd.Series({dx: len(np.unique(groups[job.labels_before == i])) for i, dx in enumerate(DX)}, name="lesions")
    counts = count_rows(job.labels_before, job.train)
    outcomes = {}
    for name, (x, y, rows) in job.tests.items():
        image_id = data.image_id[rows] if len(rows) else np.arange(len(y)).astype(str)
        group = data.shown[rows] if len(rows) else np.arange(len(y))
        raw = Scores(image_id, group, y, probabilities(model, x), divisor)
        corrected = replace(raw, probabilities=correct_prior(raw.probabilities, learned, nature), prior=nature)
        outcomes[name] = Outcome(raw, corrected, counts, lesions)
    return outcomes


def _divisor(spec: ResamplingSpec, nature: Probabilities, model: Any, validation: LabeledRows) -> Probabilities:
    """What probabilities are divided by before the largest is chosen, (7,); equal unless the strategy decides."""
    if spec.strategy == "logit_adjustment":
        return np.asarray(nature**spec.sampling_strength)
    if spec.strategy == "threshold":
        return 1 / tune_factors(probabilities(model, validation.features), validation.labels)
    return np.full(len(DX), 1 / len(DX))


def describe(result: LabResult) -> dict[str, object]:
    """Flatten a result into one row of a table: the setting, and its measures with intervals."""
    values = result.measures.set_index("measure")
    ends = {"": "value", "_low": "low", "_high": "high"}
    figures = {f"{key}{end}": float(values.loc[key, name]) for key in values.index for end, name in ends.items()}
    setting = {"classifier": result.setting.classifier, "protocol": result.setting.protocol}
    return asdict(result.setting.resampling) | setting | figures
