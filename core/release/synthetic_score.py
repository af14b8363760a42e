"""Do synthetic lesions show their diagnosis? How well a served model predicts a fixed set of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.inference.crop import prepare
from core.inference.model import Network
from core.labels import DX
from core.store.card import read_card, write_card
from core.store.evaluation_facts import SyntheticScore
from core.store.predictions import Scores
from core.synthetic.lesions import synthetic_test_set

PER_DX = 10
METRIC = METRICS["balanced_accuracy"]


def score_synthetic(folder: Path, per_dx: int = PER_DX) -> SyntheticScore:
    """Classify synthetic lesions with a model's export and note the result on its card.

    Args:
        folder: trained_models/NAME.
        per_dx: Lesions of each diagnosis.

    Returns:
        As on the card.

    Raises:
        UserError: The model is not exported, or its files are not what its card says.
    """
    images, dx = synthetic_test_set(per_dx)
    network = Network(folder)
    probabilities = np.stack([network.probabilities(prepare(image)) for image in images]).astype(np.float64)
    truth = np.array([DX.index(each) for each in dx])
    names = np.array([f"synthetic-{i}" for i in range(len(dx))])
    card = read_card(folder)
    scores = Scores(names, np.arange(len(dx)), truth, probabilities, card.prior)
    result = SyntheticScore(per_dx, Bootstrap(scores).estimate(METRIC))
    write_card(folder, replace(card, synthetic_score=result))
    return result


def describe_synthetic(result: SyntheticScore) -> str:
    """Write the result as one sentence."""
    found, per_dx = result.balanced_accuracy, result.per_class
    interval = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return f"balanced accuracy {interval} on {per_dx * len(DX)} synthetic lesions, {per_dx} a diagnosis"
