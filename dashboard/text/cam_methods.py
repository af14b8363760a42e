"""Ways to explain a prediction compared: the table and its sentence."""

import math
from collections.abc import Mapping

import pandas as pd

from core.explain.localization import SCORES
from core.explain.methods import GRADCAM, SERVED
from core.explain.study.aims import AimResult, check_aims
from core.explain.study.summary import ALL
from core.inference.heatmaps import HeatmapMethod
from dashboard.text.format import all_points, count, percent, points, shares
from dashboard.text.models import model_label
from dashboard.text.phrases import listed

TITLES = {"energy": "Heat inside", "pointing": "Hottest point inside", "iou": "Overlap"}
PLACES = {"LayerCAM": "LayerCAM before the last halving of the grid", "Grad-CAM": "Grad-CAM at the last convolution"}
"""How a heatmap is computed, inside a sentence."""
BASELINES = {"gain": "Minus another image's", "excess": "Minus the central spot"}
"""Columns of the heat inside the lesion, less that of a baseline."""
FURTHER = {"insertion": "Insertion", "deletion": "Deletion", "randomized": "Weights shuffled", "accuracy": "Accuracy"}


def served_table(summaries: Mapping[HeatmapMethod, pd.DataFrame], model: str, target: str) -> pd.DataFrame:
    """Compare the ways in which the app explains a model's predictions, as it compares models.

    Args:
        summaries: As `core.explain.study.summary.summarize` returns them, by method.
        model: Its name.
        target: "predicted" or "true".

    Returns:
        One row per method that was scored; every cell as it is shown.
    """
    rows = []
    for method, table in summaries.items():
        results = check_aims(table, model, target)
        if not results:
            continue
        keys = {"model": model, "target": target, "dx": ALL, "outcome": ALL}
        by_score = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)].set_index("score")
        row = {"Method": str(method)}
        row |= {title: shares(by_score.loc[[score]], "heatmap")[0] for score, title in TITLES.items()}
        row |= {title: all_points(by_score.loc[["energy"]], name)[0] for name, title in BASELINES.items()}
        rows.append(row | {"Aims reached": f"{sum(each.reached for each in results)} of {len(results)}"})
    return pd.DataFrame(rows)


def aims_sentence(table: pd.DataFrame, model: str, method: HeatmapMethod, target: str) -> str:
    """Say which aims a model's heatmaps reach on the test images, and which not, with the figures.

    Args:
        table: As `core.explain.study.summary.summarize` returns it for the method.
        model: Its name.
        method: Which heatmaps.
        target: "predicted" or "true".
    """
    results = check_aims(table, model, target)
    if not results:
        return f"{method} of {model_label(model)} isn't scored yet."
    reached, missed = ([_aim(each) for each in results if each.reached is which] for which in (True, False))
    text = f"{method} of {model_label(model)} reaches **{len(reached)} of {len(results)} aims**"
    text += f": {listed(reached)}." if reached else "."
    return f"{text} Not reached: {listed(missed)}." if missed else text


def _aim(result: AimResult) -> str:
    value = points(result.value, math.nan, math.nan) if result.aim.difference else percent(result.value)
    return f"{result.aim.text} ({'undefined' if math.isnan(result.value) else value})"


def methods_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the validation scores out, one row per method, every cell as it is shown.

    Args:
        table: As `core.explain.study.methods.read_methods` returns it.
    """
    here = table[table["split"] == "validation"]
    rows = []
    for name in here["method"].unique():
        by = here[here["method"] == name].set_index("measure").to_dict("index")
        grid = by["energy"]
        row = {"Method": name, "Grid": f"{int(grid['rows'])} x {int(grid['columns'])}"}
        for score, title in TITLES.items():
            one = by[score]
            row[title] = percent(one["value"])
            row[f"{title}, minus another image's"] = points(one["gain"], one["gain_low"], one["gain_high"])
        row |= {title: _plain(by[measure]["value"]) for measure, title in FURTHER.items()}
        time = by["relative time"]["value"]
        rows.append(row | {"Time": "not measured" if pd.isna(time) else f"{time:.1f} x"})
    return pd.DataFrame(rows)


def methods_sentence(table: pd.DataFrame) -> str:
    """Say which method was chosen on validation images, and what it scores on test images beside Grad-CAM.

    Args:
        table: As `core.explain.study.methods.read_methods` returns it.
    """
    test = table[(table["split"] == "test") & table["measure"].isin(SCORES)]
    names = [str(name) for name in test["method"].unique() if name != GRADCAM.name]
    if not names:
        return f"On validation images, no method has a higher mean of the three scores than {GRADCAM.name}."
    best, plain = (
        test[test["method"] == name].set_index("measure").to_dict("index") for name in (names[0], GRADCAM.name)
    )
    energy = best["energy"]
    clear = {1: "clearly more than", -1: "clearly less than", 0: "not clearly different from"}[
        int(energy["gain_low"] > 0) - int(energy["gain_high"] < 0)
    ]
    spot = "more" if energy["value"] > energy["center"] else "less"
    inside = f"{percent(energy['value'])} of its heat inside the lesion"
    return (
        f"On validation images, **{names[0]}** has the highest mean of the three scores. On "
        f"{count(energy['images'], 'test images')} it has {inside}, {clear} "
        f"another image's heatmap ({percent(energy['other'])}) and {spot} than a fixed central spot "
        f"({percent(energy['center'])}); its hottest point is inside in {percent(best['pointing']['value'])}, and it "
        f"overlaps by {percent(best['iou']['value'])}. {GRADCAM.name} has {percent(plain['energy']['value'])}, "
        f"{percent(plain['pointing']['value'])} and {percent(plain['iou']['value'])}.{_times(table, names[0])}"
    )


def _times(table: pd.DataFrame, best: str) -> str:
    """Compare the time of the best method with that of the one that the app shows; empty if one isn't known."""
    rows = table[(table["measure"] == "relative time") & (table["split"] == "validation")]
    times = rows.set_index("method")["value"]
    best_time, shown = (float(times.get(name, math.nan)) for name in (best, SERVED.name))
    if best == SERVED.name or math.isnan(best_time) or math.isnan(shown):
        return ""
    return (
        f" It takes {best_time:.1f} times as long as {GRADCAM.name}; {SERVED.name}, which the app shows, takes "
        f"{shown:.1f} times as long."
    )


def methods_source(table: pd.DataFrame) -> str:
    """Name the images behind the table, and which method the app shows.

    Args:
        table: As `core.explain.study.methods.read_methods` returns it.
    """
    images = table[table["split"] == "validation"].groupby("measure")["images"].max()
    return (
        f"HAM10000, split by lesion. Table: validation split, n = {count(images['energy'])}, one per lesion, drawn at "
        f"random (insertion and deletion: {images['insertion']}; weights shuffled: {images['randomized']}); sentence: "
        f"test split; 95% intervals from resamples of lesions. The app shows {SERVED.name} where a model "
        f"offers it, and {GRADCAM.name}."
    )


def _plain(value: float) -> str:
    return "undefined" if pd.isna(value) else f"{value:.2f}"
