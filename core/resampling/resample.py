"""Run a strategy on training rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.blas import one_blas_thread
from core.errors import UserError
from core.labels import DX, NAMES
from core.resampling.imblearn_import import import_imblearn
from core.resampling.samplers import Targets
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import Strategy, get_strategy, target_counts

Array = NDArray[np.float32]
"""(rows, dimensions), embeddings."""
Labels = NDArray[np.int64]
"""(rows,), each an index into core.labels.DX."""
SYNTHETIC = -1
"""Origin of a row that is not a copy of any training row."""


@dataclass(frozen=True)
class Resampled:
    """Training rows after resampling.

    Attributes:
        features: (m, d).
        labels: (m,) index into core.labels.DX.
        weights: (m,) weight in the loss, 1 on average.
        origin: (m,) the training row that each row is a copy of, or `SYNTHETIC`.
    """

    features: Array
    labels: Labels
    weights: NDArray[np.float64]
    origin: Labels

    @property
    def prior(self) -> NDArray[np.float64]:
        """(7,) weighted class shares, which a classifier trained on these rows takes for the natural ones."""
        total = np.bincount(self.labels, self.weights, len(DX))
        return np.asarray(total / total.sum())


def resample(features: Array, labels: Labels, spec: ResamplingSpec) -> Resampled:
    """Run a strategy on training rows.

    Args:
        features: (n, d).
        labels: (n,) index into core.labels.DX.
        spec: How to resample.

    Raises:
        UserError: The settings don't work for these rows, or the strategy would delete a class; names the class.

    Example:
        >>> labels = np.repeat(np.arange(7), [5, 5, 5, 5, 5, 9, 5])
        >>> features = np.random.default_rng(0).normal(size=(39, 2)).astype(np.float32)
        >>> np.bincount(resample(features, labels, ResamplingSpec("random_over")).labels).tolist()
        [9, 9, 9, 9, 9, 9, 9]
    """
    strategy = get_strategy(spec.strategy)
    counts = pd.Series(np.bincount(labels, minlength=len(DX)), index=list(DX))
    wanted = target_counts(counts, spec)
    targets = {i: wanted[dx] for i, dx in enumerate(DX) if wanted[dx] != counts[dx]}
    check_neighbors(spec, targets, counts)
    if strategy.kind == "weight":
        return _unchanged(features, labels, (pd.Series(wanted) / counts).to_numpy(float)[labels])
    if strategy.kind == "notebook":
        return _notebook(features, labels, targets, spec.seed)
    if strategy.sampler is None or ("sampling_strength" in strategy.uses and not targets):
        return _unchanged(features, labels, np.ones(len(labels)))
    import_imblearn()
    new_features, new_labels = _run(strategy, spec, targets, features, labels)
    _check_classes_left(strategy, new_labels, spec)
    return Resampled(new_features, new_labels, np.ones(len(new_labels)), trace(features, new_features))


def check_neighbors(spec: ResamplingSpec, targets: Targets, counts: pd.Series) -> None:
    """Check that the strategy can find as many nearest neighbours as it looks at.

    Args:
        spec: How to resample.
        targets: The class sizes that change.
        counts: Training rows by dx.

    Raises:
        UserError: Fewer than 1 neighbour, or more than the smallest class involved has.
    """
    strategy = get_strategy(spec.strategy)
    if "neighbors" not in strategy.uses:
        return
    if spec.neighbors < 1:
        raise UserError(f"{strategy.label} needs at least 1 neighbour, not {spec.neighbors}.")
    within = strategy.kind in ("synthetic", "both")
    involved = [DX[i] for i in targets] if within else list(DX)
    if not involved:
        return
    dx = str(counts[involved].idxmin())
    most = int(counts[dx]) - int(within)
    if most < 1:
        raise UserError(
            f"{strategy.label} mixes two rows of a class, but {NAMES[dx]} ({dx}) has only one training row; "
            "choose another strategy."
        )
    if strategy.name != "enn" and spec.neighbors > most:
        raise UserError(
            f"{strategy.label} looks at {spec.neighbors} neighbours, but {NAMES[dx]} ({dx}) has only {counts[dx]} "
            f"training rows; choose {most} neighbours or fewer."
        )


def _run(
    strategy: Strategy, spec: ResamplingSpec, targets: Targets, features: Array, labels: Labels
) -> tuple[Array, Labels]:
    assert strategy.sampler is not None
    try:
        with warnings.catch_warnings(), one_thread():
            warnings.simplefilter("ignore")  # imbalanced-learn warns of counts that it can't reach; the page shows them
            new_features, new_labels = strategy.sampler(spec, targets).fit_resample(features, labels)
    except (ValueError, RuntimeError) as error:
        smallest = DX[int(np.bincount(labels, minlength=len(DX)).argmin())]
        raise UserError(
            f"{strategy.label} can't run with these settings, most likely because {NAMES[smallest]} ({smallest}), the "
            f"smallest class, is too small ({str(error).strip().splitlines()[0].rstrip('.')}); change the number of "
            "neighbours or the sampling strength."
        ) from error
    return np.asarray(new_features, np.float32), np.asarray(new_labels, np.int64)


def _check_classes_left(strategy: Strategy, labels: Labels, spec: ResamplingSpec) -> None:
    left = np.bincount(labels, minlength=len(DX))
    lost = [f"{NAMES[dx]} ({dx})" for dx, n in zip(DX, left, strict=True) if n < 2]
    if lost:
        advice = f"fewer than {spec.neighbors} neighbours or " if "neighbors" in strategy.uses else ""
        raise UserError(
            f"{strategy.label} leaves fewer than two rows of {', '.join(lost)}; choose {advice}another strategy."
        )


def _unchanged(features: Array, labels: Labels, weights: NDArray[np.float64]) -> Resampled:
    return Resampled(features, labels, weights / weights.mean(), np.arange(len(labels)))


def _notebook(features: Array, labels: Labels, targets: Targets, seed: int) -> Resampled:
    """Labels as from SMOTE, each with a random training image of any class."""
    have = np.bincount(labels, minlength=len(DX))
    added = np.concatenate([labels[:0], *(np.full(n - have[i], i) for i, n in targets.items())])
    drawn = np.random.default_rng(seed).integers(0, len(labels), len(added))
    origin = np.concatenate([np.arange(len(labels)), drawn])
    return Resampled(features[origin], np.concatenate([labels, added]), np.ones(len(origin)), origin)


def trace(before: Array, after: Array) -> Labels:
    """Find the training row that each row after resampling is an exact copy of.

    Returns:
        (m,) index into `before`, or `SYNTHETIC`.

    Example:
        >>> trace(np.array([[1.0], [2.0]]), np.array([[2.0], [1.5], [1.0]])).tolist()
        [1, -1, 0]
    """
    known: dict[bytes, list[int]] = {}
    for i, row in enumerate(before):
        known.setdefault(row.tobytes(), []).append(i)
    met: dict[bytes, int] = {}
    origin = np.full(len(after), SYNTHETIC, np.int64)
    for i, row in enumerate(np.ascontiguousarray(after)):
        key = row.tobytes()
        if key in known:  # identical images take turns
            origin[i] = known[key][met.get(key, 0) % len(known[key])]
            met[key] = met.get(key, 0) + 1
    return origin


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit numerical libraries to one thread inside the `with` block.

    On busy cores, threads wait for each other (gradient boosting took fifteen times as long), and a grid already runs
    many settings in parallel.
    """
    from threadpoolctl import threadpool_limits

    with one_blas_thread(), threadpool_limits(1, user_api="openmp"):
        yield
