"""What the heatmaps' scores say: means with intervals over lesions, beside what needs no picture, and in sentences."""

import math
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
from core.labels import DX, NAMES
from core.serving.cam_scores import TARGETS, read_cam_scores

ALL = "all"
GAP = "right minus wrong"
SIDES = (ALL, "right", "wrong", GAP)
VALUES = ("heatmap", "center", "excess")
WORDS = {
    "energy": "share of heat inside the lesion",
    "pointing": "rate of hottest points inside the lesion",
    "iou": "overlap with the lesion",
}
"""How a score is spoken of."""

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


def findings(table: pd.DataFrame, score: str = "energy", target: str = "predicted") -> list[str]:
    """The sentences that the scores bear out, two or three a model.

    Args:
        table: As `summarize` returns it.
        score: One of SCORES.
        target: One of TARGETS.
    """
    rows = table[(table["score"] == score) & (table["target"] == target)]
    said = []
    for name in rows["model"].unique():
        here = rows[rows["model"] == name].set_index(["dx", "side"])
        said += [_against_center(name, here.loc[(ALL, ALL)], score), _right_wrong(name, here.loc[(ALL, GAP)], score)]
        said.append(_diagnoses(name, here, score))
    return said


def gap_sentence(table: pd.DataFrame, name: str, dx: str, score: str, target: str) -> str:
    """Whether a model's heatmaps of one diagnosis fit better when it is right than when it is wrong.

    Args:
        table: As `summarize` returns it.
        name: The model.
        dx: A diagnosis, or ALL.
        score: One of SCORES.
        target: One of TARGETS.
    """
    keys = {"model": name, "target": target, "dx": dx, "score": score}
    rows = {str(row["side"]): row for _, row in table[(table[list(keys)] == pd.Series(keys)).all(axis=1)].iterrows()}
    if GAP not in rows:
        return f"The heatmaps of **{name}** are not scored yet, so there is no telling right from wrong by them."
    counts = ", ".join(f"{rows[side]['pictures']:,} {side}" for side in SIDES[1:3])
    subject = "all diagnoses" if dx == ALL else NAMES[dx]
    said = _right_wrong(name, rows[GAP], score)
    return f"Over all scored test pictures of {subject} ({counts}): {said[0].lower()}{said[1:]}"


def _against_center(name: str, row: pd.Series, score: str) -> str:
    verdict = {1: "above", -1: "below", 0: "no different from"}[_sign(row, "excess")]
    return (
        f"**{name}**'s {WORDS[score]} is {_percent(row, 'heatmap')}: {verdict} that of a fixed spot in the middle of "
        f"every picture, {_percent(row, 'center')} (difference {_points(row, 'excess')}); even heat would have "
        f"{100 * row['uniform']:.0f} %."
    )


def _right_wrong(name: str, row: pd.Series, score: str) -> str:
    subject = f"**{name}**'s {WORDS[score]}"
    if math.isnan(row["heatmap"]):
        return f"{subject} when right and when wrong is undefined: it has no such pictures of both."
    plain, fair = _sign(row, "heatmap"), _sign(row, "excess")
    first = {
        1: f"When right, {subject} is higher than when wrong",
        -1: f"When right, {subject} is lower than when wrong",
        0: f"When right and when wrong, {subject} cannot be told apart",
    }[plain]
    against = {1: "it is higher", -1: "it is lower", 0: "there is too little difference to tell"}[fair]
    return (
        f"{first} ({_points(row, 'heatmap')}); against the middle spot on the same pictures {against} "
        f"({_points(row, 'excess')})."
    )


def _diagnoses(name: str, here: pd.DataFrame, score: str) -> str:
    gaps: dict[str, pd.Series] = {row["dx"]: row for _, row in here.reset_index().iterrows() if row["side"] == GAP}
    gaps.pop(ALL)
    shown = {
        words: [f"{NAMES[dx]} ({_points(row, 'excess')})" for dx, row in gaps.items() if _sign(row, "excess") == sign]
        for sign, words in ((1, "higher when right for"), (-1, "lower when right for"))
    }
    parts = [f"{words} {', '.join(names)}" for words, names in shown.items() if names]
    unclear = [NAMES[dx] for dx, row in gaps.items() if not _sign(row, "excess")]
    if not parts:
        what = f"**{name}**'s {WORDS[score]}, against the middle spot,"
        return f"For no single diagnosis does {what} tell right from wrong."
    tail = f"; there is too little to tell for {', '.join(unclear)}" if unclear else ""
    return f"By diagnosis, **{name}**'s {WORDS[score]}, against the middle spot, is {'; '.join(parts)}{tail}."


def _sign(row: pd.Series, name: str) -> int:
    """1 or -1 where the interval leaves no doubt, else 0."""
    return int(row[f"{name}_low"] > 0) - int(row[f"{name}_high"] < 0)


def _percent(row: pd.Series, name: str) -> str:
    return f"{100 * row[name]:.0f} %{_ends(row, name, '.0f')}"


def _points(row: pd.Series, name: str) -> str:
    if math.isnan(row[name]):
        return "undefined"
    return f"{100 * row[name]:+.1f} points{_ends(row, name, '+.1f')}"


def _ends(row: pd.Series, name: str, form: str) -> str:
    low, high = 100 * row[f"{name}_low"], 100 * row[f"{name}_high"]
    return "" if math.isnan(low) else f" [{low:{form}}, {high:{form}}]"


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
