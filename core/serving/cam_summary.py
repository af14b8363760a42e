"""What the heatmaps' scores say: means with intervals over lesions, beside what needs no picture."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.errors import UserError
from core.evaluation.bootstrap import DRAWS, draw_weights, interval
from core.evaluation.cards import model_folders
from core.explain.scores import SCORES
from core.labels import DX
from core.serving.cam_scores import TARGETS, read_cam_scores

ALL = "all"
GAP = "right minus wrong"
SIDES = (ALL, "right", "wrong", GAP)
VALUES = ("heatmap", "center", "excess")
Array = NDArray[np.float64]


class Read(NamedTuple):
    """The scores of every model that has some.

    Attributes:
        tables: As `core.serving.cam_scores.read_cam_scores` gives them, by model.
        faults: One sentence for each model whose scores cannot be shown.
    """

    tables: dict[str, pd.DataFrame]
    faults: dict[str, str]


def read_all(root: Path | None = None) -> Read:
    """Read every model's scores; a faulty one costs its own only.

    Args:
        root: Default trained_models/.
    """
    found = Read({}, {})
    for name, folder in model_folders(root).items():
        try:
            table = read_cam_scores(folder)
        except UserError as error:
            found.faults[name] = str(error)
        else:
            if table is not None:
                found.tables[name] = table
    return found


def summarize(tables: Mapping[str, pd.DataFrame], draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Means of every model's scores.

    Args:
        tables: As `read_all` gives them.
        draws: Resamples of lesions behind the 95 % intervals.
        seed: Of the draws.

    Returns:
        One row a model, target, diagnosis (true; "all" for all), side (SIDES) and score (SCORES): pictures, lesions,
        without (pictures without positive evidence, which count in no mean), then for heatmap, center (the centre
        baseline on the same pictures) and excess (heatmap minus center, paired) the mean, NAME_low and NAME_high, and
        uniform. NaN where undefined.
    """
    rows: list[dict[str, Any]] = []
    for name, table in tables.items():
        for target in TARGETS:
            here = table[table["target"] == target].reset_index(drop=True)
            weights = draw_weights(here["group"].to_numpy(np.int64), draws, seed)
            for dx in (ALL, *DX):
                of = np.ones(len(here), bool) if dx == ALL else (here["dx"] == dx).to_numpy()
                head = {"model": name, "target": target, "dx": dx}
                rows += [head | row for row in _sides(here[of], weights[of])]
    return pd.DataFrame(rows)


def _sides(table: pd.DataFrame, weights: NDArray[np.float32]) -> Iterator[dict[str, Any]]:
    right = table["right"].to_numpy(bool)
    of = {ALL: right | True, "right": right, "wrong": ~right}
    parts = {side: (table[kept], weights[kept]) for side, kept in of.items()}
    for score in SCORES:
        means = {side: _means(*part, score) for side, part in parts.items()}
        for side, (rows, _) in parts.items():
            yield _row(rows, side, score, *means[side])
        (value, drawn), (less, drawn_less) = means["right"], means["wrong"]
        yield _row(table, GAP, score, value - less, drawn - drawn_less)


def _means(table: pd.DataFrame, weights: NDArray[np.float32], score: str) -> tuple[Array, Array]:
    """Means of heatmap, center, excess and uniform, (4,), and their draws, (4, draws)."""
    columns = [score, f"center_{score}", f"uniform_{score}"]
    there = table[score].notna().to_numpy()
    heat, center, uniform = table.loc[there, columns].to_numpy(np.float64).T
    values = np.stack([heat, center, heat - center, uniform])
    counts = np.column_stack([np.ones(len(heat)), weights[there]])
    total = counts.sum(axis=0)
    out = np.full((len(values), len(total)), np.nan)
    np.divide(values @ counts, total, out=out, where=total > 0)
    return out[:, 0], out[:, 1:]


def _row(table: pd.DataFrame, side: str, score: str, value: Array, drawn: Array) -> dict[str, Any]:
    row: dict[str, Any] = {"side": side, "score": score, "pictures": len(table), "lesions": table["group"].nunique()}
    row["without"] = int(table[score].isna().sum())
    for i, name in enumerate(VALUES):
        low, high = interval(drawn[i])
        row |= {name: float(value[i]), f"{name}_low": low, f"{name}_high": high}
    return row | {"uniform": float(value[3])}


def as_text(table: pd.DataFrame, target: str = "predicted") -> str:
    """The summary for a terminal: every score of every model, energy by diagnosis, right against wrong."""
    rows = table[table["target"] == target]
    parts = [
        ("All test pictures", rows[(rows["dx"] == ALL) & (rows["side"] == ALL)]),
        ("By diagnosis, share of heat inside", rows[(rows["dx"] != ALL) & (rows["side"] == ALL) & _energy(rows)]),
        ("Right and wrong", rows[(rows["dx"] == ALL) & (rows["side"] != ALL)]),
        ("Right minus wrong by diagnosis", rows[(rows["dx"] != ALL) & (rows["side"] == GAP) & _energy(rows)]),
    ]
    return "\n\n".join(f"{title}\n{_lines(part)}" for title, part in parts)


def _energy(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["score"] == "energy"


def _lines(rows: pd.DataFrame) -> str:
    head = f"{'model':22}{'dx':7}{'side':19}{'score':10}{'n':>6}{'none':>6}"
    lines = [head + "".join(f"{name:>25}" for name in VALUES) + f"{'uniform':>9}"]
    for row in rows.to_dict("records"):
        text = f"{row['model']:22}{row['dx']:7}{row['side']:19}{row['score']:10}{row['pictures']:6,}{row['without']:6}"
        for name in VALUES:
            value = f"{row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
            text += f"{value:>25}"
        lines.append(f"{text}{row['uniform']:9.3f}")
    return "\n".join(lines)
