"""Sentences about a model's prediction for one image, and about its record on the test set."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.inference.class_mix import ClassMix
from core.inference.heatmaps import HeatmapMethod
from core.labels import DX, NAMES
from core.stats import DRAWS
from dashboard.text.format import count, percent
from dashboard.text.phrases import PLURALS

__all__ = ["INTERVAL", "percent"]
INTERVAL = "95% interval"
MIX_LABELS: dict[ClassMix, str] = {"ham10000": "As in HAM10000", "equal": "All equally common"}
MIX_PHRASES: dict[ClassMix, str] = {
    "ham10000": "For images like those in HAM10000", "equal": "If all seven diagnoses were equally common",
}  # fmt: skip
"""How a sentence about a prediction begins."""


def inline(dx: str) -> str:
    """Write a diagnosis inside a sentence.

    Example:
        >>> inline("akiec")
        "actinic keratosis / Bowen's disease"
    """
    return NAMES[dx][0].lower() + NAMES[dx][1:]


def likely(probability: float) -> str:
    """Write a probability; below one in a thousand the digits mean nothing.

    Example:
        >>> likely(0.25), likely(0.0004)
        ('25%', 'under 0.1%')
    """
    return percent(probability) if probability >= 0.001 else "under 0.1%"


def known_sentence(known: str, truth: str, predicted: str) -> str:
    """State an image's true diagnosis, and whether the prediction agrees.

    Example:
        >>> known_sentence("It was drawn as", "mel", "nv")
        "It was drawn as **Melanoma**. The model's prediction is wrong."
    """
    return f"{known} **{NAMES[truth]}**. The model's prediction is {'right' if truth == predicted else 'wrong'}."


def prediction_sentence(rows: pd.DataFrame, mix: ClassMix = "ham10000") -> str:
    """State the two most probable diagnoses.

    Args:
        rows: Columns dx and probability.
        mix: Class mix that the probabilities assume.
    """
    first, second = rows.sort_values("probability", ascending=False).head(2).to_dict("records")
    return (
        f"{MIX_PHRASES[mix]}, the model gives **{inline(first['dx'])}** "
        f"{likely(first['probability'])} and {inline(second['dx'])} {likely(second['probability'])}. "
        "This is not a diagnosis."
    )


def mix_sentence(mix: ClassMix, prior: NDArray[np.float64], top: str, other: str) -> str:
    """State which class shares the probabilities assume, and what changes with the other class mix.

    Args:
        mix: Class mix that the probabilities assume.
        prior: (7,) class shares of the training images.
        top: The label with the highest probability.
        other: The label with the highest probability under the other class mix.
    """
    common = int(prior.argmax())
    change = "stay the most probable" if other == top else "become the most probable"
    shares = f"where {percent(prior[common])} of the training images show {PLURALS[DX[common]]}"
    if mix == "equal":
        return (
            "The probabilities assume that all seven diagnoses are equally common. If they were as common as in "
            f"HAM10000, {shares}, {inline(other)} would {change}."
        )
    return (
        f"The probabilities assume that diagnoses are as common as in HAM10000, {shares}. If all seven were equally "
        f"common, {inline(other)} would {change}."
    )


def record_sentence(row: pd.Series, model: str) -> str:
    """State how good a model is at one diagnosis on the test set.

    Args:
        row: Of `core.evaluation.bootstrap.report`: dx, images, lesions, recall and precision with _low and _high.
        model: Its name.
    """
    images, dx = int(row["images"]), str(row["dx"])
    if not images:
        return f"The test set contains no {PLURALS[dx]}."
    found = (
        f"{model} found **{round(row['recall'] * images):,} of the {count(images, PLURALS[dx])}** in the test set "
        f"({_with_interval(row, 'recall')})"
    )
    if math.isnan(row["precision"]):
        return f"{found}. It never predicted {inline(dx)} for a test image."
    return f"{found}. When it predicted {inline(dx)}, it was right {_right(row)}."


def source_line(report: pd.DataFrame, mix: ClassMix = "ham10000") -> str:
    """Name the source of such figures: data, split, size, decision rule, kind of interval.

    Args:
        report: As `core.evaluation.bootstrap.report` returns it.
        mix: Class mix of the probabilities that decide.
    """
    rule = "the most probable class" if mix == "ham10000" else "the most probable class if all are equally common"
    size = f"{count(report['images'].sum())} of {count(report['lesions'].sum(), 'lesions')}"
    return (
        f"HAM10000, test set, split by lesion, {size}; the model predicts {rule}; "
        f"{INTERVAL}s from {DRAWS:,} resamples of lesions"
    )


METHOD_HELP = (
    "Both are heatmaps of the parts of an image that raised the score of a class. Grad-CAM, which most papers use, is "
    "computed at the network's last convolution; LayerCAM one stage earlier, on a grid twice as fine. The Scores tab "
    "of the Grad-CAM gallery compares both on lesion masks."
)
ONLY_GRAD_CAM = "LayerCAM isn't available here: the last layers are too large, or of a kind that it can't pass."
"""Why a model shows Grad-CAM although LayerCAM was chosen."""


def heatmap_sentence(dx: str, empty: bool, rows: int, columns: int, method: HeatmapMethod = "Grad-CAM") -> str:
    """Explain a heatmap.

    Args:
        dx: The class it is for.
        empty: Whether nothing supports the class.
        rows: Of the heatmap.
        columns: Of the heatmap.
        method: By which it was computed.
    """
    if empty and rows * columns == 1:
        return "**This model has no heatmaps**: what its file holds can't be explained with Grad-CAM."
    if empty:
        return f"**Nothing in this image raised the score for {inline(dx)}**, so there is no heatmap."
    return (
        f"Bright areas raised the score for **{inline(dx)}** ({method}, {rows} x {columns} grid). They don't show "
        "whether the prediction is right, or where the lesion ends."
    )


def _with_interval(row: pd.Series, name: str) -> str:
    value, low, high = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(low):
        return percent(value)
    return f"{percent(value)}, {INTERVAL} {percent(low).removesuffix('%')} to {percent(high)}"


def _right(row: pd.Series) -> str:
    share, _, interval = _with_interval(row, "precision").partition(", ")
    return f"{share} of the time" + (f" ({interval})" if interval else "")
