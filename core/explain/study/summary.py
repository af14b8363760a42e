"""Summarize heatmap scores: means with intervals over lesions, next to baselines without an image."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import shared_groups
from core.errors import UserError
from core.explain.localization import SCORES
from core.explain.study.scores import NARROW, TARGETS, read_cam_scores
from core.inference.heatmaps import HeatmapMethod
from core.labels import DX
from core.stats import DRAWS, draw_weights, intervals
from core.store.folders import model_folders

ALL = "all"
GAP = "right minus wrong"
OUTCOMES = (ALL, "right", "wrong", GAP)
VALUES = ("heatmap", "other", "gain", "center", "excess")
PLAIN = ("uniform", "narrow")
"""Means without an interval."""
COLUMNS = (
    "model", "target", "dx", "outcome", "score", "images", "lesions", "without",
    *(f"{name}{end}" for name in VALUES for end in ("", "_low", "_high")), *PLAIN,
)  # fmt: skip
Array = NDArray[np.float64]


class Read(NamedTuple):
    """The scores of every model that has some.

    Attributes:
        tables: As `core.explain.study.scores.read_cam_scores` gives them, by model.
        faults: One sentence for each model whose scores can't be shown.
    """

    tables: dict[str, pd.DataFrame]
    faults: dict[str, str]


def read_all(root: Path | None = None, method: HeatmapMethod = "Grad-CAM") -> Read:
    """Read every model's scores; a damaged model only loses its own.

    Args:
        root: Default: trained_models/.
        method: Whose heatmaps were scored.
    """
    found = Read({}, {})
    for name, folder in model_folders(root).items():
        try:
            table = read_cam_scores(folder, method)
        except UserError as error:
            found.faults[name] = str(error)
        else:
            if table is not None:
                found.tables[name] = table
    return found


def summarize(tables: Mapping[str, pd.DataFrame], draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Compute the mean scores of every model.

    Args:
        tables: As `read_all` gives them.
        draws: Number of resamples of lesions for the 95% intervals.
        seed: Random seed of the draws.

    Returns:
        One row per model, target, class (true; "all" for all), outcome (OUTCOMES) and score (SCORES): images, lesions,
        without (images without positive evidence, which no mean includes), then for heatmap, other (other images'
        heatmaps on the same lesions), gain (heatmap minus other, paired), center (the center prior) and excess (heatmap
        minus center) the mean, NAME_low and NAME_high, and the means of uniform and narrow (the center prior at half
        its width; only of energy). NaN if undefined.
    """
    rows: list[dict[str, Any]] = []
    for name, table in tables.items():
        for target in TARGETS:
            # by image, so that models share the draws, which go by the lesions' numbers
            here = table[table["target"] == target].sort_values("image_id", ignore_index=True)
            lesion = shared_groups(here["image_id"].to_numpy(str), here["group"].to_numpy(np.int64))
            found = _rows(here, draw_weights(lesion, draws, seed))
            rows += [{"model": name, "target": target} | row for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(table: pd.DataFrame, weights: NDArray[np.float32]) -> Iterator[dict[str, Any]]:
    """Compute all scores for each class and outcome."""
    parts, group = _parts(table), table["group"].to_numpy()
    sums, drawn = _sums(table, weights)
    for k, score in enumerate(SCORES):
        without = table[score].isna().to_numpy()
        sizes = {key: _sizes(part, group, without) for key, part in parts.items()}
        means, mean_draws = (dict(zip(parts, _per_image(each[:, k]), strict=True)) for each in (sums, drawn))
        for dx in (ALL, *DX):
            sizes[dx, GAP] = sizes[dx, ALL]
            for found in (means, mean_draws):
                found[dx, GAP] = found[dx, "right"] - found[dx, "wrong"]
        keys = [(dx, outcome) for dx in (ALL, *DX) for outcome in OUTCOMES]
        low, high = intervals(np.stack([mean_draws[key][: len(VALUES)] for key in keys]))
        for i, (dx, outcome) in enumerate(keys):
            row: dict[str, Any] = {"dx": dx, "outcome": outcome, "score": score} | sizes[dx, outcome]
            for j, name in enumerate(VALUES):
                row |= {name: float(means[dx, outcome][j]), f"{name}_low": low[i, j], f"{name}_high": high[i, j]}
            yield row | dict(zip(PLAIN, means[dx, outcome][len(VALUES) :].tolist(), strict=True))


def _parts(table: pd.DataFrame) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Mark the rows of each class and outcome, (n,), in the order of `_sums`."""
    right = table["right"].to_numpy(bool)
    outcomes = {ALL: right | True, "right": right, "wrong": ~right}
    of = {ALL: right | True} | {dx: (table["dx"] == dx).to_numpy() for dx in DX}
    return {(dx, outcome): of[dx] & kept for dx in of for outcome, kept in outcomes.items()}


def _sums(table: pd.DataFrame, weights: NDArray[np.float32]) -> tuple[Array, Array]:
    """Sum VALUES, PLAIN and a one for each image in p parts, (p, scores, 8), and in draws, (p, scores, 8, draws).

    An image counts in one class and one outcome; the other parts are sums of these. The products are in float32, exact
    to six decimals.
    """
    values = np.stack([_terms(table, score) for score in SCORES])
    right, dx = table["right"].to_numpy(bool), table["dx"].to_numpy(str)
    cells = [np.flatnonzero((dx == each) & (right == good)) for each in DX for good in (True, False)]
    flat = values.reshape(-1, len(table)).astype(np.float32)
    sums = np.stack([values[..., cell].sum(axis=-1) for cell in cells])
    drawn = np.stack([flat[:, cell] @ weights[cell] for cell in cells]).reshape(*sums.shape, -1)
    return _joined(sums), _joined(drawn)


def _terms(table: pd.DataFrame, score: str) -> Array:
    """Lay out one score's VALUES, PLAIN and a one, (8, n); 0 for an image without positive evidence."""
    columns = table[[score, f"other_{score}", f"center_{score}", f"uniform_{score}"]].to_numpy(np.float64)
    there = ~np.isnan(columns[:, :2]).any(axis=1)
    heat, other, center, uniform = columns.T
    narrow = table[NARROW].to_numpy(np.float64) if score == "energy" else np.full(len(there), np.nan)
    values = np.stack([heat, other, heat - other, center, heat - center, uniform, narrow, np.ones(len(there))])
    return np.where(there, values, 0)


def _joined(cells: NDArray[Any]) -> Array:
    """Add up (classes * 2, ...), right and wrong of each class, to ((classes + 1) * 3, ...), all before the parts."""
    of = cells.astype(np.float64).reshape(len(DX), 2, *cells.shape[1:])
    of = np.concatenate([of.sum(axis=0, keepdims=True), of])
    return np.concatenate([of.sum(axis=1, keepdims=True), of], axis=1).reshape(-1, *cells.shape[1:])


def _per_image(sums: Array) -> Array:
    """Divide sums by the last of each part, which counts images: (p, k + 1, ...) to (p, k, ...)."""
    counts = np.broadcast_to(sums[:, -1:], sums[:, :-1].shape)
    return np.asarray(np.divide(sums[:, :-1], counts, out=np.full(counts.shape, np.nan), where=counts > 0))


def _sizes(part: NDArray[np.bool_], group: NDArray[np.int64], without: NDArray[np.bool_]) -> dict[str, Any]:
    lesions = len(np.unique(group[part]))
    return {"images": int(part.sum()), "lesions": lesions, "without": int((part & without).sum())}


def as_text(table: pd.DataFrame, target: str = "predicted", score: str = "energy") -> str:
    """Lay the summary out for a terminal: every score of every model, one by class, right against wrong."""
    rows = table[table["target"] == target]
    whole, every = rows["dx"] == ALL, rows["outcome"] == ALL
    one = ~whole & (rows["score"] == score)
    name = {"energy": "share of heat inside"}.get(score, score)
    parts = [
        ("All test images", rows[whole & every]),
        (f"By diagnosis, {name}", rows[one & every]),
        ("Right and wrong", rows[whole & ~every]),
        ("Right minus wrong by diagnosis", rows[one & (rows["outcome"] == GAP)]),
    ]
    return "\n\n".join(f"{title}\n{_lines(part)}" for title, part in parts)


def _lines(rows: pd.DataFrame) -> str:
    head = f"{'model':28}{'dx':7}{'outcome':19}{'score':10}{'n':>6}{'none':>6}"
    lines = [head + "".join(f"{name:>25}" for name in VALUES) + f"{'uniform':>9}"]
    for row in rows.to_dict("records"):
        text = f"{row['model']:28}{row['dx']:7}{row['outcome']:19}{row['score']:10}{row['images']:6,}{row['without']:6}"
        for name in VALUES:
            value = f"{row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
            text += f"{value:>25}"
        lines.append(f"{text}{row['uniform']:9.3f}")
    return "\n".join(lines)
