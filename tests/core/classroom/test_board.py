"""The class board: what the server computed, one row a setting, test figures only once they are open."""

import math
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from core.classroom import board
from core.classroom.board import ALREADY, Entry, best, entries, open_test, put_on_board, read_setting, write_setting
from core.classroom.contracts import Room
from core.classroom.people import leave
from core.classroom.rooms import close_room, delete_room, remove_nickname, teacher_room
from core.errors import UserError
from core.evaluation.metrics import METRICS
from core.lab.embeddings import Embeddings
from core.lab.experiment import LabResult, run_setting
from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec
from core.stats import UNDEFINED, Estimate
from tests.core.classroom.conftest import Lesson

SMOTE, KNN = Setting(ResamplingSpec("smote")), Setting(classifier="knn")
WRONG = Setting(ResamplingSpec("smote"), protocol="augmented_test")


@pytest.fixture(scope="module")
def run(small: Embeddings) -> Callable[[Setting], LabResult]:
    found: dict[Setting, LabResult] = {}

    def run(setting: Setting) -> LabResult:
        if setting not in found:
            found[setting] = run_setting(setting, small)
        return found[setting]

    return run


def room_of(lesson: Lesson) -> Room:
    return teacher_room(lesson.classroom, lesson.teacher)


def test_the_validation_split_is_compared_and_the_test_split_opened_once(
    lesson: Lesson, run: Callable[[Setting], LabResult]
) -> None:
    result = run(SMOTE)
    put_on_board(lesson.classroom, lesson.ann.token, result)
    (entry,) = entries(lesson.classroom, room_of(lesson))
    assert (entry.nickname, entry.setting, entry.honest) == (lesson.ann.participant.nickname, SMOTE, True)
    assert result.validation is not None
    assert entry.score.value == pytest.approx(METRICS["balanced_accuracy"](result.validation.raw))
    assert entry.score.low < entry.score.value < entry.score.high
    assert math.isnan(entry.test.value)
    assert open_test(lesson.classroom, lesson.teacher).test_open
    (entry,) = entries(lesson.classroom, room_of(lesson))
    test = result.measures.set_index("measure").loc["balanced_accuracy"]
    assert (entry.test.value, entry.test.low, entry.test.high) == pytest.approx(tuple(test[["value", "low", "high"]]))
    with pytest.raises(UserError, match="test figures are open"):
        put_on_board(lesson.classroom, lesson.ann.token, run(KNN))


def test_validation_images_are_those_of_the_split_by_lesion(
    small: Embeddings, run: Callable[[Setting], LabResult]
) -> None:
    outcome = run(SMOTE).validation
    assert outcome is not None
    assert set(outcome.raw.image_id) == set(small.image_id[small.rows_of("validation")])


def test_a_wrong_protocol_shows_what_it_would_report_and_later_the_honest_score(
    lesson: Lesson, run: Callable[[Setting], LabResult]
) -> None:
    result = run(WRONG)
    assert result.validation is None
    put_on_board(lesson.classroom, lesson.ben.token, result)
    (entry,) = entries(lesson.classroom, room_of(lesson))
    row = result.gaps.set_index("measure").loc["balanced_accuracy"]
    assert not entry.honest and entry.score.value == pytest.approx(row["inflated"])
    assert math.isnan(entry.test.value) and math.isnan(entry.gap.value)
    open_test(lesson.classroom, lesson.teacher)
    (entry,) = entries(lesson.classroom, room_of(lesson))
    assert (entry.test.value, entry.gap.value) == pytest.approx((row["honest"], row["gap"]))


def test_a_setting_goes_on_the_board_once_for_each_student(lesson: Lesson, run: Callable[[Setting], LabResult]) -> None:
    for token in (lesson.ann.token, lesson.ben.token):
        put_on_board(lesson.classroom, token, run(SMOTE))
        with pytest.raises(UserError, match=ALREADY[:20]):
            put_on_board(lesson.classroom, token, run(SMOTE))
    assert len(entries(lesson.classroom, room_of(lesson))) == 2


def test_a_full_board(lesson: Lesson, run: Callable[[Setting], LabResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MOST", 1)
    put_on_board(lesson.classroom, lesson.ann.token, run(SMOTE))
    with pytest.raises(UserError, match="the most"):
        put_on_board(lesson.classroom, lesson.ann.token, run(KNN))


def test_a_closed_room_a_foreign_token_and_a_wrong_link(lesson: Lesson, run: Callable[[Setting], LabResult]) -> None:
    with pytest.raises(UserError, match="no longer in this room"):
        put_on_board(lesson.classroom, lesson.teacher, run(SMOTE))
    with pytest.raises(UserError, match="opens no room"):
        open_test(lesson.classroom, lesson.ann.token)
    close_room(lesson.classroom, lesson.teacher)
    with pytest.raises(UserError, match="is closed"):
        put_on_board(lesson.classroom, lesson.ann.token, run(SMOTE))


def test_entries_go_with_their_student_and_their_room(lesson: Lesson, run: Callable[[Setting], LabResult]) -> None:
    for token in (lesson.ann.token, lesson.ben.token):
        put_on_board(lesson.classroom, token, run(SMOTE))
    room = room_of(lesson)
    remove_nickname(lesson.classroom, lesson.teacher, lesson.ann.participant.id)
    assert [each.nickname for each in entries(lesson.classroom, room)] == [lesson.ben.participant.nickname]
    leave(lesson.classroom, lesson.ben.token)
    assert entries(lesson.classroom, room) == []
    delete_room(lesson.classroom, lesson.teacher)


def test_an_undefined_interval_is_kept_as_such(lesson: Lesson, run: Callable[[Setting], LabResult]) -> None:
    bare = replace(run(SMOTE), measures=pd.DataFrame([("balanced_accuracy", 0.5, math.nan, math.nan)],
                   columns=["measure", "value", "low", "high"]))  # fmt: skip
    put_on_board(lesson.classroom, lesson.ann.token, bare)
    open_test(lesson.classroom, lesson.teacher)
    (entry,) = entries(lesson.classroom, room_of(lesson))
    assert entry.test.value == 0.5 and math.isnan(entry.test.low)


def entry(person: int, score: float, protocol: str = "right") -> Entry:
    setting = Setting(ResamplingSpec(seed=int(100 * score)), protocol=protocol)
    return Entry(person, f"Name {person}", setting, Estimate(score, score - 0.1, score + 0.1), UNDEFINED, UNDEFINED)


def test_each_students_best_honest_entry_and_wrong_ones_apart() -> None:
    found = [entry(1, 0.5), entry(1, 0.6), entry(2, 0.7), entry(2, 0.9, "image_split"), entry(2, 0.3)]
    assert [(each.participant_id, each.score.value) for each in best(found, True)] == [(2, 0.7), (1, 0.6)]
    assert [each.score.value for each in best(found, False)] == [0.9]
    assert best([], True) == []


def test_one_setting_is_one_text() -> None:
    setting = Setting(ResamplingSpec("smote", 0.5, 7, 3), "mlp", "image_split")
    assert read_setting(write_setting(setting)) == setting
    assert (
        len(write_setting(Setting(ResamplingSpec("logit_adjustment" * 2, 0.123456, 100, 999), "x" * 20, "y" * 20)))
        < 255
    )
