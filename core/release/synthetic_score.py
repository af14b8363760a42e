"""Do synthetic lesions carry their diagnosis? What a served model says of a fixed set of them."""

from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.inference.crop import prepare
from core.inference.model import Network
from core.labels import DX
from core.store.card import class_prior, read_card, write_card
from core.store.predictions import Scores
from core.synthetic.lesions import synthetic_test_set

PER_DX = 10
METRIC = METRICS["balanced_accuracy"]


def score_synthetic(folder: Path, per_dx: int = PER_DX) -> dict[str, Any]:
    """Classify synthetic lesions with a model's export and note the result on its card.

    Args:
        folder: trained_models/NAME.
        per_dx: Lesions of each diagnosis.

    Returns:
        per_dx, and balanced_accuracy as [value, low, high] with a 95 % interval over lesions.

    Raises:
        UserError: The model is not exported, or its files are not what its card says.
    """
    images, dx = synthetic_test_set(per_dx)
    network = Network(folder)
    probabilities = np.stack([network.probabilities(prepare(image)) for image in images]).astype(np.float64)
    truth = np.array([DX.index(each) for each in dx])
    names = np.array([f"synthetic-{i}" for i in range(len(dx))])
    card = read_card(folder)
    scores = Scores(names, np.arange(len(dx)), truth, probabilities, class_prior(card))
    result = {"per_dx": per_dx, METRIC.name: [*Bootstrap(scores).estimate(METRIC)]}
    write_card(folder, card | {"synthetic": result})
    return result


def describe_synthetic(result: dict[str, Any]) -> str:
    """The result as one sentence."""
    value, low, high = result[METRIC.name]
    per_dx = result["per_dx"]
    interval = f"{value:.2f} [{low:.2f}, {high:.2f}]"
    return f"balanced accuracy {interval} on {per_dx * len(DX)} synthetic lesions, {per_dx} a diagnosis"
