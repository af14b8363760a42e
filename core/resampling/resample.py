"""Running a strategy on training rows, and tracing what became of them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import UserError
from core.labels import DX, NAMES
from core.resampling.samplers import Request
from core.resampling.strategies import Strategy, get_strategy, target_counts

Array = NDArray[np.float32]
"""(rows, dimensions) of embeddings."""
Labels = NDArray[np.int64]
"""(rows,), each an index into core.labels.DX."""
SYNTHETIC = -1
"""Origin of a row that is no training picture's."""


@dataclass(frozen=True)
class Resampled:
    """Training rows after a strategy.

    Attributes:
        features: (m, d).
        labels: (m,) index into core.labels.DX.
        weights: (m,) in the loss, mean 1.
        origin: (m,) training row that each shows, or `SYNTHETIC`.
    """

    features: Array
    labels: Labels
    weights: NDArray[np.float64]
    origin: Labels

    @property
    def prior(self) -> NDArray[np.float64]:
        """(7,) weighed share of each diagnosis, which the classifier takes for nature's."""
        total = np.bincount(self.labels, self.weights, len(DX))
        return np.asarray(total / total.sum())


def resample(features: Array, labels: Labels, name: str, amount: float, neighbors: int, seed: int) -> Resampled:
    """Run a strategy on training rows.

    Args:
        features: (n, d).
        labels: (n,) index into core.labels.DX.
        name: A key of `STRATEGIES`.
        amount: How far towards level classes, 0-1; what the strategy does not take is ignored.
        neighbors: Nearest neighbours that it looks at.
        seed: Of its draws.

    Raises:
        UserError: A setting that cannot work on these rows, or a strategy that deletes a class; names the class.
    """
    strategy = get_strategy(name)
    counts = pd.Series(np.bincount(labels, minlength=len(DX)), index=list(DX))
    wanted = target_counts(counts, name, amount)
    ask = Request({i: wanted[dx] for i, dx in enumerate(DX) if wanted[dx] != counts[dx]}, neighbors, seed)
    check_request(strategy, ask, counts)
    if strategy.kind == "weight":
        return _unchanged(features, labels, (pd.Series(wanted) / counts).to_numpy(float)[labels])
    if strategy.kind == "notebook":
        return _notebook(features, labels, ask)
    if strategy.sampler is None or ("amount" in strategy.takes and not ask.targets):
        return _unchanged(features, labels, np.ones(len(labels)))
    new, said = _run(strategy, ask, features, labels)
    _refuse_lost(strategy, said, ask)
    return Resampled(new, said, np.ones(len(said)), trace(features, new))


def check_request(strategy: Strategy, ask: Request, counts: pd.Series) -> None:
    """Raise one sentence where a setting cannot work.

    Args:
        counts: Training rows by dx.

    Raises:
        UserError: Neighbours below 1, or more than the smallest class that they are looked for in can give.
    """
    if "neighbors" not in strategy.takes:
        return
    if ask.neighbors < 1:
        raise UserError(f"{strategy.label} needs at least 1 neighbour, not {ask.neighbors}; choose 1 or more.")
    within = strategy.kind in ("synthetic", "both")
    looked = [DX[i] for i in ask.targets] if within else list(DX)
    if not looked:
        return
    dx = str(counts[looked].idxmin())
    most = int(counts[dx]) - int(within)
    if most < 1:
        raise UserError(
            f"{NAMES[dx]} ({dx}) has a single training row, and {strategy.label} mixes two; choose another strategy."
        )
    if strategy.name != "enn" and ask.neighbors > most:
        raise UserError(
            f"{strategy.label} looks for {ask.neighbors} neighbours, but {NAMES[dx]} ({dx}) has only {counts[dx]} "
            f"training rows; choose {most} neighbours or fewer."
        )


def _run(strategy: Strategy, ask: Request, features: Array, labels: Labels) -> tuple[Array, Labels]:
    assert strategy.sampler is not None
    try:
        with warnings.catch_warnings(), one_thread():
            warnings.simplefilter("ignore")  # imbalanced-learn warns of counts that it cannot reach; they are shown
            new, said = strategy.sampler(ask).fit_resample(features, labels)
    except (ValueError, RuntimeError) as error:
        smallest = DX[int(np.bincount(labels, minlength=len(DX)).argmin())]
        raise UserError(
            f"{strategy.label} cannot run with these settings, most likely for {NAMES[smallest]} ({smallest}), the "
            f"smallest class ({str(error).strip().splitlines()[0].rstrip('.')}); change the number of neighbours or "
            "how far to go."
        ) from error
    return np.asarray(new, np.float32), np.asarray(said, np.int64)


