"""How well heatmaps fit the lesions: sentences and the table that compares all models."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from core.explain.study.aims import check_aims
from core.explain.study.summary import ALL, GAP
from core.labels import NAMES
from core.stats import clear_after_holm
from dashboard.text.format import all_points, count, percent, points, shares
from dashboard.text.models import list_models, model_label
from dashboard.text.phrases import PLURALS, inside, listed

MEANINGS = {
    "energy": "share of the heatmap inside the lesion",
    "pointing": "share of hottest points inside the lesion",
    "iou": "overlap of heatmap and lesion",
}
"""What a score measures, inside a sentence."""
CLEAR = {1: "clearly better", -1: "clearly worse", 0: "no clear difference"}


def sign(row: Mapping[Any, float], name: str) -> int:
    """1 or -1 if the interval of `name` excludes zero, else 0."""
    return int(row[f"{name}_low"] > 0) - int(row[f"{name}_high"] < 0)


def _clear(rows: pd.DataFrame, name: str) -> pd.Series:
    """1 or -1 where the difference `name` is clear although several rows are looked at, else 0."""
    return clear_after_holm(rows[name], rows[f"{name}_low"], rows[f"{name}_high"])


def _whole(table: pd.DataFrame, score: str, target: str, outcome: str) -> pd.DataFrame:
    keys = {"score": score, "target": target, "dx": ALL, "outcome": outcome}
    return table[(table[list(keys)] == pd.Series(keys)).all(axis=1)].set_index("model")


def best_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort models by their score; those whose heatmaps are empty for most images stand last.

    Args:
        rows: Of `core.explain.study.summary.summarize`, one per model.
    """
    order = rows.assign(empty=mostly_empty(rows)).sort_values(["empty", "heatmap"], ascending=[True, False])
    return order.drop(columns="empty")


def mostly_empty(rows: pd.DataFrame) -> pd.Series:
    """Whether each model's heatmaps are empty for most images: what is left is no fair sample."""
    return rows["without"] > rows["images"] / 2


def fits_table(table: pd.DataFrame, score: str, target: str = "predicted") -> pd.DataFrame:
    """Compare every model's heatmaps with another image's and a fixed central spot, and right predictions with wrong.

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        score: A key of MEANINGS.
        target: "predicted" or "true".

    Returns:
        One row per model, best first; every cell as it is shown.
    """
    rows = best_first(_whole(table, score, target, ALL))
    gaps = _whole(table, score, target, GAP).reindex(rows.index)
    return pd.DataFrame(
        {
            "Model": rows.index,
            "Heatmap": shares(rows, "heatmap"),
            "Another image's": shares(rows, "other"),
            "Heatmap minus another's": all_points(rows, "gain"),
            "Against another's": [CLEAR[each] for each in _clear(rows, "gain")],
            "Central spot": shares(rows, "center"),
            "Uniform map": [f"{100 * share:.0f}%" if share == share else "undefined" for share in rows["uniform"]],
            "Heatmap minus spot": all_points(rows, "excess"),
            "Against the spot": [CLEAR[each] for each in _clear(rows, "excess")],
            "Right minus wrong": all_points(gaps, "heatmap"),
            "Right minus wrong, minus another's": all_points(gaps, "gain"),
            "Aims reached": [_reached(table, str(name), target) for name in rows.index],
        }
    )


def _reached(table: pd.DataFrame, model: str, target: str) -> str:
    results = check_aims(table, model, target)
    return f"{sum(each.reached for each in results)} of {len(results)}"


