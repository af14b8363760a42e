"""A class that is taught while others use the app: phones in a room, and the lesson step by step.

Phones are visitors without a browser: they ask once a second whether the room has changed, and run their part of the
page when it has. In each step everybody votes twice, then the answer is revealed.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from core.classroom.answers import save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.limits import Limits, RateLimit
from core.classroom.rooms import Opened, advance, go_to_step, open_room
from core.lessons.steps import STEPS
from tests.phones import EVERY, Phone
from tests.visitors import LostError

PHASE = 10.0
"""Seconds that a class takes for a vote, or to look at an answer."""
VOTES = (StepPhase.FIRST, StepPhase.SECOND)


@dataclass
class Answers:
    """What a class met.

    Attributes:
        shown: How often a phone showed a revealed answer.
        faults: Lost connections, by name.
    """

    shown: int = 0
    faults: Counter[str] = field(default_factory=Counter)


async def lessons(url: str, database: str, students: int, until: float, answers: Answers) -> None:
    """Teach one class after another, each in a room of its own and once through the lesson.

    Args:
        url: Of the app.
        database: Address of its class database.
        students: How many sit in a room.
        until: When the last one ends, by the monotonic clock.
        answers: Counts.
    """
    many = [RateLimit(10**9, 60, "Too fast.") for _ in range(4)]
    classroom = Classroom(database, Limits(*many))
    while time.monotonic() < until:
        opened = open_room(classroom, [step.key for step in STEPS])
        async with AsyncExitStack() as stack:
            phones = [Phone(url, f"room={opened.room.code}") for _ in range(students)]
            for phone in phones:
                await stack.enter_async_context(phone)
                await phone.join()
            end = min(until, time.monotonic() + PHASE * 3 * len(STEPS))
            await asyncio.gather(
                _teach(classroom, opened, phones, end), *(_sit(phone, end, answers) for phone in phones)
            )


async def _sit(phone: Phone, until: float, answers: Answers) -> None:
    await asyncio.sleep(random.random() * EVERY)
    try:
        while time.monotonic() < until:
            if await phone.has_changed():
                await phone.show(part=True)
                answers.shown += phone.sees("The answer is")
            await asyncio.sleep(EVERY)
    except LostError as error:
        answers.faults[f"phone: {error}"] += 1
    except TimeoutError:
        answers.faults["phone: no answer in time"] += 1


async def _teach(classroom: Classroom, opened: Opened, phones: list[Phone], until: float) -> None:
    for step in STEPS:
        await asyncio.to_thread(go_to_step, classroom, opened.teacher, step.key)
        for phase in (*VOTES, StepPhase.REVEAL):
            await asyncio.to_thread(advance, classroom, opened.teacher, step.key, phase)
            await asyncio.sleep(min(PHASE, max(until - time.monotonic(), 0)))
            if time.monotonic() >= until:
                return
            if phase in VOTES:
                await asyncio.to_thread(_vote, classroom, phones, step.key)


def _vote(classroom: Classroom, phones: list[Phone], key: str) -> None:
    guess = next(each.guess for each in STEPS if each.key == key)
    value = str(guess.start if hasattr(guess, "start") else guess.options[0].key)
    for phone in phones:
        save_guess(classroom, phone.data["room_token"]["token"], key, value, 2)
