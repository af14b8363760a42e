"""What predictions and heatmaps rest on, in words: pixels in and out, randomized weights, covered lesions."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import pandas as pd

from core.explain.faithfulness import COVERS
from core.explain.study.check_rows import RANDOMISATION
from core.explain.study.checks import WHOLE
from core.explain.study.passed import ALIKE, CheckResult, check_results
from core.inference.heatmaps import HeatmapMethod
from core.labels import DX
from dashboard.text.format import change, count, figure, percent
from dashboard.text.phrases import listed

ORDERS = {
    "heatmap": "heatmap order",
    "other": "another image's heatmap order",
    "center": "centre-out order",
    "random": "random order",
}
Name = TypeVar("Name", bound=str)
CHANCE = 1 / len(DX)
CURVE_TITLES = {"insertion": "Insertion, minus another image's", "deletion": "Deletion, minus another image's"}


def curve_sentence(rows: pd.DataFrame, check: str) -> str:
    """Compare the area under the heatmap's curve with those of three orders that need none of this image.

    Args:
        rows: One check of `core.explain.study.checks.read_checks`.
        check: "insertion" or "deletion".
    """
    areas = rows[rows["measure"] == "auc"].set_index("series")
    better = 1 if check == "insertion" else -1
    parts = []
    for order in ("other", "center", "random"):
        if f"heatmap minus {order}" not in areas.index:
            continue  # a table from before the order was added
        row = areas.loc[[f"heatmap minus {order}"]].iloc[0]
        clear = better * (int(row["low"] > 0) - int(row["high"] < 0))
        which = {1: "clearly better than", -1: "clearly worse than", 0: "not clearly different from"}[clear]
        parts.append(f"{which} {ORDERS[order]} ({change(row['value'], row['low'], row['high'])})")
    area = figure(*areas.loc["heatmap", ["value", "low", "high"]])
    way = "higher" if check == "insertion" else "lower"
    return f"Area under the curve in heatmap order: {area} ({way} is better), {listed(parts)}."


def randomized_sentence(
    steps: pd.DataFrame, other: pd.Series, empty: pd.Series | None = None, method: HeatmapMethod = "Grad-CAM"
) -> str:
    """Say whether heatmaps change when the weights are randomized, as they should.

    Args:
        steps: Rank correlation after each step, from the output layer down.
        other: The row for heatmaps of two different images.
        empty: The row for the share of empty heatmaps with all layers randomized, if it was measured.
        method: Whose heatmaps.
    """
    first, last = steps.iloc[0], steps.iloc[-1]
    start, end, level = (figure(*row[["value", "low", "high"]]) for row in (first, last, other))
    if math.isnan(last["value"]):
        result = "With all layers randomized the heatmaps show nothing, so there is nothing to compare."
    elif other["value"] >= ALIKE:
        result = "The heatmaps are the same for every image, so they show nothing of the image."
    elif last["low"] > other["high"]:
        result = "More similar than that: part of what the heatmaps show does not come from what the model learned."
    elif last["high"] < other["low"] or last["value"] <= other["value"]:
        result = "No more similar than that: the heatmaps depend on what the model learned."
    else:
        result = "That is no clear difference."
    text = (
        f"Similarity to the trained model's heatmaps (rank correlation): {start} with **{first['series']}** "
        f"randomized, {end} with all layers randomized. Heatmaps of two different images: {level}. {result}"
    )
    undefined = int(steps["undefined"].sum())
    if undefined:
        text += (
            f" {count(undefined, 'correlations')} with a constant heatmap {'is' if undefined == 1 else 'are'} undefined"
        )
        text += " and left out."
    if empty is not None and empty["value"] > 0:
        share = f"is empty for {percent(empty['value'])} of the images with all layers randomized."
        signed = "Correlations are of signed heatmaps: Grad-CAM itself, which drops what speaks against a class,"
        text += f" {signed if method == 'Grad-CAM' else method} {share}"
    return text


def checks_table(tables: Mapping[Name, pd.DataFrame], head: str) -> pd.DataFrame:
    """Lay out what insertion, deletion and shuffled weights show, one row per table, every cell as it is shown.

    Args:
        tables: As `core.explain.study.checks.read_checks` returns them, by model or by method.
        head: Title of the first column.
    """
    return pd.DataFrame([{head: name} | _checks_row(check_results(table)) for name, table in tables.items()])


def _checks_row(results: Sequence[CheckResult]) -> dict[str, str]:
    by = {each.check: each for each in results}
    areas = {title: by[check] for check, title in CURVE_TITLES.items()}
    row = {title: change(each.value, each.low, each.high) for title, each in areas.items()}
    last = by.get(RANDOMISATION)
    row["Weights shuffled"] = figure(last.value, last.low, last.high) if last else "no weights"
    row["Another image"] = figure(last.level, math.nan, math.nan) if last else "no weights"
    row["Images"] = ", ".join(f"{each.images:,}" for each in results if each.check != "deletion")
    defined = [each for each in results if not math.isnan(each.value)]
    return row | {"Passed": f"{sum(each.passed for each in defined)} of {len(defined)}"}


def covers_sentence(rows: pd.DataFrame) -> str:
    """Say whether the model uses anything outside the lesion.

    Args:
        rows: The "covered" check with value, value_low and value_high.
    """
    balanced = rows[rows["measure"] == "balanced_accuracy"].set_index("series")
    whole, box = (figure(*balanced.loc[each, ["value", "value_low", "value_high"]]) for each in (WHOLE, COVERS[1]))
    value, low = (float(balanced[name][COVERS[1]]) for name in ("value", "value_low"))
    result = (
        "too few images to tell it from guessing"
        if math.isnan(low) and round(value, 3) != round(CHANCE, 3)  # one prediction for all images is no better
        else "still above guessing, so the model uses the surroundings or the box's size"
        if low > CHANCE
        else "not clearly above guessing, so there is no sign that the model uses the surroundings"
    )
    return (
        f"Balanced accuracy is {whole} on the whole image and {box} with the lesion's bounding box covered: {result} "
        f"(guessing: {CHANCE:.3f})."
    )
