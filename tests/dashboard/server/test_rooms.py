"""The route that answers with a room's version."""

import asyncio
import json
import threading
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from core.classroom.database import Classroom
from core.classroom.rooms import go_to_step, open_room, watched
from core.classroom.secrets import PROCESS
from core.errors import UserError
from dashboard.server import rooms
from dashboard.server.rooms import RoomVersions, Versions, delete_old_rooms
from tests.visitors import run_apart


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def ask(versions: RoomVersions, watch: str, who: str = "students", etag: str = "") -> Response:
    headers = [(b"if-none-match", etag.encode())] if etag else []
    scope = {"type": "http", "method": "GET", "headers": headers, "path_params": {"watch": watch, "who": who}}
    return run_apart(versions.respond(Request(scope)))


def test_students_and_teacher_have_versions_of_their_own() -> None:
    versions = RoomVersions(lambda watch: {"abc": (4, 9)}.get(watch))
    for who, version in (("students", 4), ("teacher", 9)):
        got = ask(versions, "abc", who)
        assert (got.status_code, json.loads(got.body)) == (200, {"version": version, "process": PROCESS})
        assert got.headers["etag"] == f'"{version}-{PROCESS}"'
        assert "no-cache" in got.headers["cache-control"]
        same = ask(versions, "abc", who, f'"{version}-{PROCESS}"')
        assert (same.status_code, same.body) == (304, b"")
        assert ask(versions, "abc", who, f'"3-{PROCESS}"').status_code == 200


@pytest.mark.parametrize(("watch", "who"), [("nonsense", "students"), ("abc", "nobody"), ("x" * 10_000, "students")])
def test_no_such_room(watch: str, who: str) -> None:
    got = ask(RoomVersions(lambda name: (1, 1) if name == "abc" else None), watch, who)
    assert (got.status_code, json.loads(got.body)) == (200, {"version": 0, "process": PROCESS})


def test_a_database_that_fails_is_asked_again() -> None:
    faults = [UserError("The class database is busy.")]

    def read(_: str) -> Versions:
        if faults:
            raise faults.pop()
        return (1, 1)

    clock = Clock()
    versions = RoomVersions(read, clock)
    assert ask(versions, "abc").status_code == 503
    clock.seconds += rooms.FRESH
    assert ask(versions, "abc").status_code == 200


def test_a_whole_class_is_one_question_to_the_database() -> None:
    asked, held, clock = list[str](), threading.Event(), Clock()

    def read(watch: str) -> Versions:
        asked.append(watch)
        held.wait(5)
        return (len(asked), 0)

    async def everybody(versions: RoomVersions) -> list[Versions]:
        class_asks = [asyncio.create_task(versions.get("abc")) for _ in range(40)]
        await asyncio.sleep(0)
        held.set()
        return list(await asyncio.gather(*class_asks))

    versions = RoomVersions(read, clock)
    assert run_apart(everybody(versions)) == [(1, 0)] * 40
    clock.seconds += rooms.FRESH
    assert run_apart(versions.get("abc")) == (2, 0)
    assert asked == ["abc", "abc"]


def test_made_up_rooms_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "KEPT", 5)
    versions = RoomVersions(lambda _: None, Clock())
    for number in range(50):
        run_apart(versions.get(str(number)))
    assert len(versions._asked) <= 5


def test_a_version_changes_with_the_room(tmp_path: Path) -> None:
    classroom = Classroom(f"sqlite:///{tmp_path / 'class.sqlite'}")
    opened = open_room(classroom, ["always_nevus"])
    clock = Clock()
    versions = RoomVersions(lambda watch: watched(classroom, watch), clock)
    before = ask(versions, opened.room.watch)
    go_to_step(classroom, opened.teacher, "always_nevus")
    clock.seconds += rooms.FRESH
    assert ask(versions, opened.room.watch, etag=before.headers["etag"]).status_code == 200
    assert json.loads(ask(versions, opened.room.code).body)["version"] == 0  # who tries codes learns nothing here


def test_asking_for_a_room_makes_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    assert rooms._read("abc") is None
    assert not (tmp_path / "classroom.sqlite").exists()


@pytest.mark.parametrize("there", [True, False])
def test_old_rooms_are_deleted_regularly_and_no_database_is_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    if there:
        (tmp_path / "classroom.sqlite").write_bytes(b"")
    purged = list[int]()
    monkeypatch.setattr(rooms, "_purge", lambda: purged.append(1))

    async def a_while() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delete_old_rooms(0.01), 0.2)

    run_apart(a_while())
    assert (len(purged) > 1) is there
    assert (tmp_path / "classroom.sqlite").exists() is there
