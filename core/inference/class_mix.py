"""What a prediction is for another mix of classes: as common as in HAM10000, or all equally common."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from core.errors import UserError
from core.evaluation.calibration import correct_prior
from core.inference.pipeline import Prediction
from core.labels import DX

ClassMix = Literal["ham10000", "equal"]


def as_class_mix(name: str) -> ClassMix:
    """Check the name of a class mix.

    Raises:
        UserError: There is no such mix.

    Example:
        >>> as_class_mix("equal")
        'equal'
    """
    each: ClassMix
    for each in get_args(ClassMix):
        if each == name:
            return each
    raise UserError(f"There is no class mix {name!r}; choose from {', '.join(get_args(ClassMix))}.")


def assume(prediction: Prediction, mix: ClassMix) -> Prediction:
    """Convert a prediction's probabilities to a mix of classes.

    What depends on the image alone stays: raw probabilities, heatmaps, the image check, and the conformal set, whose
    thresholds are for each class separately; it gains the class that is now the most probable.

    Args:
        prediction: For the class shares in training.
        mix: "ham10000" leaves it as it is; "equal" assumes that all seven classes are equally common, so that the most
            probable class is that of the balanced operating point.

    Example:
        >>> from core.inference.pipeline import Pipeline
        >>> from core.synthetic.lesions import sample_lesion
        >>> prediction = Pipeline.load("baseline_cnn").predict(sample_lesion("mel", 0).image)
        >>> nevus = int(prediction.prior.argmax())  # two thirds of the training images
        >>> bool(assume(prediction, "equal").probabilities[nevus] < prediction.probabilities[nevus])
        True
    """
    if mix == "ham10000":
        return prediction
    equal = np.where(prediction.prior > 0, 1 / np.count_nonzero(prediction.prior), 0.0)
    probabilities = correct_prior(prediction.probabilities[None], prediction.prior, equal)[0]
    per_flip = correct_prior(prediction.per_flip, prediction.prior, equal)
    kept = prediction.conformal_set and {*prediction.conformal_set, DX[int(probabilities.argmax())]}
    by_probability = sorted(kept, key=lambda dx: -probabilities[DX.index(dx)])
    return replace(
        prediction, probabilities=probabilities, per_flip=per_flip, prior=equal, conformal_set=tuple(by_probability)
    )
