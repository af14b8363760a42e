"""What a step of the lesson is: a question, a guess, what is measured, a check question, and notes for teachers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError, require_known
from core.lab.setting import Setting

if TYPE_CHECKING:
    from core.lab.experiment import LabResult

GuessValue = float | str
"""What a student guesses: a number on a slider's scale, or the key of an option."""


@dataclass(frozen=True)
class Option:
    """One option of a guess: its key, which is stored, and its text."""

    key: str
    text: str


SURE = (Option("guessing", "Just guessing"), Option("fairly", "Fairly sure"), Option("certain", "Certain"))
"""How sure one is of a guess."""


@dataclass(frozen=True)
class SliderGuess:
    """A guess on a slider.

    Attributes:
        low: Left end; also the left end of the chart's axis.
        high: Right end; also the right end of the chart's axis.
        step: Distance between two values.
        unit: "%" or "".

    Example:
        >>> guess = SliderGuess(0, 100, 1, "%")
        >>> guess.read("67"), guess.show(67.0)
        (67.0, '67%')
    """

    low: float
    high: float
    step: float
    unit: str = "%"

    @property
    def start(self) -> float:
        """Where the slider stands before it is moved: the middle."""
        return self.low + self.step * round((self.high - self.low) / 2 / self.step)

    def read(self, text: object) -> float:
        """Read a stored guess or one from a page's address.

        Raises:
            UserError: It isn't a number on the slider.
        """
        try:
            value = float(str(text))
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:
            raise UserError(f"A guess must be a number from {self.low:g} to {self.high:g}; choose one on the slider.")
        return float(round(self.low + self.step * round((value - self.low) / self.step), 6))

    def show(self, value: GuessValue) -> str:
        """Write a value of the slider."""
        return f"{float(value):g}{self.unit}"


@dataclass(frozen=True)
class OptionsGuess:
    """A guess among options.

    Attributes:
        options: In order of display.
        in_chart: Whether the options are places in the chart, which can be tapped.

    Example:
        >>> guess = OptionsGuess((Option("up", "It rises"), Option("down", "It falls")))
        >>> guess.read("up"), guess.show("up")
        ('up', 'It rises')
    """

    options: tuple[Option, ...]
    in_chart: bool = False

    def read(self, text: object) -> str:
        """Read a stored guess or one from a page's address.

        Raises:
            UserError: It isn't the key of an option.
        """
        if str(text) not in {option.key for option in self.options}:
            raise UserError("This isn't one of the options; choose one of them.")
        return str(text)

    def show(self, value: GuessValue) -> str:
        """Write an option's text."""
        return next(option.text for option in self.options if option.key == value)


Guess = SliderGuess | OptionsGuess


@dataclass(frozen=True)
class Answer:
    """An option of a check question, and why it is right or wrong."""

    key: str
    text: str
    reason: str


@dataclass(frozen=True)
class Check:
    """A check question with three options, of which `right` is the key of the right one."""

    question: str
    options: tuple[Answer, Answer, Answer]
    right: str


@dataclass(frozen=True)
class Notes:
    """For the teacher.

    Attributes:
        aim: What students can do afterwards.
        misconception: What many believe before.
        explain: What to explain after the reveal.
    """

    aim: str
    misconception: str
    explain: str


@dataclass(frozen=True)
class Figure:
    """One figure of a step's result.

    Attributes:
        series: What it belongs to; "truth" is what the guess is compared with.
        x: Its place in the series; of the truth of an `OptionsGuess`, the key of the right option.
        value: The figure, as a share where the step's unit is "%".
        low: Lower end of the interval; NaN if there is none.
        high: Upper end.
        images: Number of images behind it; 0 if it isn't measured on images.
    """

    series: str
    x: str
    value: float
    low: float = math.nan
    high: float = math.nan
    images: int = 0


@dataclass(frozen=True)
class Variant:
    """One position of a step's control.

    Attributes:
        key: Names it in addresses and tables.
        text: As shown.
        settings: What the lab runs for it while the visitor waits; empty if its figures come with the app.
    """

    key: str
    text: str
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Control:
    """What can be changed after the reveal; the first variant is the one that was guessed."""

    label: str
    variants: tuple[Variant, ...]

    def get(self, key: str) -> Variant:
        """Look up a variant.

        Raises:
            UserError: There is no such variant.
        """
        require_known("variant of this step", key, [variant.key for variant in self.variants])
        return next(variant for variant in self.variants if variant.key == key)


Measure = Callable[["list[LabResult]", str], list[Figure]]
"""From the lab's results, in the order of the settings, and a variant's key to figures, "truth" among them."""


@dataclass(frozen=True)
class Step:
    """One step of the lesson.

    Attributes:
        key: Names the step in addresses, tables and answers; never changes.
        title: A few words.
        minutes: How long a class takes for it.
        question: What is guessed.
        guess: How it is guessed.
        check: Asked after the reveal.
        notes: For the teacher.
        source: Which data the figures come from.
        control: What can be changed after the reveal.
        measure: Computes the figures of a variant.
        settings: What the lab runs for the first variant; empty if the step isn't an experiment of the lab.
    """

    key: str
    title: str
    minutes: int
    question: str
    guess: Guess
    check: Check
    notes: Notes
    source: str
    control: Control
    measure: Measure
    settings: tuple[Setting, ...] = ()

    def shipped(self) -> tuple[Variant, ...]:
        """The variants whose figures come with the app: the first, and those that the lab needn't run."""
        return tuple(v for v in self.control.variants if not v.settings or v is self.control.variants[0])
