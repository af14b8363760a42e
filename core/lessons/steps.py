"""The lesson: its steps in order. To add one, write an entry; contract tests run over every entry."""

from core.errors import require_known
from core.lessons.imbalance import ALWAYS_NEVUS, COPIES, WEAKEST
from core.lessons.leaks import RESAMPLE_FIRST, SAME_LESION
from core.lessons.looking import CAT_STEP, HEATMAP
from core.lessons.more_data import MORE_IMAGES
from core.lessons.probabilities import RELIABILITY, THRESHOLD
from core.lessons.smote_scene import SMOTE_POINT
from core.lessons.step import SURE, Answer, Check, Control, GuessValue, Option, OptionsGuess, SliderGuess, Step, Variant

__all__ = [
    "STEPS", "SURE", "Answer", "Check", "Control", "GuessValue", "Option", "OptionsGuess", "SliderGuess", "Step",
    "Variant", "get_step",
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
