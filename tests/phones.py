"""Students' and teachers' tabs on the class page, without a browser."""

import asyncio
import json
import random
import time
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.visitors import Visitor

EVERY = 1.0
"""Seconds between two questions of a phone, as in watch.js."""


class Phone(Visitor):
    """A tab on the class page; like `watch.js`, it asks for the room's version once a second.

    Attributes:
        query: Of its address.
        texts: What the last run wrote.
        pressable: Ids of its buttons by their text.
        fragment: Id of the part that runs again.
        data: What the page gave its components, by their names.
    """

    def __init__(self, url: str, query: str) -> None:
        super().__init__(url)
        self.query, self.fragment = query, ""
        self.texts: list[str] = []
        self.pressable: dict[str, str] = {}
        self.data: dict[str, Any] = {}

    async def show(self, press: str = "", part: bool = False) -> None:
        """Run the page, or its part alone, as after a click on a button."""
        message = BackMsg()
        run = message.rerun_script
        run.page_name, run.query_string = "class", self.query
        run.context_info.url = str(self.url / "class")
        run.fragment_id = self.fragment if part else ""
        if press:
            run.widget_states.widgets.append(WidgetState(id=self.pressable[press], trigger_value=True))
        self.texts = []
        await self._send(message)
        async for got in self._until_finished():
            if got.WhichOneof("type") == "delta":
                self.fragment = got.delta.fragment_id or self.fragment
                if got.delta.HasField("new_element"):
                    self._note(got.delta.new_element)

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind in ("markdown", "heading", "alert", "metric"):
            self.texts.append(getattr(element, kind).body)
        elif kind == "button":
            self.pressable[element.button.label] = element.button.id
        elif kind == "bidi_component" and element.bidi_component.json:
            name = element.bidi_component.component_name.rpartition(".")[2]
            self.data[name] = json.loads(element.bidi_component.json)

    def sees(self, text: str) -> bool:
        """Whether the last run wrote this."""
        return any(text in each for each in self.texts)

    async def join(self) -> float:
        """Open the join link, then join; returns the seconds from the click to the page behind it."""
        await self.show()
        begin = time.perf_counter()
        assert "Join" in self.pressable, self.texts
        await self.show(press="Join")
        took = time.perf_counter() - begin
        assert self.sees("You're in"), self.texts
        token = self.data["room_token"]
        self.http.cookie_jar.update_cookies({token["name"]: token["token"]}, self.url)
        return took

    async def has_changed(self) -> bool:
        """Ask for the room's version."""
        watch = self.data["room_watch"]
        headers = {"If-None-Match": f'"{watch["version"]}-{watch["process"]}"'}
        async with self.http.get(self.url / watch["path"], headers=headers) as answer:
            await answer.read()
            return answer.status == 200

    async def changes(self) -> bool:
        """Ask for up to two seconds; a server reads a room's version from the database at most every 0.2 s."""
        for _ in range(20):
            if await self.has_changed():
                return True
            await asyncio.sleep(0.1)
        return False

    async def wait_for(self, text: str) -> float:
        """Ask as a browser does until the page shows the text; returns the time then."""
        await asyncio.sleep(random.random() * EVERY)
        while True:
            if await self.has_changed():
                await self.show(part=True)
                if self.sees(text):
                    return time.time()
            await asyncio.sleep(EVERY)
