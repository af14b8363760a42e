"""Synthetic lesions in words."""

from core.labels import DX
from core.stats import Estimate
from dashboard.text.format import estimate
from dashboard.text.models import model_label


def synthetic_sentence(model: str, n: int, synthetic: Estimate, real: Estimate) -> str:
    """Compare a model's balanced accuracy on synthetic lesions with that on real test images.

    Args:
        model: Its name.
        n: Synthetic lesions.
        synthetic: Balanced accuracy on them.
        real: The same on the test images.
    """
    return (
        f"The best model on this page, {model_label(model)}, reaches a balanced accuracy of {estimate(synthetic)} on "
        f"{n} synthetic lesions and {estimate(real)} on the real test images (95% intervals). Guessing "
        f"gives {1 / len(DX):.3f}."
    )
