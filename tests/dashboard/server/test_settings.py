"""The settings in effect are the safe ones, and the app shows nothing where they are not."""

import os
import time

import pytest
from streamlit import net_util
from streamlit.web import bootstrap

from core.config import ROOT
from dashboard.server.settings import SAFE, USAGE, settings_fault, unsafe_settings
from tests.dashboard.pages import visit
from tests.servers import start_server
from tests.visitors import Seen, Visitor, run_apart

GOOD = {
    "server.maxUploadSize": 40,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
}


def test_the_committed_settings_are_in_effect():
    assert unsafe_settings() == []


def test_started_in_another_folder_the_terminal_says_what_the_browser_says(tmp_path):
    server, _ = start_server(
        tmp_path / "log", dict(os.environ), script=str(ROOT / "dashboard" / "Home.py"), cwd=tmp_path
    )
    deadline = time.monotonic() + 60
    while "Error: " not in (tmp_path / "log").read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    server.terminate()
    server.wait(timeout=20)
    (line,) = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("Error: ")]
    assert "server.maxUploadSize is 200, must be at most 40" in line and "Start it in the repository's root" in line


def test_safe_settings_say_nothing_and_unsafe_ones_say_what_to_do(monkeypatch):
    assert settings_fault() is None
    monkeypatch.setitem(SAFE, "server.maxUploadSize", (lambda _: False, "less"))
    assert "server.maxUploadSize is 40, must be less" in str(settings_fault())


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
    monkeypatch.setattr(
        "dashboard.server.settings.unsafe_settings", lambda: ["server.maxUploadSize is 200, must be 40"]
    )
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
