"""Groups of test images compared, in words."""

import pandas as pd

from core.evaluation.slices import FEW, UNKNOWN
from dashboard.text.format import figures
from dashboard.text.phrases import CONFIRMED, listed

SLICE_LABELS = {"sex": "Sex", "age": "Age", "localization": "Body site", "dx_type": "Confirmed by"}
METRIC_LABELS = {
    "accuracy": "Accuracy",
    "melanoma_auc": "Melanoma AUC",
    "melanoma_sensitivity": "Melanoma sensitivity",
    "melanoma_specificity": "Melanoma specificity",
}


def group_name(group: str) -> str:
    """Spell a group out: "histo" becomes "histopathology"."""
    return CONFIRMED.get(group, group)


def slices_sentence(rows: pd.DataFrame, metric: str) -> str:
    """Name the lowest and the highest group that has enough lesions, and the undefined ones.

    Args:
        rows: One slice and metric of `core.evaluation.slices.slices`: group, images, lesions, value, low, high.
        metric: A key of METRIC_LABELS.
    """
    label = METRIC_LABELS[metric]
    defined = rows.dropna(subset=["value"])
    enough = defined[(defined["lesions"] >= FEW) & (defined["group"] != UNKNOWN)].sort_values("value")
    if len(enough) < 2:
        text = f"{label} can't be compared: fewer than two groups have at least {FEW} lesions."
    else:
        low, high = enough.iloc[0], enough.iloc[-1]
        values = figures(enough.rename(columns={"low": "value_low", "high": "value_high"}), "value")
        overlap = "overlap" if low["high"] >= high["low"] else "don't overlap"
        text = (
            f"**{label} is lowest for {group_name(low['group'])}, {values[0]}, and highest for "
            f"{group_name(high['group'])}, {values[-1]}**; the intervals {overlap}."
        )
    undefined = [group_name(group) for group in rows.loc[rows["value"].isna(), "group"]]
    return f"{text} Undefined for {listed(undefined)}." if undefined else text


def few_sentence(rows: pd.DataFrame, metric: str) -> str | None:
    """Warn of groups with few lesions; None if there are none.

    Args:
        rows: As for `slices_sentence`.
        metric: A key of METRIC_LABELS.
    """
    few = rows[(rows["lesions"] < FEW) & rows["value"].notna()]
    if few.empty:
        return None
    of = "melanoma lesions" if metric in ("melanoma_sensitivity", "melanoma_auc") else "lesions"
    names = [f"{group_name(str(row.group))} ({row.lesions})" for row in few.itertuples()]
    return f"Fewer than {FEW} {of}, so read the hollow marks with caution: {listed(names)}."
