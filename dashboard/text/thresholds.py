"""One yes-or-no question with a threshold, in words."""

import math

import pandas as pd

from core.labels import NAMES
from core.stats import Estimate
from dashboard.text.format import count, percent, threshold
from dashboard.text.phrases import listed

QUESTIONS = {"melanoma": "Melanoma", "malignant": "Cancer or precancer"}
YES = {"melanoma": ("melanoma", "not melanoma"), "malignant": ("cancer or precancer", "benign")}
BEST = {
    "validation": ("best on validation", "The best threshold on validation is"),
    "expected": ("best if calibrated", "If the probabilities are calibrated, the best threshold is"),
}
"""Where the suggested threshold comes from: on the chart, and in a sentence."""
FIGURES = {
    "sensitivity": ("Sensitivity", "share of real cases found"),
    "specificity": ("Specificity", "share of the others not flagged"),
    "ppv": ("PPV", "share of alarms that are right"),
    "npv": ("NPV", "share of unflagged images that are right"),
}


def target_sentence(target: str, members: tuple[str, ...]) -> str:
    """Say which diagnoses count as yes."""
    yes, no = YES[target]
    rest = [NAMES[dx] for dx in NAMES if dx not in members]
    return f"{yes.capitalize()}: {listed([NAMES[dx] for dx in members])}; {no}: {listed(rest)}."


def cost_sentence(
    table: pd.DataFrame, chosen: pd.Series, least: pd.Series, optimum: float, miss: float, kind: str = "validation"
) -> str:
    """Say what the mistakes cost at the chosen threshold, and what others would cost.

    Args:
        table: As `core.evaluation.thresholds.costs` returns it, of the test split.
        chosen: Its row at the threshold in use.
        least: Its row with the lowest cost.
        optimum: The suggested threshold.
        miss: Cost of a miss in false alarms.
        kind: A key of BEST.
    """
    text = (
        f"**At a threshold of {threshold(chosen['threshold'])}, the mistakes in 100 images cost as much as "
        f"{chosen['cost']:.0f} false alarms** [{chosen['cost_low']:.0f}, {chosen['cost_high']:.0f}] if one miss costs "
        f"as much as {miss:g} false alarms. Flagging every image would cost {table['cost'].iloc[0]:.0f}, flagging none "
        f"{table['cost'].iloc[-1]:.0f}. "
    )
    if abs(chosen["threshold"] - optimum) > 1e-6:
        text += f"{BEST[kind][1]} {threshold(optimum)} (dashed). "
    cheapest = f"{threshold(least['threshold'])}: {least['cost']:.0f}"
    return f"{text}With hindsight, the cheapest threshold on the test set is {cheapest} (ring)."


def figures_sentence(values: dict[str, Estimate], target: str, at: float, prevalence: float) -> str:
    """Say how many cases are found, and how many alarms are right.

    Args:
        values: As `core.evaluation.thresholds.at_threshold` returns it.
        target: A key of QUESTIONS.
        at: The threshold.
        prevalence: Share of cases that PPV and NPV assume.
    """
    found, ppv, yes = values["sensitivity"], values["ppv"], YES[target][0]
    if math.isnan(found.value):
        return f"The test set contains no {yes} image, so these figures are undefined."
    hits = round(100 * found.value)
    text = f"**Of 100 {yes} images, the model finds {hits} and misses {100 - hits}** at a threshold of {threshold(at)}."
    if math.isnan(ppv.value):
        return f"{text} It flags no image."
    return f"{text} If {threshold(prevalence)} of all images are {yes}, {100 * ppv.value:.0f} of 100 alarms are right."


def matrix_sentence(counts: pd.DataFrame) -> str:
    """Count misses and false alarms.

    Args:
        counts: 2 x 2 images: truth in rows, prediction in columns, yes first.
    """
    cells, totals = counts.to_numpy(), counts.sum(axis=1)
    missed, alarms = int(cells[0, 1]), int(cells[1, 0])
    return (
        f"**{missed:,} of {totals.iloc[0]:,} missed** ({percent(missed, totals.iloc[0])}), "
        f"**{count(alarms, 'false alarms')}** among {totals.iloc[1]:,} others ({percent(alarms, totals.iloc[1])})."
    )
