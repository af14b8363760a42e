"""What is said of an uploaded picture beyond the bars: malignant or not, set, neighbours, refusals, in words."""

import math
from collections.abc import Sequence

from core.evaluation.conformal import FEW
from core.inference.ood import Neighbour
from core.inference.pipeline import Range
from core.inference.quality import Fault
from core.labels import DX, MALIGNANT, NAMES
from core.store.fitted_facts import Conformal, OodDetectorFacts, Rate
from dashboard.text.answer import INTERVAL, likely, percent
from dashboard.text.phrases import PLURALS, amount, listed


def between(each: Range) -> str:
    """A probability with its range over the flips."""
    return f"{likely(each.value)} ({likely(each.low)} to {likely(each.high)} over four flips)"


def malignant_sentence(each: Range) -> str:
    """How probable the malignant classes are together, and the benign ones."""
    names = listed([NAMES[dx] for dx in MALIGNANT])
    return f"**Malignant {likely(each.value)}, benign {likely(1 - each.value)}**: as malignant count {names}; " + (
        f"together they get {between(each)}."
    )


def set_sentence(members: Sequence[str], facts: Conformal) -> str:
    """The conformal set and what it promises.

    Args:
        members: Codes, most probable first; not empty.
        facts: `conformal` of the model's card.
    """
    promised = percent(1 - facts.alpha, 1)
    names = [f"**{NAMES[dx]}**" for dx in members]
    if len(members) == len(DX):
        return f"To hold the true class of {promised} of lesions, the set needs all seven: the model cannot tell here."
    return f"The set that holds the true class of {promised} of lesions: {listed(names)}."


def promise_sentences(members: Sequence[str], facts: Conformal) -> list[str]:
    """What the promise covers and what not, and how it held on test for the classes in the set.

    Args:
        members: Codes.
        facts: `conformal` of the model's card.
    """
    promised = percent(1 - facts.alpha, 1)
    out = [
        f"The promise is made for each class by itself: of lesions truly of a class, {promised} get a set that "
        "holds it, on average. It covers new lesions photographed as those of HAM10000 were. It does not cover other "
        "cameras, skin or body sites than HAM10000 has, classes that are none of the seven, or this one picture."
    ]
    for dx in members:
        row, fitted = facts.test.get(dx), facts.classes[dx]
        if row and not math.isnan(row.coverage.value):
            out.append(
                f"{NAMES[dx]}: held for {percent(row.coverage.value, 1)} of {amount(row.lesions, 'test lesions')} "
                f"({INTERVAL} {percent(row.coverage.low, 1)} to {percent(row.coverage.high, 1)})."
            )
        if fitted.lesions < FEW:
            out.append(
                f"{NAMES[dx]} was calibrated on only {amount(fitted.lesions, 'lesions')}, "
                + (
                    "too few to leave it out of any set."
                    if not fitted.threshold
                    else f"so its true share may lie anywhere from {percent(fitted.possible.low, 1)} to "
                    f"{percent(fitted.possible.high, 1)}."
                )
            )
    return out


def refusal_sentence(faults: Sequence[Fault]) -> str:
    """Why nothing is said, and what to try."""
    reasons, advice = " ".join(each.what for each in faults), " ".join(each.advice for each in faults)
    return f"**No answer for this picture.** {reasons} {advice}"


def guard_sentence(facts: OodDetectorFacts) -> str:
    """How good the guard is, as measured.

    Args:
        facts: `ood_detector` of the model's card.
    """
    passed, stopped = facts.accepted["all"], facts.rejected["all"]
    return (
        f"The guard lets {percent(passed.share.value, 1)} of HAM10000's {passed.images:,} test pictures pass "
        f"({INTERVAL} {_ends(passed)}) and refused {percent(stopped.share.value, 1)} of {stopped.images:,} "
        f"other pictures of {stopped.cases:,} sources ({_ends(stopped)}). Not tried: "
        f"{facts.not_tried}."
    )


def _ends(rate: Rate) -> str:
    return f"{percent(rate.share.low, 1)} to {percent(rate.share.high, 1)}"


def neighbours_sentence(found: Sequence[Neighbour]) -> str:
    """What the nearest training pictures show."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.dx] = counts.get(each.dx, 0) + 1
    words = [f"{n} {PLURALS[dx]}" if n > 1 else f"1 {NAMES[dx]}" for dx, n in counts.items()]
    return f"To the model, the {len(found)} training pictures most alike show {listed(words)}."
