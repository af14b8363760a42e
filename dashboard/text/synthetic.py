"""Synthetic lesions in words."""

from collections.abc import Sequence

from core.labels import DX
from dashboard.text.format import figure


def synthetic_sentence(model: str, n: int, synthetic: Sequence[float], real: Sequence[float]) -> str:
    """Compare a model's balanced accuracy on synthetic lesions with that on real test images.

    Args:
        model: Its name.
        n: Synthetic lesions.
        synthetic: Balanced accuracy on them with the ends of its interval.
        real: The same on the test images.
    """
    return (
        f"The best model on this page, {model}, reaches a balanced accuracy of {figure(*synthetic)} on {n} synthetic "
        f"lesions and {figure(*real)} on the real test images (95% intervals). Guessing gives {1 / len(DX):.3f}."
    )
