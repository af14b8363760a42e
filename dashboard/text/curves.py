"""ROC curves, precision-recall curves and the reliability diagram in words."""

import math

import pandas as pd

from core.stats import Estimate, clear_after_holm
from dashboard.text.format import count, estimate, figure
from dashboard.text.phrases import PLURALS, listed


def _area(areas: pd.DataFrame, dx: str, name: str) -> str:
    row = areas.set_index("dx").loc[[dx]].iloc[0]
    return figure(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _no_curve(dx: str) -> str:
    return f"There are no {PLURALS[dx]} in the test set, so there is no curve."


def roc_sentence(areas: pd.DataFrame, dx: str) -> str:
    """Give the area under one diagnosis's ROC curve beside those of the others.

    Args:
        areas: As `core.evaluation.curves.areas` returns it.
        dx: The diagnosis.
    """
    defined = areas.dropna(subset=["auc"]).sort_values("auc")
    if dx not in set(defined["dx"]):
        return _no_curve(dx)
    text = f"**AUC {_area(areas, dx, 'auc')} for {PLURALS[dx]}**; guessing gives 0.5 (dashed)."
    others = defined[defined["dx"] != dx]
    if others.empty:
        return text
    low, high = (f"{row['auc']:.3f} ({PLURALS[row['dx']]})" for _, row in others.iloc[[0, -1]].iterrows())
    return f"{text} The other diagnoses range from {low} to {high}."


def precision_recall_sentence(areas: pd.DataFrame, dx: str) -> str:
    """Give one diagnosis's average precision beside what guessing gives.

    Args:
        areas: As `core.evaluation.curves.areas` returns it.
        dx: The diagnosis.
    """
    row = areas.set_index("dx").loc[[dx]].iloc[0]
    if math.isnan(row["ap"]):
        return _no_curve(dx)
    return (
        f"**Average precision {_area(areas, dx, 'ap')} for {PLURALS[dx]}**, {row['ap'] / row['base_rate']:.0f} times "
        f"what guessing gives: {row['base_rate']:.3f}, their share of the test images (dashed)."
    )


def reliability_sentence(shown: pd.DataFrame, error: Estimate) -> str:
    """Say how far confidence and accuracy lie apart, and in which bins beyond chance.

    Args:
        shown: The bins of `core.evaluation.reliability.reliability` that hold images.
        error: Calibration error with its interval.
    """
    gap = shown["right"] - shown["confidence"]
    over = float(-(gap * shown["images"]).sum() / shown["images"].sum())
    lean = f"{'overconfident' if over > 0 else 'underconfident'} by {abs(100 * over):.1f} percentage points on average"
    lean = lean if abs(over) >= 0.0005 else "neither over- nor underconfident on average"
    ends = (shown[f"right_{end}"] - shown["confidence"] for end in ("low", "high"))
    apart = shown[clear_after_holm(gap, *ends) != 0]
    text = f"**Calibration error {estimate(error)}**: the model is {lean} (overconfident below the dashed line)."
    if apart.empty:
        return f"{text} No bin is off by more than chance explains."
    ranges = [f"{row.start:.2f} to {row.end:.2f}" for row in apart.itertuples()]
    return f"{text} The gap is more than chance explains in {count(len(apart), 'bins')}: {listed(ranges)}."
