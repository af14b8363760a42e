"""The settings in effect are the safe ones, and the app shows nothing where they are not."""

import gc
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from streamlit import net_util
from streamlit.web import bootstrap

from core.config import ROOT
from dashboard import settings
from dashboard.settings import SAFE, USAGE, spare_collector, unsafe_settings
from tests.dashboard.pages import visit
from tests.servers import start_server
from tests.visitors import Seen, Visitor, run_apart

GOOD = {
    "server.maxUploadSize": 10,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
}


def test_the_committed_settings_are_in_effect():
    assert unsafe_settings() == []


def test_no_other_host_is_asked_for_this_machines_address_at_the_start(monkeypatch):
    asked = []
    monkeypatch.setattr(net_util, "get_external_ip", lambda: asked.append("external"))
    monkeypatch.setattr(bootstrap.cli_util, "print_to_cli", lambda *_, **__: None)
    bootstrap._print_url(is_running_hello=False)
    assert not asked


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server.maxUploadSize", 200),
        ("server.maxUploadSize", 0),
        ("server.enableXsrfProtection", False),
        ("server.enableCORS", False),
        ("client.showErrorDetails", "full"),
        ("global.developmentMode", True),
    ],
)
def test_each_unsafe_setting_is_named(name, value):
    assert set(GOOD) == set(SAFE)
    assert unsafe_settings(GOOD.get) == []
    (fault,) = unsafe_settings((GOOD | {name: value}).get)
    assert fault.startswith(f"{name} is {value!r}, must be ")


def test_an_unsafe_server_shows_the_fault_and_nothing_else(monkeypatch):
    monkeypatch.setattr("dashboard.settings.unsafe_settings", lambda: ["server.maxUploadSize is 200, must be 10"])
    page = visit("Home")
    assert ["server.maxUploadSize is 200" in error.value for error in page.error] == [True]
    assert not page.title and not page.markdown and not page.caption


COMMUNITY_CLOUD = {
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "false",
    "STREAMLIT_RUNNER_FAST_RERUNS": "true",
    "STREAMLIT_SERVER_RUN_ON_SAVE": "true",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
}
"""What Streamlit Community Cloud overrides, from its page "Status and limitations"."""


def test_the_app_opens_under_community_cloud_s_settings_and_says_what_it_cannot_change(tmp_path):
    async def visit(url: str) -> Seen:
        async with Visitor(url) as visitor:
            return await visitor.visit("classify")

    server, url = start_server(tmp_path / "log", dict(os.environ) | COMMUNITY_CLOUD)
    try:
        seen = run_apart(visit(url))
    finally:
        server.terminate()
        server.wait(timeout=20)
    assert seen.uploader and not seen.alerts
    assert USAGE in seen.texts


@pytest.fixture
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_imports_made_is_spared_by_the_collector_and_what_runs_made_is_not(monkeypatch):
    monkeypatch.setattr(settings, "_spared", 0)
    spare_collector()
    spared = gc.get_freeze_count()
    assert spared > 100_000
    kept = [[i] for i in range(1_000)]
    spare_collector()
    assert gc.get_freeze_count() <= spared  # less by what has been dropped meanwhile
    monkeypatch.setitem(sys.modules, "tests.a_new_module", ModuleType("a_new_module"))
    spare_collector()
    assert gc.get_freeze_count() > spared + len(kept) // 2


HEAP = """
import sys
import numpy as np
from pathlib import Path

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "bound":
    from dashboard.settings import bound_heap
    bound_heap()
# A large array raises glibc's own threshold; a small one after each that follows keeps the heap from shrinking.
np.zeros(30 * 2**20, np.uint8)
before, kept = resident(), []
arrays = []
for _ in range(100):
    arrays.append(np.ones(2**20, np.uint8))
    kept.append(np.ones(1000, np.uint8))
arrays.clear()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_memory_of_arrays_is_given_back():
    def left(how: str) -> float:
        done = subprocess.run([sys.executable, "-c", HEAP, how], capture_output=True, text=True, cwd=ROOT, check=True)
        return float(done.stdout)

    assert left("free") > 50
    assert left("bound") < 5
