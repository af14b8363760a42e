"""The lesson in sentences: what came out, with one figure and its interval, and what is the matter with a guess."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from core.lessons.imbalance import CLASSIFIERS, NETWORKS, SHORT
from core.lessons.leaks import STRATEGIES
from core.lessons.results import StepTruth, is_close, truth_of
from core.lessons.step import Figure, GuessValue, SliderGuess, Step
from dashboard.text.format import MINUS, count, percent
from dashboard.text.format import points as in_points
from dashboard.text.phrases import PLURALS, inside_label

Figures = Sequence[Figure]


def _one(figures: Figures, series: str, x: str = "") -> Figure:
    return next(each for each in figures if each.series == series and x in ("", each.x))


def share(figure: Figure) -> str:
    """Write a share as a percentage with its interval, in bold.

    Example:
        >>> share(Figure("truth", "", 0.669, 0.642, 0.697))
        '**67%** [64, 70]'
    """
    ends = "" if math.isnan(figure.low) else f" [{100 * figure.low:.0f}, {100 * figure.high:.0f}]"
    return f"**{100 * figure.value:.0f}%**{ends}"


def _always(figures: Figures, variant: str) -> str:
    return (
        f"Always saying “{inside_label(SHORT[variant])}” is right for {share(_one(figures, 'truth'))} of the test "
        "images, and finds none of the six other diagnoses."
    )


def _weakest(figures: Figures, variant: str) -> str:
    worst, name = _one(figures, "truth"), NETWORKS.get(variant, "The small neural network")
    text = f"{name} finds only {share(worst)} of the {PLURALS[worst.x]}, the smallest share here"
    near = [each for each in figures if each.series == "recall" and each.x != worst.x and each.low <= worst.high]
    return f"{text}{'; where intervals overlap, chance may decide the order' if near else ''}."


def _copies(figures: Figures, _: str) -> str:
    gap = _one(figures, "gap", "accuracy")
    verb = {"up": "rises", "down": "falls", "same": "hardly changes"}[_one(figures, "truth").x]
    return (
        f"Accuracy {verb} (**{in_points(gap.value, gap.low, gap.high)}**), while balanced accuracy goes from "
        f"{percent(_one(figures, 'before', 'balanced_accuracy').value)} to "
        f"{percent(_one(figures, 'after', 'balanced_accuracy').value)}."
    )


def _smote(figures: Figures, variant: str) -> str:
    if variant != "smote":
        mix = {"0": "a copy of the first image", "100": "a copy of the second image"}
        return f"At **{variant}%** of the way, the new point is {mix.get(variant, 'a mix of the two images')}."
    place = _one(figures, "parents", "position").value
    return f"The new point lands at C: on the straight line between the two images, **{percent(place)}** of the way."


def _reliability(figures: Figures, variant: str) -> str:
    name = {"smote": "With SMOTE", "corrected": "After the correction", "none": "Without resampling"}[variant]
    found = _one(figures, "truth")
    some = f"{count(found.images)} for which it is about 80% sure"
    return f"{name}, the classifier is right for {share(found)} of the {some}."


def _threshold(figures: Figures, _: str) -> str:
    copied, moved = (f"{_one(figures, 'error', x).value:.2f}" for x in ("copies", "moved"))
    return (
        f"The moved threshold reaches a balanced accuracy of {share(_one(figures, 'truth'))}, and leaves the "
        f"probabilities as they were: beyond chance, confidence and right answers lie {moved} apart (calibration "
        f"error), with copies {copied}."
    )


def _leak(figures: Figures, variant: str) -> str:
    honest = percent(_one(figures, "score", "honest").value)
    who = CLASSIFIERS.get(variant) or STRATEGIES.get(variant, "")
    gap = _one(figures, "gap")
    change = in_points(gap.value, gap.low, gap.high)
    return (
        f"{who}: the test reports {share(_one(figures, 'truth'))}, without the leak {honest}: {change}, {_clear(gap)}."
    )


def _clear(change: Figure) -> str:
    return "a clear rise" if change.low > 0 else "a clear fall" if change.high < 0 else "no clear difference"


def _heatmap(figures: Figures, variant: str) -> str:
    found = _one(figures, "truth")
    ends = "" if math.isnan(found.low) else f" [{found.low:.2f}, {found.high:.2f}]"
    alike = f"**{found.value:.2f}**{ends}".replace("-", MINUS)
    return f"How alike {NETWORKS[variant]}'s heatmaps of two images are (rank correlation): {alike}; 1 is the same."


def _cat(figures: Figures, variant: str) -> str:
    top, refused = _one(figures, "truth"), _one(figures, "check", "refused").value
    what = {"cat": "the cat", "lesion": "the synthetic lesion", "plain": "the plain colour", "noise": "the noise"}
    end = "refuses the image" if refused else "accepts the image"
    return (
        f"The classifier answers “{inside_label(SHORT[top.x])}” for {what[variant]} and is {share(top)} sure; "
        f"the image check, which comes first, {end}."
    )


def _more(figures: Figures, variant: str) -> str:
    home, away = (_one(figures, "gap", x) for x in ("home", "away"))
    rows = {x: int(_one(figures, "training", x).value) for x in ("with", "without")}
    changes = [in_points(each.value, each.low, each.high) for each in (home, away)]
    return (
        f"With MILK10k ({rows['with']:,} instead of {rows['without']:,} training images of "
        f"{inside_label(SHORT[variant])}), the share found changes by {changes[0]} in HAM10000's own test "
        f"({_clear(home)}) and by **{changes[1]}** in images from other clinics ({_clear(away)})."
    )


SENTENCES: dict[str, Callable[[Figures, str], str]] = {
    "always_nevus": _always, "weakest": _weakest, "copies": _copies, "smote_point": _smote,
    "reliability": _reliability, "threshold": _threshold, "same_lesion": _leak, "resample_first": _leak,
    "heatmap": _heatmap, "cat": _cat, "more_images": _more,
}  # fmt: skip


def result_sentence(step: Step, figures: Figures, variant: str = "") -> str:
    """Say what came out, with one figure and its interval, in Markdown.

    Args:
        step: A step of the lesson.
        figures: Of the variant.
        variant: Its key; default the first.
    """
    write = SENTENCES.get(step.key)
    if write:
        return write(figures, variant or step.control.variants[0].key)
    true = truth_of(step, list(figures))
    ends = "" if math.isnan(true.low) else f" [{true.low:g}, {true.high:g}]"
    return f"The result is **{step.guess.show(true.value)}**{ends}."


def guess_sentence(step: Step, guess: GuessValue, true: StepTruth) -> str:
    """Compare a guess with the result.

    Example:
        >>> from core.lessons.steps import get_step
        >>> guess_sentence(get_step("always_nevus"), 50.0, StepTruth(66.9, 64.2, 69.7, "%"))
        'Your guess: 50%, 17 points too low.'
    """
    text = f"Your guess: {step.guess.show(guess)}"
    if is_close(step, guess, true):
        return f"{text}. That's right." if not isinstance(step.guess, SliderGuess) else f"{text}. Very close."
    if not isinstance(step.guess, SliderGuess):
        return f"{text}. The result: {step.guess.show(true.value)}."
    apart = float(guess) - float(true.value)
    size = f"{abs(apart):.0f} points" if true.unit == "%" else f"{abs(apart):.2f}"
    return f"{text}, {size} too {'high' if apart > 0 else 'low'}."


def source_text(step: Step, figures: list[Figure]) -> str:
    """Return where the figures come from, and what their brackets mean unless the step has its own words for that."""
    with_intervals = any(not math.isnan(each.low) for each in figures) and "interval" not in step.source
    return f"{step.source}.{' In brackets: 95% interval.' if with_intervals else ''}"
