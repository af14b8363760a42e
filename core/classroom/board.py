"""The class board: each student's best lab setting, compared on the validation split; wrong protocols apart."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from core.classroom.access import student_writes, taught_room, tell_all
from core.classroom.clock import now
from core.classroom.contracts import Room
from core.classroom.database import Classroom
from core.classroom.schema import EntryRow, PersonRow
from core.errors import UserError
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.lab.experiment import LabResult
from core.lab.measures import DRAWS
from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec
from core.stats import UNDEFINED, Estimate

METRIC = METRICS["balanced_accuracy"]
"""What the board compares."""
MOST = 100
"""Settings that a student may put on the board."""
ALREADY = "You have put this setting on the board already."
OPENED = "The test figures are open, so nothing can be put on the board any more."
FULL = f"You have put {MOST} settings on the board, which is the most that it takes."


@dataclass(frozen=True)
class Entry:
    """A setting that a student put on the board.

    Attributes:
        participant_id: Whose.
        nickname: Whose.
        setting: Of the lab.
        score: What the board compares: the score on the validation split, or of a wrong protocol the test score that
            it would let you report.
        test: The honest test score; undefined until the teacher opens the test figures.
        gap: By how much a wrong protocol's score exceeds the honest one on the same images; undefined until then, and
            of the right protocol.
    """

    participant_id: int
    nickname: str
    setting: Setting
    score: Estimate
    test: Estimate
    gap: Estimate

    @property
    def honest(self) -> bool:
        """Whether its protocol is right."""
        return self.setting.protocol == "right"


def put_on_board(classroom: Classroom, token: str, result: LabResult) -> None:
    """Put a setting on the board of the student's room.

    Args:
        classroom: The class database.
        token: The student's.
        result: What the lab computed on this server.

    Raises:
        UserError: It is on the board already, the board is full or its test figures are open, the room is closed, the
            token is unknown or too fast, or the database fails.
    """
    key, figures = write_setting(result.setting), _figures(result)
    with student_writes(classroom, token) as (session, person, room):
        if room.test_open:
            raise UserError(OPENED)
        if session.get(EntryRow, (person.id, key)):
            raise UserError(ALREADY)
        own = session.scalar(select(func.count()).select_from(EntryRow).where(EntryRow.participant_id == person.id))
        if own is not None and own >= MOST:
            raise UserError(FULL)
        session.add(EntryRow(participant_id=person.id, setting=key, saved_at=now(), **figures))


def _figures(result: LabResult) -> dict[str, float | None]:
    """Compute what a row of the board holds."""
    own = _row(result.measures, "value")
    if result.validation is not None:
        found = {"score": Bootstrap(result.validation.raw, DRAWS).estimate(METRIC), "test": own, "gap": UNDEFINED}
    else:
        honest = Bootstrap(result.honest.raw, DRAWS).estimate(METRIC)
        found = {"score": own, "test": honest, "gap": _row(result.gaps, "gap")}
    cells = {name: value for key, each in found.items() for name, value in each.columns(key).items()}
    return {name: None if math.isnan(value) else value for name, value in cells.items()}


def _row(table: pd.DataFrame, column: str) -> Estimate:
    """Read the compared figure from a table of the lab's measures."""
    row = table.loc[table["measure"] == METRIC.name, [column, "low", "high"]]
    return Estimate(*row.to_numpy(np.float64)[0].tolist())


def estimate_of(row: object, name: str) -> Estimate:
    """Read a figure and its interval from a row of the database, where NULL is undefined."""
    cells = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return Estimate(*(math.nan if cell is None else cell for cell in cells))


def entries(classroom: Classroom, room: Room) -> list[Entry]:
    """List all settings on a room's board, in the order of students and time; test figures only once they are open.

    Raises:
        UserError: The database fails.
    """
    query = select(EntryRow, PersonRow.nickname).join(PersonRow).where(PersonRow.room_id == room.id)
    with classroom.reading() as session:
        rows = session.execute(query.order_by(PersonRow.id, EntryRow.saved_at)).all()
        return [
            Entry(
                row.participant_id, name, read_setting(row.setting), estimate_of(row, "score"),
                estimate_of(row, "test") if room.test_open else UNDEFINED,
                estimate_of(row, "gap") if room.test_open else UNDEFINED,
            )
            for row, name in rows
        ]  # fmt: skip


def best(found: Sequence[Entry], honest: bool) -> list[Entry]:
    """Choose each student's best entry, best first.

    Args:
        found: All entries of a room.
        honest: Of the right protocol; else of wrong ones.
    """
    chosen: dict[int, Entry] = {}
    for each in found:
        if each.honest is honest:
            before = chosen.get(each.participant_id)
            if before is None or each.score.value > before.score.value:
                chosen[each.participant_id] = each
    return sorted(chosen.values(), key=lambda each: -each.score.value)


def open_test(classroom: Classroom, teacher: str) -> Room:
    """Show the test figures to everybody in the room, once and for all.

    Raises:
        UserError: The link is wrong, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, lock=True)
        row.test_open = True
        return tell_all(row)


def write_setting(setting: Setting) -> str:
    """Write a setting as the database keeps it: always the same text for the same setting.

    Example:
        >>> setting = Setting(ResamplingSpec("smote"), "knn")
        >>> read_setting(write_setting(setting)) == setting
        True
    """
    return json.dumps(asdict(setting), sort_keys=True, separators=(",", ":"))


def read_setting(text: str) -> Setting:
    """Read what `write_setting` wrote."""
    found = json.loads(text)
    return Setting(ResamplingSpec(**found.pop("resampling")), **found)
