"""Plans for a class: which steps fit into 45 and into 90 minutes."""

from __future__ import annotations

from dataclasses import dataclass

from core.lessons.step import Step
from core.lessons.steps import STEPS, get_step


@dataclass(frozen=True)
class Plan:
    """A plan for a class.

    Attributes:
        minutes: How long the class is.
        opening: Minutes before the first step.
        open_with: What happens in them.
        steps: Keys of the steps, in order.
        close_with: What happens in the minutes that are left.
    """

    minutes: int
    opening: int
    open_with: str
    steps: tuple[str, ...]
    close_with: str

    def rows(self) -> list[tuple[int, str]]:
        """(minute at which it starts, what happens), in order.

        Example:
            >>> PLANS[0].rows()[0][0]
            0
        """
        found, clock = [(0, self.open_with)], self.opening
        for step in self.timed():
            found.append((clock, step.title))
            clock += step.minutes
        return [*found, (clock, self.close_with)]

    def timed(self) -> list[Step]:
        """The steps, in order."""
        return [get_step(key) for key in self.steps]


PLANS = (
    Plan(
        45, 5, "What does the classifier do? Show one image on the page “Classify an image”.",
        ("always_nevus", "weakest", "copies", "same_lesion", "resample_first", "cat"),
        "Each student writes down which of the six results a newspaper article about such a model must mention.",
    ),
    Plan(
        90, 8, "What does the classifier do? Show one image on the page “Classify an image”, then the seven diagnoses "
        "on the page “Metadata”.",
        tuple(step.key for step in STEPS),
        "In pairs: find the most honest and the most flattering setting in the lab, and explain the difference.",
    ),
)  # fmt: skip
"""The first fits into a school period, the second into two."""
