"""Sentences about the prediction for one image: malignant or not, conformal set, similar images, image check."""

import math
from collections.abc import Sequence

import pandas as pd

from core.evaluation.conformal import FEW
from core.inference.ood import MAX_REFUSED, Neighbour
from core.inference.pipeline import Range
from core.inference.quality import ImageWarning
from core.labels import DX, MALIGNANT, NAMES
from core.stats import UNDEFINED, Estimate
from core.store.fitted_facts import Conformal, ConformalClass, Coverage, OodDetectorFacts, Span
from dashboard.text.format import count, percent
from dashboard.text.phrases import PLURALS, listed
from dashboard.text.predicted_class import INTERVAL, inline, likely

NOT_TESTED = Coverage(images=0, lesions=0, coverage=UNDEFINED, size=math.nan)

SAME_IMAGE = 0.997
"""From this similarity on two files hold the same image, not another one of its lesion."""


def malignant_sentence(each: Range) -> str:
    """State how probable the malignant classes are together."""
    names = listed([inline(dx) for dx in MALIGNANT])
    return (
        f"**Cancer or precancer {likely(each.value)}, benign {likely(1 - each.value)}** (cancer or precancer: {names}; "
        f"{likely(each.low)} to {likely(each.high)} over the image and its mirrored copies)."
    )


def set_sentence(labels: Sequence[str], facts: Conformal) -> str:
    """State the conformal set.

    Args:
        labels: Most probable first; not empty.
        facts: Of the model's card.
    """
    if len(labels) == len(DX):
        return "**Shortlist: all seven classes.** The model can't narrow it down for this image."
    names, least = ", ".join(f"**{inline(dx)}**" for dx in labels), percent(1 - facts.alpha)
    return f"Shortlist: {names}. (It is made to contain the true class for {least} of lesions, whatever their class.)"


def set_limits(facts: Conformal, with_table: bool = False) -> str:
    """Explain what the shortlist promises, and what it doesn't.

    Args:
        facts: Of the model's card.
        with_table: Whether the table of `set_table` stands beside it.
    """
    tested = "; in this table, each lesion gets a shortlist that was tuned on other lesions" if with_table else ""
    return (
        f"Take all lesions of one diagnosis: for at least {percent(1 - facts.alpha)} of them, the shortlist should "
        "contain that diagnosis. The most probable class is always on it, so common diagnoses are on it even more "
        "often. The shortlist is tuned on test lesions, which played no part in training or choosing the model"
        f"{tested}. The promise is about many lesions "
        "photographed like those of HAM10000. It says nothing about a single image, and it doesn't hold for other "
        "cameras, for skin types or body sites that HAM10000 lacks, or for diagnoses other than these seven."
    )


def set_table(labels: Sequence[str], facts: Conformal) -> pd.DataFrame:
    """Show how often the list contained each of its classes, for the classes in the list.

    Args:
        labels: Classes.
        facts: Of the model's card.

    Returns:
        Columns Class, Contained, 95% interval, Test lesions, Note.
    """
    rows = []
    for dx in labels:
        test, fitted = facts.test.get(dx, NOT_TESTED), facts.classes[dx]
        known = not math.isnan(test.coverage.value)
        rows.append(
            {
                "Class": NAMES[dx],
                "Contained": percent(test.coverage.value) if known else "",
                INTERVAL: _ends(test.coverage) if known else "",
                "Test lesions": test.lesions,
                "Note": _note(fitted),
            }
        )
    return pd.DataFrame(rows)


def _note(fitted: ConformalClass) -> str:
    """Write a note on a class that was calibrated on few lesions; else empty."""
    if fitted.lesions >= FEW:
        return ""
    if not fitted.threshold:
        return "Too few lesions: it is always on the shortlist"
    return f"Few lesions: the true share may be {_ends(fitted.possible)}"


def refusal_sentence(warnings: Sequence[ImageWarning]) -> str:
    """State why there is no prediction, and what to try."""
    problems, advice = (" ".join(getattr(each, part) for each in warnings) for part in ("problem", "advice"))
    return f"**No prediction for this image.** {problems} {advice}"


def doubt_sentence(warnings: Sequence[ImageWarning]) -> str:
    """State that a prediction is shown although the image check refused the image."""
    problems = " ".join(each.problem for each in warnings)
    return f"**The image check refused this image, so the prediction may mean nothing.** {problems}"


def calibration_label(source: str | None) -> str:
    """Name the kind of probabilities.

    Args:
        source: Of `core.inference.fitted.TemperatureScaling`; None if the model isn't calibrated.
    """
    labels = {
        "card": "calibrated probabilities",
        "validation": "calibrated on validation predictions",
    }
    return labels[source] if source else "uncalibrated probabilities"


def image_check_sentence(checked_by: str) -> str:
    """State what the image check does.

    Args:
        checked_by: The network whose embedding the check uses.
    """
    return (
        "Before a prediction is shown, the image check decides whether the image is sharp, well lit and dermatoscopic. "
        f"It compares numbers that {checked_by} computes from the image with those of known images. None of the images "
        "in this table helped to tune it, but other drawings of the same kinds as those in the last row did."
    )


def image_check_table(facts: OodDetectorFacts) -> pd.DataFrame:
    """Show how often the image check is right, by kind of image.

    Args:
        facts: Of the card of the network whose embedding the check uses.

    Returns:
        Columns Kind of image, Should be, Correct, 95% interval, Images.
    """
    kinds = [
        ("HAM10000, test split", "accepted", facts.accepted["all"]),
        ("MILK10k, test split: other clinics and devices", "accepted", facts.other_clinics["all"]),
        ("Photos of skin without a dermatoscope", "refused", facts.clinical),
        (
            f"Other images and simple drawings, {facts.rejected['all'].cases:,} sources",
            "refused",
            facts.rejected["all"],
        ),
    ]
    return pd.DataFrame(
        {
            "Kind of image": kind, "Should be": outcome, "Correct": percent(rate.share.value),
            INTERVAL: _ends(rate.share), "Images": rate.images,
        }
        for kind, outcome, rate in kinds
    )  # fmt: skip


def image_check_rule() -> str:
    """State the rule by which the image check's threshold was set, which belongs beside its rates."""
    shares = listed([f"{percent(share)} of {name}'s" for name, share in MAX_REFUSED.items()])
    return f"Its threshold refuses at most {shares} validation images; these shares were set by hand, as a compromise."


def _ends(of: Estimate | Span) -> str:
    return f"{percent(of.low)} to {percent(of.high)}"


def same_image_sentence(found: Sequence[Neighbour], checked_by: str) -> str | None:
    """Say that a network was trained on this very image; None if that isn't sure.

    Args:
        found: The most similar training images, the most similar first.
        checked_by: The network that they are training images of.
    """
    if not found or found[0].similarity < SAME_IMAGE:
        return None
    return (
        f"**{checked_by} was trained on this image** ({found[0].image_id}). A right prediction here says "
        "nothing about new images."
    )


def neighbours_sentence(found: Sequence[Neighbour]) -> str:
    """Count the diagnoses of the most similar training images."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.dx] = counts.get(each.dx, 0) + 1
    names = [f"{n} {PLURALS[dx]}" if n > 1 else f"1 {inline(dx)}" for dx, n in counts.items()]
    return f"The {count(len(found), 'most similar training images')} show {listed(names)}."
