"""The loss, and how probabilities move between class priors."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_prior(labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Share of each class, (classes,); an absent class counts as one picture, so that logs stay finite."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    return np.asarray(counts / counts.sum(), np.float64)


def logit_adjusted_crossentropy(prior: NDArray[np.float64], tau: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy of softmax(z + tau log prior); tau 0 is plain cross-entropy.

    Args:
        prior: (classes,) share of each class in the training set.
        tau: Strength; see Menon et al. 2021, "Long-tail learning via logit adjustment", arXiv:2007.07314.

    Returns:
        A Keras loss: (labels (n,), probabilities (n, classes)) -> (n,).
    """
    from keras import ops

    offset = (tau * np.log(prior)).astype(np.float32)

    def loss(labels: Any, probabilities: Any) -> Any:
        logits = ops.log(ops.maximum(probabilities, 1e-30)) + offset
        target = ops.one_hot(ops.cast(ops.reshape(labels, (-1,)), "int32"), len(prior))
        return ops.logsumexp(logits, axis=-1) - ops.sum(target * logits, axis=-1)

    return loss


def bake_prior(model: Any, prior: NDArray[np.float64], tau: float) -> None:
    """Add tau log prior to the last layer's bias: from then on the model answers for the natural class prior."""
    bias = model.get_layer("probabilities").bias
    bias.assign(np.asarray(bias) + tau * np.log(prior))
