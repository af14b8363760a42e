"""The open class database, shared by all visitors, and what the lesson's steps are compared with."""

from functools import cache

from core.classroom.database import Classroom
from core.classroom.settings import database_url
from core.lessons import results
from core.lessons.results import StepTruth
from core.lessons.steps import STEPS
from dashboard.caches import lesson


@cache
def _open(url: str) -> Classroom:
    return Classroom(url)


def classroom() -> Classroom:
    """Return the class database; opens it at the first call, and again after a fault.

    Raises:
        UserError: It can't be opened.
    """
    return _open(database_url())


def truths() -> dict[str, StepTruth]:
    """Return what the guesses of each step are compared with, in the order of the lesson.

    Raises:
        UserError: The lesson's results are missing or damaged.
    """
    table = lesson.table()
    return {step.key: results.truth(step, table) for step in STEPS}
