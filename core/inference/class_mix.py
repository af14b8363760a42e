"""What a prediction is for another mix of classes: as common as in HAM10000, or all equally common."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.inference.pipeline import Prediction

ClassMix = Literal["ham10000", "equal"]
Array = NDArray[np.float64]


def as_class_mix(name: str) -> ClassMix:
    """Check the name of a class mix.

    Raises:
        UserError: There is no such mix.
    """
    each: ClassMix
    for each in get_args(ClassMix):
        if each == name:
            return each
    raise UserError(f"There is no class mix {name!r}; choose from {', '.join(get_args(ClassMix))}.")


def reweighted(probabilities: Array, before: Array, after: Array) -> Array:
    """Convert probabilities from one mix of classes to another (Saerens, Latinne, Decaestecker 2002, equation 2.4).

    Args:
        probabilities: (..., 7).
        before: (7,) class shares that they assume.
        after: (7,) class shares that they shall assume.

    Returns:
        Same shape, each row proportional to p x after / before. A class that `before` lacks stays at 0.

    Example:
        >>> reweighted(np.array([0.6, 0.4]), np.array([0.9, 0.1]), np.array([0.5, 0.5])).round(3).tolist()
        [0.143, 0.857]
    """
    weighted = probabilities * np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    return np.asarray(weighted / weighted.sum(axis=-1, keepdims=True))


def assume(prediction: Prediction, mix: ClassMix) -> Prediction:
    """Convert a prediction's probabilities to a mix of classes.

    What depends on the image alone stays: raw probabilities, heatmaps, the image check, and the conformal set, whose
    thresholds are for each class separately.

    Args:
        prediction: For the class shares in training.
        mix: "ham10000" leaves it as it is; "equal" assumes that all seven classes are equally common, so that the most
            probable class is that of the balanced operating point.
    """
    if mix == "ham10000":
        return prediction
    equal = np.where(prediction.prior > 0, 1 / np.count_nonzero(prediction.prior), 0.0)
    convert = (reweighted(each, prediction.prior, equal) for each in (prediction.probabilities, prediction.per_flip))
    probabilities, per_flip = convert
    return replace(prediction, probabilities=probabilities, per_flip=per_flip, prior=equal)
