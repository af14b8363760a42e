"""Exact nearest neighbours of many rows, on two threads; on one about twice as fast as scikit-learn's.

Distances are first computed in single precision; all rows that may be among the nearest, given the error of that, are
measured again in double precision. So the neighbours are the same; only rows that are equally far may change places.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
BLOCK = 256
"""Rows whose distances a thread holds at a time: with 33,000 rows, 34 MB."""
THREADS = 2
"""Parts of the queries that are searched at the same time."""
GROUP = 16
"""Rows of which first only the nearest is looked at."""
SPARE = 2
"""Groups looked at beyond the k nearest."""
ERROR = 16 * float(np.finfo(np.float32).eps)
"""Bound of the error of a squared distance in single precision, as a share of the largest squared norm."""


def nearest(rows: Array, queries: Array, k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the k rows that are nearest to each query.

    Args:
        rows: (n, d).
        queries: (q, d).
        k: At most n.

    Returns:
        Euclidean distances and indices of the rows, each (q, k), nearest first; rows that are equally far by index.

    Example:
        >>> nearest(np.array([[0.0], [1.0], [5.0]]), np.array([[4.0]]), 2)[1].tolist()
        [[2, 1]]
    """
    moved, asked = (np.asarray(each - rows.mean(axis=0), np.float32) for each in (rows, queries))
    norms = np.einsum("ij,ij->i", moved, moved)
    margin = 2 * ERROR * float(max(norms.max(), np.einsum("ij,ij->i", asked, asked).max()))
    against = np.zeros((moved.shape[1] + 1, -(-len(rows) // GROUP) * GROUP), np.float32)  # whole groups
    against[:-1, : len(rows)], against[-1, : len(rows)], against[-1, len(rows) :] = -2 * moved.T, norms, np.inf
    asked = np.column_stack([asked, np.ones(len(asked), np.float32)])
    distances, indices = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)

    def search(starts: range) -> None:
        held = np.empty((min(BLOCK, len(queries)), against.shape[1]), np.float32)
        for start in starts:
            part = slice(start, min(start + BLOCK, len(queries)))
            # Squared distances but for the query's own norm, which changes no order.
            squared = np.matmul(asked[part], against, out=held[: part.stop - start])
            near = _candidates(squared, k, margin)
            distances[part], indices[part] = _measure(rows, queries[part], *near, k)

    with ThreadPoolExecutor(THREADS) as threads:
        every = [range(first * BLOCK, len(queries), THREADS * BLOCK) for first in range(THREADS)]
        list(threads.map(search, [starts for starts in every if starts]))  # raises what a thread raised
    return distances, indices


def _candidates(squared: Array, k: int, margin: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the queries and rows of all pairs that may be among a query's k nearest.

    Each of the k nearest is in one of the k groups with the nearest members, so one pass over all distances is enough.
    """
    line = np.arange(len(squared))[:, None]
    groups = squared.reshape(len(squared), GROUP, -1).min(axis=1)
    size, taken = groups.shape[1], []
    for _ in range(min(k + SPARE, size)):
        taken.append(groups.argmin(axis=1)[:, None])
        last = groups[line, taken[-1]]
        groups[line, taken[-1]] = np.inf
    members = (np.hstack(taken)[:, :, None] + size * np.arange(GROUP)).reshape(len(squared), -1)
    values = squared[line, members]
    bound = np.partition(values, k - 1, axis=1)[:, k - 1 : k] + margin
    rest = (last <= bound).ravel()  # more groups than the spare ones are as near
    query, place = np.nonzero((values <= bound) & ~rest[:, None])
    pairs = [(query, members[query, place])]
    for each in np.flatnonzero(rest):
        more = np.flatnonzero(squared[each] <= bound[each])
        pairs.append((np.full(len(more), each), more))
    found, row = (np.concatenate(each) for each in zip(*pairs, strict=True))
    return found, row


def _measure(
    rows: Array, queries: Array, query: NDArray[np.int64], row: NDArray[np.int64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Measure pairs in double precision and keep each query's k nearest."""
    exact = ((rows[row].astype(np.float64) - queries[query]) ** 2).sum(axis=1)
    order = np.lexsort((row, exact, query))
    first = np.searchsorted(query[order], np.arange(len(queries)))
    kept = order[first[:, None] + np.arange(k)]
    return np.sqrt(exact[kept]), row[kept]


@cache
def neighbors_class() -> Any:
    """scikit-learn's NearestNeighbors, which samplers take in place of a number, with the search above."""
    from sklearn.neighbors import NearestNeighbors

    class ExactNeighbors(NearestNeighbors):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any = None) -> Any:
            self.rows_ = np.asarray(X)
            return super().fit(X, y)

        def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
            distances, indices = nearest(self.rows_, np.asarray(X), n_neighbors or self.n_neighbors)
            return (distances, indices) if return_distance else indices

    return ExactNeighbors


@cache
def tomek_links_class() -> Any:
    """imbalanced-learn's TomekLinks with the search above."""
    from imblearn.under_sampling import TomekLinks

    class FastTomekLinks(TomekLinks):  # type: ignore[misc]  # imbalanced-learn has no types
        def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
            links = self.is_tomek(y, nearest(X, X, 2)[1][:, 1], self.sampling_strategy_)
            self.sample_indices_ = np.flatnonzero(~links)
            return X[self.sample_indices_], y[self.sample_indices_]

    return FastTomekLinks
