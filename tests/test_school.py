"""A school's server: what compose.yaml starts, run with the programs of this machine."""

import os
import re
import shutil
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import yaml

from core.classroom.answers import guesses, save_guess
from core.classroom.database import Classroom
from core.classroom.people import people
from core.classroom.rooms import Opened, go_to_step, open_room
from core.config import ROOT
from core.lessons.steps import STEPS
from tests.phones import Phone
from tests.servers import PORTS, SBIN, Postgres, Replicas, postgres
from tests.visitors import LostError, run_apart

pytest.importorskip("psycopg")
pytestmark = pytest.mark.proxy
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
KEYS = [step.key for step in STEPS]


def run(act: Coroutine[Any, Any, None]) -> None:
    run_apart(act)


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    yield from postgres()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, database: Postgres) -> Iterator[Replicas]:
    if not shutil.which("nginx", path=SBIN):
        reason = "no nginx: `apt-get install nginx-light`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    url = database.url.replace("+psycopg", "")  # as compose.yaml writes it
    started = Replicas(tmp_path_factory.mktemp("school"), {"HAM10000_DATABASE": url})
    yield started
    started.close()


@pytest.fixture
def classroom(database: Postgres) -> Iterator[Classroom]:
    opened = Classroom(database.url)
    yield opened
    opened.dispose()


@pytest.fixture
def room(classroom: Classroom) -> Opened:
    return open_room(classroom, KEYS)


def test_compose_starts_what_is_tested_here() -> None:
    assert set(COMPOSE) == {"database", "proxy", "one", "two"}
    for name in ("one", "two"):
        service = COMPOSE[name]
        assert service["environment"]["HAM10000_DATABASE"].startswith("postgresql://")
        assert f"--server.port={PORTS[name]}" in service["command"] and service["network_mode"] == "service:proxy"
    assert "./.streamlit/nginx.conf" in COMPOSE["proxy"]["volumes"][0]
    assert f"listen 127.0.0.1:{PORTS['proxy']}" in (ROOT / ".streamlit" / "nginx.conf").read_text()
    assert f"sed 's/listen 127.0.0.1:{PORTS['proxy']}/" in COMPOSE["proxy"]["command"]
    assert all(re.search(r":\d", service.get("image", ":1")) for service in COMPOSE.values())


def test_the_image_gets_the_tested_driver() -> None:
    package = COMPOSE["one"]["build"]["args"]["EXTRA_PACKAGES"]
    assert package in (ROOT / "requirements-dev.txt").read_text()
    assert "ARG EXTRA_PACKAGES" in (ROOT / "Dockerfile").read_text()


def test_two_replicas_show_the_same_counts(school: Replicas, classroom: Classroom, room: Opened) -> None:
    async def act() -> None:
        async with AsyncExitStack() as stack:
            teachers = [
                await stack.enter_async_context(Phone(school.address(name), f"teach={room.teacher}"))
                for name in ("one", "two")
            ]
            for teacher in teachers:
                await teacher.show()  # the secret link, which leads on to the teacher's screen
                assert teacher.sees("0")
            for name in ("one", "two", "two"):
                await (await stack.enter_async_context(Phone(school.address(name), f"room={room.room.code}"))).join()
            for teacher in teachers:
                assert await teacher.changes()
                await teacher.show(part=True)
                assert "3" in teacher.texts
            await teachers[0].show(press="Start", part=True)
            assert await teachers[1].changes()
            await teachers[1].show(part=True)
            assert teachers[1].sees("0 of 3") and teachers[1].sees(STEPS[0].title)

    run(act())
    assert len(people(classroom, room.room)) == 3


def test_when_a_replica_is_killed_nobody_is_lost(school: Replicas, classroom: Classroom, room: Opened) -> None:
    async def act() -> None:
        async with AsyncExitStack() as stack:
            phones = [await stack.enter_async_context(Phone(school.url, f"room={room.room.code}")) for _ in range(6)]
            for phone in phones:
                await phone.join()
            assert {phone.cookies["replica"] for phone in phones} == {"one", "two"}
            go_to_step(classroom, room.teacher, KEYS[0])
            for phone in phones:
                save_guess(classroom, phone.data["room_token"]["token"], KEYS[0], 60, 2)
            dead = phones[0].cookies["replica"]
            lost = [phone for phone in phones if phone.cookies["replica"] == dead]
            school.kill(dead)
            for phone in lost:
                with pytest.raises(LostError):
                    await phone.show()
                await phone.connect()
            for phone in phones:
                await phone.show()
                assert phone.sees("**60%**"), phone.texts
            school.start(dead)

    run(act())
    assert len(guesses(classroom, room.room)) == 6


def test_the_class_page_says_so_while_the_database_is_away(
    school: Replicas, database: Postgres, classroom: Classroom, room: Opened
) -> None:
    async def act() -> None:
        async with Phone(school.address("one"), f"room={room.room.code}") as phone:
            await phone.join()
            database.kill()
            await phone.show()
            assert phone.sees("can't be reached")
            database.start()
            await phone.show()
            assert phone.sees("You're in")

    run(act())
    assert len(people(classroom, room.room)) == 1
