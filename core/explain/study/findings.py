"""What the heatmaps' scores say, in sentences that the figures bear out."""

import math

import pandas as pd

from core.explain.study.summary import ALL, GAP, SIDES
from core.labels import NAMES

WORDS = {
    "energy": "share of heat inside the lesion",
    "pointing": "rate of hottest points inside the lesion",
    "iou": "overlap with the lesion",
}
"""How a score is spoken of."""


def findings(table: pd.DataFrame, score: str = "energy", target: str = "predicted") -> list[str]:
    """The sentences that the scores bear out, two or three a model, or the one that it has no heatmaps.

    Args:
        table: As `summarize` returns it.
        score: One of SCORES.
        target: One of TARGETS.
    """
    rows = table[(table["score"] == score) & (table["target"] == target)]
    said = []
    for name in rows["model"].unique():
        here = rows[rows["model"] == name].set_index(["dx", "side"])
        if math.isnan(here.loc[(ALL, ALL), "heatmap"]):
            said.append(_empty(name, here.loc[(ALL, ALL)]))
            continue
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


def _empty(name: str, row: pd.Series) -> str:
    return (
        f"**{name}**'s heatmaps are empty: on none of the {row['pictures']:,} pictures does its last convolution speak "
        "for its answer."
    )


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
