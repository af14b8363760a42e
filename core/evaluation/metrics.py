"""Metrics: true classes and predictions in, a float out. An undefined metric is NaN, never 1.

scikit-learn is imported inside the functions, because its import takes a second that a page drawn from cards can save.
To add a metric, write the function and add a line to METRICS; a faster version for resampling can go in bootstrap.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation.calibration_error import calibration_error
from core.evaluation.proper_scores import Labels, Probabilities, balanced_log_loss, brier
from core.labels import DX
from core.store.predictions import Scores

Point = Literal["accuracy", "balanced"]
POINTS: dict[Point, str] = {"accuracy": "accuracy operating point", "balanced": "balanced operating point"}
MEL = DX.index("mel")


@dataclass(frozen=True)
class Metric:
    """A metric and what a reader needs to know about it.

    Attributes:
        name: Key in cards and tables.
        label: Display name.
        function: (truth, predicted) -> float; `predicted` is one class per image, (n,), if `point` is set, else the
            probabilities, (n, 7). With `by_lesion`: (scores) -> float.
        higher_is_better: False for errors.
        definition: One line.
        point: Operating point that turns probabilities into a class; None if the metric uses the probabilities.
        by_lesion: True if the function also needs to know which images show the same lesion.
        equal_classes: True if the function uses the probabilities for equally common classes, see `equalize`.

    Example:
        >>> METRICS["accuracy"].function(np.array([4, 5]), np.array([4, 4]))
        0.5
    """

    name: str
    label: str
    function: Callable[..., float]
    higher_is_better: bool
    definition: str
    point: Point | None = None
    by_lesion: bool = False
    equal_classes: bool = False

    def __call__(self, scores: Scores) -> float:
        """Compute the metric for one model and split."""
        if self.by_lesion:
            return float(self.function(scores))
        if self.equal_classes:
            return float(self.function(scores.truth, equalize(scores.probabilities, scores.prior)))
        if self.point is None:
            return float(self.function(scores.truth, scores.probabilities))
        return float(self.function(scores.truth, decide(scores.probabilities, scores.prior, self.point)))


def decide(probabilities: Probabilities, prior: NDArray[np.float64], point: Point) -> Labels:
    """Choose one class per image.

    Args:
        probabilities: (n, 7) for the natural class prior.
        prior: (7,) class shares in the training images.
        point: "accuracy" picks the most probable class; "balanced" picks the one with the largest ratio of probability
            to prior, which is optimal if every class matters equally.

    Returns:
        (n,) index into core.labels.DX.

    Example:
        >>> probabilities = np.array([[0.1, 0, 0, 0, 0.3, 0.6, 0]])
        >>> prior = np.array([0.05, 0.05, 0.1, 0.01, 0.1, 0.67, 0.02])
        >>> [DX[decide(probabilities, prior, point)[0]] for point in ("accuracy", "balanced")]
        ['nv', 'mel']
    """
    if point == "accuracy":
        return np.asarray(probabilities.argmax(axis=1))
    return np.asarray(_ratio(probabilities, prior).argmax(axis=1))


def equalize(probabilities: Probabilities, prior: NDArray[np.float64]) -> Probabilities:
    """Convert probabilities for the natural class prior to those for equally common classes.

    Args:
        probabilities: (n, 7) for the natural class prior.
        prior: (7,) class shares in the training images.

    Returns:
        (n, 7), each row proportional to probability / prior.

    Example:
        >>> prior = np.array([0.05, 0.05, 0.1, 0.01, 0.1, 0.67, 0.02])
        >>> equalize(prior[None], prior).round(3).tolist()
        [[0.143, 0.143, 0.143, 0.143, 0.143, 0.143, 0.143]]
    """
    ratio = _ratio(probabilities, prior)
    return np.asarray(ratio / ratio.sum(axis=1, keepdims=True))


def _ratio(probabilities: Probabilities, prior: NDArray[np.float64]) -> Probabilities:
    """Divide probabilities by the class shares; a class without training images has no ratio and is never predicted."""
    return np.divide(probabilities, prior, out=np.zeros_like(probabilities), where=prior > 0)


def confusion(truth: Labels, predicted: Labels) -> NDArray[np.int64]:
    """Count images by true class (row) and predicted class (column), (7, 7).

    Example:
        >>> confusion(np.array([4, 4, 5]), np.array([4, 5, 5]))[4:6, 4:6]
        array([[1, 1],
               [0, 1]])
    """
    return np.bincount(truth * len(DX) + predicted, minlength=len(DX) ** 2).reshape(len(DX), len(DX))


def accuracy(truth: Labels, predicted: Labels) -> float:
    """Compute the share of correctly classified images.

    Example:
        >>> accuracy(np.array([4, 5, 5, 2]), np.array([4, 5, 4, 2]))
        0.75
    """
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(truth, predicted)) if len(truth) else float("nan")


def balanced_accuracy(truth: Labels, predicted: Labels) -> float:
    """Compute the mean recall of the seven classes; undefined if one of them has no image.

    Example:
        >>> truth = np.array([0, 1, 2, 3, 4, 4, 5, 6])
        >>> balanced_accuracy(truth, np.array([0, 1, 2, 3, 4, 5, 5, 6])).__round__(4)
        0.9286
        >>> balanced_accuracy(truth[:3], truth[:3])
        nan
    """
    from sklearn.metrics import recall_score

    return float(recall_score(truth, predicted, average="macro")) if _all_present(truth) else float("nan")


def macro_f1(truth: Labels, predicted: Labels) -> float:
    """Compute the mean F1 of the seven classes; undefined if one of them has no image.

    Example:
        >>> truth = np.array([0, 1, 2, 3, 4, 4, 5, 6])
        >>> round(macro_f1(truth, np.array([0, 1, 2, 3, 4, 5, 5, 6])), 4)
        0.9048
    """
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, average="macro", zero_division=0)) if _all_present(truth) else float("nan")


def macro_auc(truth: Labels, probabilities: Probabilities) -> float:
    """Compute the mean one-against-rest area under the ROC curve; undefined if a class has no image.

    Example:
        >>> macro_auc(np.arange(7), np.eye(7))
        1.0
        >>> macro_auc(np.array([4, 5]), np.eye(7)[4:6])
        nan
    """
    from sklearn.metrics import roc_auc_score

    if not _all_present(truth):
        return float("nan")
    return float(roc_auc_score(truth[:, None] == np.arange(len(DX)), probabilities, average="macro"))


def melanoma_sensitivity(truth: Labels, predicted: Labels) -> float:
    """Compute the share of melanoma images predicted as melanoma; undefined without melanoma images.

    Example:
        >>> melanoma_sensitivity(np.array([4, 4, 5]), np.array([4, 5, 4]))
        0.5
    """
    from sklearn.metrics import recall_score

    return float(recall_score(truth == MEL, predicted == MEL, zero_division=np.nan))


def melanoma_specificity(truth: Labels, predicted: Labels) -> float:
    """Compute the share of other images not predicted as melanoma; undefined without other images.

    Example:
        >>> melanoma_specificity(np.array([4, 5, 5, 2, 1]), np.array([4, 4, 5, 2, 1]))
        0.75
    """
    from sklearn.metrics import recall_score

    return float(recall_score(truth != MEL, predicted != MEL, zero_division=np.nan))


def _all_present(truth: Labels) -> bool:
    return len(np.unique(truth)) == len(DX)


_TABLE = (
    Metric(
        "balanced_accuracy", "Balanced accuracy", balanced_accuracy, True,
        "For each class, the share of its images that is found (recall); the mean of the seven. Each probability is "
        "divided by how common its class is in training, and the largest result is the prediction.", "balanced",
    ),
    Metric(
        "balanced_accuracy_argmax", "Balanced accuracy, most probable", balanced_accuracy, True,
        "Mean recall (share found) of the seven classes, predicting the most probable one.", "accuracy",
    ),
    Metric(
        "accuracy", "Accuracy", accuracy, True, "Share of images whose most probable class is correct.", "accuracy",
    ),
    Metric(
        "macro_f1", "Macro F1", macro_f1, True,
        "Mean over the seven classes of a balance of recall and precision (F1), predicting the most probable one.",
        "accuracy",
    ),
    Metric("macro_auc", "Macro AUC", macro_auc, True, "Of an image of a class and another image, how often the "
           "first gets the higher probability of that class (area under the ROC curve); mean over the seven classes."),
    Metric(
        "melanoma_sensitivity", "Melanoma sensitivity", melanoma_sensitivity, True,
        "Share of melanoma images predicted as melanoma at the balanced operating point.", "balanced",
    ),
    Metric(
        "melanoma_specificity", "Melanoma specificity", melanoma_specificity, True,
        "Share of other images not predicted as melanoma at the balanced operating point.", "balanced",
    ),
    Metric(
        "calibration_error", "Calibration error", calibration_error, False,
        "How far confidence and accuracy lie apart: of images predicted with 80% confidence, 80% should be right. "
        "Root mean square over 10 bins of confidence, less the gap that chance alone would cause.", by_lesion=True,
    ),
    Metric(
        "brier", "Brier score", brier, False,
        "Mean squared distance between the probabilities and the true class, 0 to 2.",
    ),
    Metric(
        "balanced_log_loss", "Balanced log-loss", balanced_log_loss, False,
        "How small a probability the true class gets: the mean negative logarithm, if all classes were equally "
        f"common; 0 is best, a guess has {np.log(len(DX)):.2f}. The app opens first the model with the lowest on the "
        "validation splits.", equal_classes=True,
    ),
)  # fmt: skip
METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