def fits_sentence(table: pd.DataFrame, score: str, target: str = "predicted") -> str:
    """Count the models whose heatmaps fit the lesion better than another image's, and than a fixed central spot.

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        score: A key of MEANINGS.
        target: "predicted" or "true".
    """
    rows = best_first(_whole(table, score, target, ALL))
    empty = [str(name) for name, row in rows.iterrows() if math.isnan(row["heatmap"])]
    rare = [str(name) for name in rows.index[mostly_empty(rows)] if name not in empty]
    others, spot = _better(rows, "gain"), _better(rows, "excess")
    text = f"The heatmaps of {others} fit the lesion clearly better than another image's heatmap of the same model; "
    text += f"those of {spot} fit it clearly better than a fixed central spot."
    narrow = rows["narrow"].mean()
    if not math.isnan(narrow):
        text += (
            f" The spot's share depends on its width: {100 * rows['center'].mean():.0f}% as fitted on masks, "
            f"{100 * narrow:.0f}% at half that width."
        )
    if rare:
        share = percent(rows.loc[rare, "without"].sum(), rows.loc[rare, "images"].sum())
        text += (
            f" {list_models(rare)} {'stands' if len(rare) == 1 else 'stand'} last: {share} of the heatmaps are empty."
        )
    return f"{text} {list_models(empty)} {'has' if len(empty) == 1 else 'have'} only empty heatmaps." if empty else text


def _better(rows: pd.DataFrame, name: str) -> str:
    """Count the models whose difference is clear after Holm, and name them."""
    clear = _clear(rows, name)
    better = [str(model) for model in rows.index[clear > 0]]
    models = count(len(rows), "models")
    if len(better) == len(rows) > 1:
        return f"**all {models}**"
    return f"**{len(better)} of {models}** ({list_models(better)})" if better else f"**none of {models}**"


def right_wrong_sentence(table: pd.DataFrame, model: str, score: str, target: str, dx: str = ALL) -> str:
    """Say whether heatmaps fit better where the model is right than where it is wrong.

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        model: Its name.
        score: A key of MEANINGS.
        target: "predicted" or "true".
        dx: A diagnosis, or ALL.
    """
    keys = {"model": model, "target": target, "dx": dx, "score": score}
    rows = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)] if len(table) else table
    outcomes = {str(row["outcome"]): row for row in rows.to_dict("records")}
    if GAP not in outcomes:
        return f"The heatmaps of {model_label(model)} are not scored yet."
    gap, of = outcomes[GAP], "all diagnoses" if dx == ALL else PLURALS[dx]
    shown = f"{outcomes['right']['images']:,} right and {outcomes['wrong']['images']:,} wrong images of {of}"
    if math.isnan(gap["heatmap"]):
        return f"Right and wrong can't be compared: {shown}."
    return (
        f"On {shown}, the {MEANINGS[score]} is {_higher(gap, 'heatmap')} when {model_label(model)} is right; compared "
        f"with other images' heatmaps on the same lesions it is {_higher(gap, 'gain')}."
    )


def _higher(row: Mapping[Any, float], name: str) -> str:
    shown = points(row[name], row[f"{name}_low"], row[f"{name}_high"])
    which = {1: "clearly higher", -1: "clearly lower", 0: "not clearly different"}[sign(row, name)]
    return f"{which} ({shown})"


def diagnoses_sentence(table: pd.DataFrame, model: str, score: str, target: str) -> str:
    """Name the diagnoses for which heatmaps fit better, or worse, where the model is right.

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        model: Its name.
        score: A key of MEANINGS.
        target: "predicted" or "true".
    """
    keys = {"model": model, "target": target, "outcome": GAP, "score": score}
    rows = table[(table[list(keys)] == pd.Series(keys)).all(axis=1) & (table["dx"] != ALL)]
    groups: dict[int, list[str]] = {1: [], -1: []}
    for dx, which in zip(rows["dx"], _clear(rows, "gain"), strict=True):
        if which:
            groups[which].append(inside(dx))
    parts = [f"{word} for {listed(groups[at])}" for at, word in ((1, "higher"), (-1, "lower")) if groups[at]]
    if not parts:
        return "For no single diagnosis is that difference clear."
    return f"By diagnosis, it is clearly {' and '.join(parts)}."


def score_caption(dx: str, area: float) -> str:
    """Say what one image's scores compare."""
    if math.isnan(area):
        return "This model's heatmaps are not scored on this image yet."
    return f"Heatmap for {NAMES[dx]} against the lesion, which covers {100 * area:.0f}% of the image."
