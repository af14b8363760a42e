"""Metrics: truth and what a model said in, a float out. Undefined is NaN, never 1.

scikit-learn is imported where it is called: it takes a second that a page drawn from the cards need not wait for.
To add one: write the function and add a line to METRICS. A faster form for resampling may stand in bootstrap.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.labels import DX
from core.store.predictions import Scores

Labels = NDArray[np.int64]
"""(n,), each an index into core.labels.DX."""
Probabilities = NDArray[np.float64]
"""(n, 7), in the order of core.labels.DX."""
Point = Literal["accuracy", "balanced"]
POINTS: dict[Point, str] = {"accuracy": "accuracy operating point", "balanced": "balanced operating point"}
MEL = DX.index("mel")
ECE_BINS = 15


@dataclass(frozen=True)
class Metric:
    """A figure of merit and what a reader must know of it.

    Attributes:
        name: Key on cards and in tables.
        label: Name for people.
        function: (truth, said) -> float, where said is one diagnosis a picture if `point` is set, else
            probabilities (n, 7).
        higher_is_better: False for errors.
        definition: One line.
        point: Operating point at which probabilities become a diagnosis; None if the metric reads probabilities.
        grows_with_noise: True if resampling alone makes the figure larger, which its interval must take back.
    """

    name: str
    label: str
    function: Callable[..., float]
    higher_is_better: bool
    definition: str
    point: Point | None = None
    grows_with_noise: bool = False

    def __call__(self, scores: Scores) -> float:
        """The figure of a model on one split."""
        if self.point is None:
            return float(self.function(scores.truth, scores.probabilities))
        return float(self.function(scores.truth, decide(scores.probabilities, scores.prior, self.point)))


def decide(probabilities: Probabilities, prior: NDArray[np.float64], point: Point) -> Labels:
    """One diagnosis a picture.

    Args:
        probabilities: (n, 7) for the natural class prior.
        prior: (7,) class shares of the training pictures.
        point: "accuracy" says the most probable diagnosis; "balanced" the one whose probability is largest
            against its prior, which is the best choice if each diagnosis matters alike.

    Returns:
        (n,) index into core.labels.DX.
    """
    if point == "accuracy":
        return np.asarray(probabilities.argmax(axis=1))
    # A diagnosis that the model never saw has no ratio and is never said.
    ratio = np.divide(probabilities, prior, out=np.zeros_like(probabilities), where=prior > 0)
    return np.asarray(ratio.argmax(axis=1))


def confusion(truth: Labels, said: Labels) -> NDArray[np.int64]:
    """Counts of pictures, (7, 7): true diagnosis by row, said by column."""
    return np.bincount(truth * len(DX) + said, minlength=len(DX) ** 2).reshape(len(DX), len(DX))


def accuracy(truth: Labels, said: Labels) -> float:
    """Share of pictures whose diagnosis is right."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(truth, said)) if len(truth) else float("nan")


def balanced_accuracy(truth: Labels, said: Labels) -> float:
    """Mean recall of the seven diagnoses; undefined if one of them has no picture."""
    from sklearn.metrics import recall_score

    return float(recall_score(truth, said, average="macro")) if _all_present(truth) else float("nan")


def macro_f1(truth: Labels, said: Labels) -> float:
    """Mean F1 of the seven diagnoses; undefined if one of them has no picture."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, said, average="macro", zero_division=0)) if _all_present(truth) else float("nan")


def macro_auc(truth: Labels, probabilities: Probabilities) -> float:
    """Mean one-against-rest area under the ROC curve; undefined if a diagnosis has no picture."""
    from sklearn.metrics import roc_auc_score

    if not _all_present(truth):
        return float("nan")
    return float(roc_auc_score(truth[:, None] == np.arange(len(DX)), probabilities, average="macro"))


def melanoma_sensitivity(truth: Labels, said: Labels) -> float:
    """Share of melanoma pictures called melanoma; undefined without any."""
    from sklearn.metrics import recall_score

    return float(recall_score(truth == MEL, said == MEL, zero_division=np.nan))


def melanoma_specificity(truth: Labels, said: Labels) -> float:
    """Share of other pictures not called melanoma; undefined without any."""
    from sklearn.metrics import recall_score

    return float(recall_score(truth != MEL, said != MEL, zero_division=np.nan))


def confidence_bins(probabilities: Probabilities) -> Labels:
    """Bin of each picture's largest probability: 15 of equal width, closed on the right (Guo et al. 2017)."""
    top = probabilities.max(axis=1)
    return np.asarray(np.clip(np.ceil(top * ECE_BINS).astype(np.int64) - 1, 0, ECE_BINS - 1))


def expected_calibration_error(truth: Labels, probabilities: Probabilities) -> float:
    """Mean gap between confidence and accuracy over confidence bins, weighed by pictures (arXiv:1706.04599)."""
    if not len(truth):
        return float("nan")
    gap = (probabilities.argmax(axis=1) == truth) - probabilities.max(axis=1)
    return float(np.abs(np.bincount(confidence_bins(probabilities), gap)).sum() / len(truth))


def squared_errors(truth: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Each picture's squared distance to its one-hot truth, (n,), 0 to 2."""
    errors: NDArray[np.float64] = ((probabilities - np.eye(len(DX))[truth]) ** 2).sum(axis=1)
    return errors


def brier(truth: Labels, probabilities: Probabilities) -> float:
    """Mean squared distance to the one-hot truth over all seven diagnoses, 0 to 2 (Brier 1950)."""
    # sklearn's brier_score_loss refuses sums that rounding moved off 1.
    return float(squared_errors(truth, probabilities).mean()) if len(truth) else float("nan")


def _all_present(truth: Labels) -> bool:
    return len(np.unique(truth)) == len(DX)


_TABLE = (
    Metric(
        "balanced_accuracy", "Balanced accuracy", balanced_accuracy, True,
        "Mean recall of the seven diagnoses, saying the one most probable against its share in training.", "balanced",
    ),
    Metric(
        "balanced_accuracy_argmax", "Balanced accuracy, most probable", balanced_accuracy, True,
        "Mean recall of the seven diagnoses, saying the most probable one.", "accuracy",
    ),
    Metric(
        "accuracy", "Accuracy", accuracy, True,
        "Share of pictures whose most probable diagnosis is right.", "accuracy",
    ),
    Metric(
        "macro_f1", "Macro F1", macro_f1, True,
        "Mean F1 of the seven diagnoses, saying the most probable one.", "accuracy",
    ),
    Metric("macro_auc", "Macro AUC", macro_auc, True, "Mean one-against-rest area under the ROC curve."),
    Metric(
        "melanoma_sensitivity", "Melanoma sensitivity", melanoma_sensitivity, True,
        "Share of melanoma pictures called melanoma at the balanced operating point.", "balanced",
    ),
    Metric(
        "melanoma_specificity", "Melanoma specificity", melanoma_specificity, True,
        "Share of other pictures not called melanoma at the balanced operating point.", "balanced",
    ),
    Metric(
        "ece", "ECE", expected_calibration_error, False,
        "Expected calibration error: mean gap between confidence and accuracy over 15 bins of confidence.",
        grows_with_noise=True,
    ),
    Metric("brier", "Brier score", brier, False, "Mean squared distance of the probabilities to the truth, 0 to 2."),
)  # fmt: skip
METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
