"""The lesson: its steps in order. To add one, write an entry; contract tests run over every entry."""

import re

from core.errors import UserError, require_known
from core.lessons.imbalance import ALWAYS_NEVUS, COPIES, WEAKEST
from core.lessons.leaks import RESAMPLE_FIRST, SAME_LESION
from core.lessons.looking import CAT_STEP, HEATMAP
from core.lessons.more_data import MORE_IMAGES
from core.lessons.probabilities import RELIABILITY, THRESHOLD
from core.lessons.smote_scene import SMOTE_POINT
from core.lessons.step import SURE, Answer, Check, Control, GuessValue, Option, OptionsGuess, SliderGuess, Step, Variant

__all__ = [
    "STEPS", "SURE", "Answer", "Check", "Control", "GuessValue", "Option", "OptionsGuess", "SliderGuess", "Step",
    "Variant", "find_step", "get_step",
]  # fmt: skip

STEPS: tuple[Step, ...] = (
    ALWAYS_NEVUS, WEAKEST, COPIES, SMOTE_POINT, RELIABILITY, THRESHOLD, SAME_LESION, RESAMPLE_FIRST, HEATMAP, CAT_STEP,
    MORE_IMAGES,
)  # fmt: skip


def get_step(key: str) -> Step:
    """Look up a step by its key.

    Raises:
        UserError: There is no such step.

    Example:
        >>> get_step("cat").title
        'A cat'
    """
    require_known("step of the lesson", key, [step.key for step in STEPS])
    return next(step for step in STEPS if step.key == key)


def find_step(name: str) -> Step:
    """Look up a step as a page's address names it: by its key, or by its number from 1.

    Raises:
        UserError: There is no such step.

    Example:
        >>> find_step("4") is find_step("smote_point")
        True
    """
    if not re.fullmatch("[0-9]{1,9}", name):
        return get_step(name)
    if not 1 <= int(name) <= len(STEPS):
        raise UserError(f"The lesson has {len(STEPS)} steps, so there is no step {int(name)}; choose one below.")
    return STEPS[int(name) - 1]
