"""A route that answers with a room's version number, so that waiting browsers cost no run of a page."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.classroom.secrets import PROCESS
from core.errors import UserError

FRESH = 0.2
"""Seconds for which an answer from the database serves all who ask: a class asks 40 times a second."""
PURGE = 6 * 3600.0
"""Seconds between two deletions of old rooms."""
KEPT = 1000
"""Rooms that are remembered."""
PATH = "/rooms/{watch}/{who}"
WHO = {"students": 0, "teacher": 1}
"""Who asks, and which number of `core.classroom.rooms.watched` is theirs."""
Versions = tuple[int, int] | None


@dataclass(frozen=True)
class _Asked:
    at: float
    answer: "asyncio.Task[Versions]"


class RoomVersions:
    """Reads versions from the database, once for all who ask at the same time."""

    def __init__(self, read: Callable[[str], Versions], clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing read.

        Args:
            read: Returns a room's version and activity by its unguessable name, None if there is no such room.
            clock: Seconds.
        """
        self._read, self._clock, self._asked = read, clock, dict[str, _Asked]()

    async def get(self, watch: str) -> Versions:
        """Return a room's version and activity, None if there is no such room.

        Raises:
            UserError: The database fails.
        """
        asked = self._asked.get(watch)
        if asked is None or self._clock() - asked.at >= FRESH:
            if len(self._asked) >= KEPT:
                self._asked.clear()
            asked = _Asked(self._clock(), asyncio.create_task(asyncio.to_thread(self._read, watch)))
            self._asked[watch] = asked
        return await asyncio.shield(asked.answer)

    async def respond(self, request: Request) -> Response:
        """Answer with the version as JSON, or with 304 if the browser has it already.

        A room that isn't there, or not any more, has version 0: a browser that waits in it then runs its page again.
        The answer names this process, so that a browser loads its page again when the server was restarted.
        """
        which = WHO.get(request.path_params["who"])
        try:
            found = None if which is None else await self.get(request.path_params["watch"][:64])
        except UserError as error:
            return JSONResponse({"error": str(error)}, 503, {"Cache-Control": "no-store"})
        version = 0 if found is None or which is None else found[which]
        headers = {"ETag": f'"{version}-{PROCESS}"', "Cache-Control": "no-cache, private"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return JSONResponse({"version": version, "process": PROCESS}, headers=headers)


def _read(watch: str) -> Versions:
    from core.classroom.rooms import watched
    from core.classroom.settings import has_rooms
    from dashboard.caches.classroom import classroom

    if not has_rooms():  # opening the database would create it
        return None
    return watched(classroom(), watch)


async def delete_old_rooms(every: float = PURGE) -> None:
    """Delete the rooms that are too old, now and regularly; a fault is logged, and the next time may succeed.

    Args:
        every: Seconds between two times.
    """
    from core.classroom.settings import has_rooms

    while True:
        if has_rooms():
            with suppress(UserError):
                await asyncio.to_thread(_purge)
        await asyncio.sleep(every)


def _purge() -> None:
    from core.classroom.rooms import purge
    from dashboard.caches.classroom import classroom

    purge(classroom())


def room_routes() -> list[Route]:
    """Return the routes for `st.App`."""
    return [Route(PATH, RoomVersions(_read).respond, methods=["GET"])]
