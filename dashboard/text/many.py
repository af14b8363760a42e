"""Sentences about several images that are classified one after the other."""

from collections import Counter
from collections.abc import Sequence

from core.inference.class_mix import ClassMix
from core.inference.many import Classified
from dashboard.text.format import count
from dashboard.text.own_models import literal
from dashboard.text.phrases import PLURALS, listed
from dashboard.text.predicted_class import MIX_PHRASES, inline

SOON = 3
"""Images after which the time left can be estimated."""


BUSY_TEXT = "The server is busy with other images; this goes on by itself."


def progress_text(done: int, total: int, seconds: float) -> str:
    """Say how far the work is and how long it will take.

    Args:
        done: Images classified in this run.
        total: All images of this run.
        seconds: Since its start.

    Example:
        >>> progress_text(10, 50, 2.0), progress_text(1, 50, 1.0)
        ('10 of 50 images, about 8 seconds left', '1 of 50 images')
    """
    text = f"{done:,} of {count(total)}"
    left = round(seconds / done * (total - done)) if done >= SOON else 0
    return f"{text}, about {count(left, 'seconds')} left" if left else text


def summary_sentence(classified: Sequence[Classified], mix: ClassMix) -> str:
    """Count what was predicted, refused and not read.

    Args:
        classified: With at least one image.
        mix: Class mix that the probabilities assume.
    """
    tops = Counter(each.prediction.top for each in classified if each.prediction and not each.prediction.warnings)
    refused = sum(each.refused for each in classified)
    unread = sum(each.image is None for each in classified)
    parts = [f"1 {inline(dx)}" if n == 1 else count(n, PLURALS[dx]) for dx, n in tops.most_common()]
    sentences = [f"{MIX_PHRASES[mix]}, the model predicts **{listed(parts)}**."] if parts else []
    if refused:
        sentences.append(f"Not counted, and shown first: **{count(refused)}** that the image check refused.")
    if unread:
        sentences.append(f"**{count(unread, 'files')}** could not be read.")
    return " ".join([*sentences, "This is not a diagnosis."])


def unread_text(classified: Sequence[Classified]) -> str:
    """List the files that couldn't be read, each with its reason; empty if there are none."""
    lines = [literal(f"{each.name}: {each.problem}") for each in classified if each.image is None]
    return "\n".join(["Without a prediction:", *(f"- {line}" for line in lines)]) if lines else ""
