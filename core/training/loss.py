"""Loss functions, and changes of the class prior."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.training.recipes import Recipe


def class_prior(labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Compute the share of each class, (classes,); an absent class counts as one image to keep logs finite.

    Example:
        >>> class_prior(np.array([0, 0, 0, 1]), 2).tolist()
        [0.75, 0.25]
    """
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    return np.asarray(counts / counts.sum(), np.float64)


def class_priors(labels: NDArray[np.int64], dataset: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Compute the class shares of each dataset, (datasets, classes).

    Args:
        labels: (n,) class indices.
        dataset: (n,) index of each label's dataset.
        classes: Number of classes.

    Example:
        >>> class_priors(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), 2).round(2).tolist()
        [[0.5, 0.5], [0.33, 0.67]]
    """
    return np.stack([class_prior(labels[dataset == each], classes) for each in range(1 + int(dataset.max()))])


def logit_adjusted_crossentropy(
    prior: NDArray[np.float64], tau: float, focal_gamma: float = 0.0
) -> Callable[[Any, Any], Any]:
    """Make the cross-entropy of softmax(z + tau log prior); tau 0 is plain cross-entropy.

    Args:
        prior: (classes,) share of each class in training, or (datasets, classes) for several datasets.
        tau: Strength; see Menon et al. 2021, "Long-tail learning via logit adjustment", arXiv:2007.07314.
        focal_gamma: Weigh by (1 - p)^gamma, p of the true class; Lin et al. 2017, "Focal loss", arXiv:1708.02002.

    Returns:
        A Keras loss: (labels (n,), probabilities (n, classes)) -> (n,). A label of dataset d is class + d * classes.
        Labels of mixed images, (n, 3) as of `core.training.mixing.mix`, give the weighted mean of both labels' losses.
    """
    from keras import ops

    offset = np.atleast_2d(tau * np.log(prior)).astype(np.float32)
    classes = offset.shape[1]

    def loss(labels: Any, probabilities: Any) -> Any:
        if len(labels.shape) == 2 and labels.shape[1] == 3:
            weight = ops.cast(labels[:, 2], "float32")
            return weight * loss(labels[:, 0], probabilities) + (1 - weight) * loss(labels[:, 1], probabilities)
        codes = ops.cast(ops.reshape(labels, (-1,)), "int32")
        logits = ops.log(ops.maximum(probabilities, 1e-30)) + ops.take(offset, codes // classes, axis=0)
        target = ops.one_hot(codes % classes, classes)
        surprise = ops.logsumexp(logits, axis=-1) - ops.sum(target * logits, axis=-1)
        return surprise * (1 - ops.exp(-surprise)) ** focal_gamma if focal_gamma else surprise

    return loss


def training_loss(recipe: Recipe, prior: NDArray[np.float64]) -> Callable[[Any, Any], Any]:
    """Make the loss of a recipe, with its teacher's part if it has one.

    Args:
        recipe: Its logit adjustment, focal gamma and teacher decide.
        prior: (datasets, classes) share of each class in training.
    """
    of_labels = logit_adjusted_crossentropy(prior, recipe.logit_adjustment, recipe.focal_gamma)
    if not recipe.teacher:
        return of_labels
    return distillation_loss(of_labels, prior, recipe.logit_adjustment, recipe.teacher_weight)


def distillation_loss(
    of_labels: Callable[[Any, Any], Any], prior: NDArray[np.float64], tau: float, weight: float
) -> Callable[[Any, Any], Any]:
    """Make the loss of a network that learns from a teacher as well as from labels.

    The teacher's part is the cross-entropy between both models' probabilities, the network's adjusted as for its
    labels. A teacher assumes the class shares of the first dataset; for an image of another one, both are moved to that
    dataset's.

    Args:
        of_labels: The loss of labels, by `logit_adjusted_crossentropy`.
        prior: As there.
        tau: As there.
        weight: The teacher's share of the loss.

    Returns:
        A Keras loss: (targets (n, 1 + classes), probabilities (n, classes)) -> (n,). Targets are as of
        `core.training.batches.Batches`: the label, then the teacher's probabilities.
    """
    from keras import ops

    offset = np.atleast_2d(tau * np.log(prior)).astype(np.float32)
    classes = offset.shape[1]

    def loss(targets: Any, probabilities: Any) -> Any:
        dataset = ops.cast(targets[:, 0], "int32") // classes
        moved = ops.log(ops.maximum(targets[:, 1:], 1e-7)) + ops.take(offset - offset[0], dataset, axis=0)
        logits = ops.log(ops.maximum(probabilities, 1e-30)) + ops.take(offset, dataset, axis=0)
        of_teacher = -ops.sum(ops.softmax(moved) * ops.log_softmax(logits), axis=-1)
        return (1 - weight) * of_labels(targets[:, 0], probabilities) + weight * of_teacher

    return loss


def shift_to_natural(
    natural: NDArray[np.float64], rows: NDArray[np.float64], seen: NDArray[np.float64], tau: float
) -> NDArray[np.float64]:
    """Compute what to add to a trained network's logits so that its probabilities assume the natural class prior.

    Args:
        natural: (classes,) class shares of the training images.
        rows: (classes,) class shares of the training rows, which the loss was adjusted for.
        seen: (classes,) class shares as sampled and weighted; with balanced sampling or class weights not as `rows`.
        tau: Strength of the adjustment.

    Returns:
        (classes,): tau log rows + log natural - log seen.
    """
    return np.asarray(tau * np.log(rows) + np.log(natural) - np.log(seen), np.float64)


def recipe_shift(recipe: Recipe, prior: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute `shift_to_natural` for a recipe.

    Args:
        recipe: Its sampling, class weights and logit adjustment decide.
        prior: (..., classes) class shares of the training images.
        rows: (..., classes) class shares of the training rows.
    """
    equalized = recipe.sampling == "balanced" or recipe.class_weights
    seen = np.full_like(rows, 1 / rows.shape[-1]) if equalized else rows
    return shift_to_natural(prior, rows, seen, recipe.logit_adjustment)


def bake_shift(model: Any, shift: NDArray[np.float64]) -> None:
    """Add a shift of the logits, (7,), to the last layer's bias, in place."""
    bias = model.get_layer("probabilities").bias
    bias.assign(np.asarray(bias) + shift)