def _refuse_lost(strategy: Strategy, said: Labels, ask: Request) -> None:
    left = np.bincount(said, minlength=len(DX))
    lost = [f"{NAMES[dx]} ({dx})" for dx, n in zip(DX, left, strict=True) if n < 2]
    if lost:
        advice = f"fewer neighbours than {ask.neighbors} or " if "neighbors" in strategy.takes else ""
        raise UserError(f"{strategy.label} leaves less than two rows of {', '.join(lost)}; choose {advice}another one.")


def _unchanged(features: Array, labels: Labels, weights: NDArray[np.float64]) -> Resampled:
    return Resampled(features, labels, weights / weights.mean(), np.arange(len(labels)))


def _notebook(features: Array, labels: Labels, ask: Request) -> Resampled:
    """SMOTE's labels, each with a training picture drawn over all diagnoses."""
    have = np.bincount(labels, minlength=len(DX))
    added = np.concatenate([labels[:0], *(np.full(n - have[i], i) for i, n in ask.targets.items())])
    drawn = np.random.default_rng(ask.seed).integers(0, len(labels), len(added))
    origin = np.concatenate([np.arange(len(labels)), drawn])
    return Resampled(features[origin], np.concatenate([labels, added]), np.ones(len(origin)), origin)


def trace(before: Array, after: Array) -> Labels:
    """Which training row each row after resampling is, to the last bit.

    Returns:
        (m,) index into `before`, or `SYNTHETIC`.
    """
    known: dict[bytes, list[int]] = {}
    for i, row in enumerate(before):
        known.setdefault(row.tobytes(), []).append(i)
    met: dict[bytes, int] = {}
    origin = np.full(len(after), SYNTHETIC, np.int64)
    for i, row in enumerate(np.ascontiguousarray(after)):
        key = row.tobytes()
        if key in known:  # pictures that are exactly alike take turns
            origin[i] = known[key][met.get(key, 0) % len(known[key])]
            met[key] = met.get(key, 0) + 1
    return origin


def count_rows(labels: Labels, after: Resampled) -> pd.DataFrame:
    """What a strategy made of a training set.

    Args:
        labels: (n,) diagnoses before.

    Returns:
        Indexed by dx: before, kept (training rows that stay), dropped, copies, synthetic, after, weight (of one row
        in the loss), effective (after x weight) and wrong (rows whose label is not their picture's).
    """
    shown = after.origin >= 0
    real = np.where(shown, after.origin, 0)
    wrong = shown & (labels[real] != after.labels)
    first = np.zeros(len(shown), bool)
    first[np.unique(np.where(shown & ~wrong, real, -1), return_index=True)[1]] = True
    kept = first & shown & ~wrong

    def by_dx(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(after.labels[mask], minlength=len(DX))

    before, rows = np.bincount(labels, minlength=len(DX)), by_dx(np.ones(len(shown), bool))
    weight = np.bincount(after.labels, after.weights, len(DX)) / np.maximum(rows, 1)
    table = {
        "before": before, "kept": by_dx(kept), "dropped": before - by_dx(kept), "copies": by_dx(shown & ~kept),
        "synthetic": by_dx(~shown), "after": rows, "weight": weight, "effective": rows * weight, "wrong": by_dx(wrong),
    }  # fmt: skip
    return pd.DataFrame(table, index=pd.Index(DX, name="dx"))


def parents(point: Array, features: Array, labels: Labels, label: int, neighbors: int) -> tuple[int, int, float, float]:
    """Between which two training rows of its class a synthetic row lies.

    Args:
        point: (d,) as SMOTE or one of its kin made it.
        features: (n, d) training rows.
        labels: (n,) their diagnoses.
        label: The synthetic row's diagnosis.
        neighbors: As SMOTE was told.

    Returns:
        The two rows; how far along the way from the first to the second it lies (0-1); and its distance to the line
        as a share of their distance (0 but for rounding where it was made of these two).
    """
    from sklearn.neighbors import NearestNeighbors

    rows = np.flatnonzero(labels == label)
    inside = features[rows].astype(np.float64)
    near = NearestNeighbors(n_neighbors=min(neighbors + 1, len(rows))).fit(inside)
    a = np.repeat(np.arange(len(rows)), near.n_neighbors - 1)
    b = near.kneighbors(return_distance=False, n_neighbors=near.n_neighbors - 1).ravel()
    line, offset = inside[b] - inside[a], point - inside[a]
    length = np.maximum((line**2).sum(axis=1), 1e-12)
    step = np.clip((line * offset).sum(axis=1) / length, -1, 1)
    miss = np.sqrt(((offset - step[:, None] * line) ** 2).sum(axis=1) / length)
    best = int(miss.argmin())
    return int(rows[a[best]]), int(rows[b[best]]), float(step[best]), float(miss[best])


def one_thread() -> Any:
    """A context in which it starts none.

    On busy cores threads wait for each other (gradient boosting took fifteen times as long), and a grid runs many
    settings side by side.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
