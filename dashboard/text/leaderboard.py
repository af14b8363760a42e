"""How good the models are, in words: the leaderboard, the report by diagnosis, other people's figures, speed."""

import math

import pandas as pd

from core.evaluation.leaderboard import MAJORITY, OTHER
from core.evaluation.metrics import METRICS, Metric
from core.stats import DRAWS, Estimate
from core.store.model_selection import SELECTED_BY
from dashboard.text.format import count, figure, figures, first_row, ordinal
from dashboard.text.models import model_label
from dashboard.text.phrases import PLURALS, inside_label

MEASURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}
INTERVALS = f"95% intervals from {DRAWS:,} resamples of lesions"


def sizes(rows: pd.DataFrame) -> str:
    """Say how many images and lesions the figures are of: "n = 2,004 images of 1,491 lesions".

    Args:
        rows: Columns images and lesions; different sizes are joined by "or".
    """
    pairs = rows[["images", "lesions"]].drop_duplicates().to_numpy()
    return " or ".join(f"n = {count(int(images))} of {count(int(lesions), 'lesions')}" for images, lesions in pairs)


def test_set(rows: pd.DataFrame) -> str:
    """Name the test set under a figure: data, split, and how many images and lesions."""
    return f"HAM10000, test split, by lesion, {sizes(rows)}"


def forest_sentence(rows: pd.DataFrame, metric: Metric, lead: Estimate | None) -> str:
    """Name the model that validation chooses, what the majority class scores, and how far the second is behind.

    Args:
        rows: As `core.evaluation.leaderboard.with_floor` returns them.
        metric: Which figure.
        lead: How far the first is ahead of the second on the same test lesions; None without a second.
    """
    best_first = rows[rows["name"] != MAJORITY].dropna(subset=metric.name)
    if best_first.empty:
        return f"{metric.label} is undefined for these models because the test images lack a diagnosis."
    best, floor = figures(best_first, metric.name)[0], figures(rows[rows["name"] == MAJORITY], metric.name)[0]
    name, label = model_label(best_first["name"].iloc[0]), inside_label(metric.label)
    ours = not math.isnan(best_first["validation_score"].iloc[0])
    chosen = f"validation splits, {inside_label(METRICS[SELECTED_BY].label)}"
    rule = f" is the best of these on the images set aside for choosing a model ({chosen}). On"
    rule = rule if ours and len(best_first) > 1 else ": on"
    text = (
        f"**{name}**{rule} the test split its {label} is **{best}**{_place(best_first, metric)}; always predicting the "
        f"most common class gives {floor}."
    )
    return text if lead is None else f"{text} {_behind(best_first['name'].iloc[1], metric, lead)}"


def _place(models: pd.DataFrame, metric: Metric) -> str:
    """Say which place the first model has on the test split, and which model has the first place there."""
    known = models.dropna(subset=metric.name).sort_values(
        metric.name, ascending=not metric.higher_is_better, kind="stable"
    )
    values = known[metric.name]
    mine = models[metric.name].iloc[0]
    place = 1 + int(((values > mine) if metric.higher_is_better else (values < mine)).sum())
    if len(known) < 2:
        return ""
    if place == 1:
        return f", the best of {len(known)}"
    best = f"{model_label(known['name'].iloc[0])}, {figures(known, metric.name)[0]}"
    return f", {ordinal(place)} of {len(known)} (best on test: {best})"


def elsewhere_sentence(models: pd.DataFrame, metric: Metric) -> str:
    """Name the model that does best on other clinics' images.

    Args:
        models: Rows of the leaderboard with the columns of `core.evaluation.leaderboard.OTHER`, without the majority
            class.
        metric: Which figure.
    """
    name = f"{OTHER}{metric.name}"
    ranked = models.dropna(subset=name).sort_values(name, ascending=not metric.higher_is_better)
    best = model_label(ranked.iloc[0]["name"])
    return f"On images from other clinics, **{best} is best with {figures(ranked, name)[0]}**."


def test_sets(rows: pd.DataFrame) -> str:
    """Name the test set, and the one from other clinics if a model is scored on it."""
    known = rows.dropna(subset=f"{OTHER}images")
    if known.empty:
        return test_set(rows)
    found = known[[f"{OTHER}images", f"{OTHER}lesions"]].astype(int).set_axis(["images", "lesions"], axis=1)
    return f"{test_set(rows)}; other clinics: MILK10k, test split, by lesion, {sizes(found)}"


def _behind(second: str, metric: Metric, lead: Estimate) -> str:
    second = model_label(second)
    ahead = "behind" if (lead.value > 0) == metric.higher_is_better else "ahead"
    if math.isnan(lead.low):
        return f"The runner-up, {second}, is {abs(lead.value):.3f} {ahead}."
    low, high = (lead.low, lead.high) if lead.value > 0 else (-lead.high, -lead.low)
    clear = "" if low > 0 or high < 0 else ", which is no clear difference"
    return f"The runner-up, {second}, is {figure(abs(lead.value), low, high)} {ahead} on the same lesions{clear}."


def report_sentence(report: pd.DataFrame, measure: str) -> str:
    """Name the best and the worst diagnosis, and the one with the widest interval.

    Args:
        report: As `core.evaluation.bootstrap.report` returns it.
        measure: A key of MEASURES.
    """
    label = MEASURES[measure]
    defined = report.dropna(subset=[measure]).sort_values(measure, ascending=False, kind="stable")
    if defined.empty:
        return f"{label} is undefined for every diagnosis."
    values, best, worst = figures(defined, measure), defined.iloc[0], defined.iloc[-1]
    widths = (defined[f"{measure}_high"] - defined[f"{measure}_low"]).fillna(0)
    few = first_row(defined, widths == widths.max())
    return (
        f"**{label} is highest for {PLURALS[best['dx']]}, {values[0]}, and lowest for {PLURALS[worst['dx']]}, "
        f"{values[-1]}**. The interval is widest for {PLURALS[few['dx']]} ({count(few['images'])} of "
        f"{count(few['lesions'], 'lesions')})."
    )


def reported_sentence(table: pd.DataFrame) -> str:
    """Give the best reported accuracy with a leaky split, and with lesions kept apart.

    Args:
        table: As `core.evaluation.reported.reported` returns it.
    """
    best = table.dropna(subset=["accuracy"]).sort_values("accuracy", ascending=False).groupby("lesions_apart").first()
    leaking, apart = best.loc["no"], best.loc["yes"]
    return (
        f"The highest accuracy reported with a leaky split is **{leaking['accuracy']:.3f}** ({leaking['name']}). "
        f"With lesions kept apart it is **{apart['accuracy']:.3f}** ({apart['name']}, {apart['source']})."
    )


def latency_sentence(latencies: pd.DataFrame) -> str | None:
    """Name the fastest and the slowest model on this machine; None if none was measured.

    Args:
        latencies: Columns name and latency (milliseconds per image, NaN if not measured).
    """
    if latencies["latency"].isna().all():
        return None
    known = latencies.dropna(subset=["latency"]).sort_values("latency")
    times = [f"{ms:,.1f} ms ({name})" for name, ms in known[["name", "latency"]].itertuples(index=False)]
    return f"On this machine one image takes **{' to '.join([times[0], *times[1:][-1:]])}**."


def not_trained_sentence(table: pd.DataFrame) -> str:
    """Say how many models have no weights here, and the best figure reported for them.

    Args:
        table: As `core.evaluation.reported.not_reproduced` returns it, not empty.
    """
    text = f"**{count(len(table), 'models')} {'has' if len(table) == 1 else 'have'} no trained weights here**."
    known = table.dropna(subset=["accuracy"]).sort_values("accuracy", ascending=False)
    if len(known):
        text += f" The highest accuracy reported for them is {known['accuracy'].iloc[0]:.3f} ({known['name'].iloc[0]})."
    if table["command"].str.contains("DIR").any():
        text += " DIR is a folder with Keras' ImageNet weight files."
    return text
