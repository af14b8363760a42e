"""A running server and a real Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.servers import free_port, start_server

pytest.register_assert_rewrite(*(f"tests.browser.{name}" for name in ("checks", "hands", "views")))  # say what differs
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def chromium_path(playwright: Playwright) -> str:
    """Chromium of the system, else where Playwright puts its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), playwright.chromium.executable_path)


def headless_path(playwright: Playwright) -> str:
    """Chromium without the window that it draws even when nobody sees it, where the system has it; else Chromium.

    In the leaderboard's tests it took 89 s of processor time in place of 128. Screenshots and benchmarks use the whole
    Chromium, as visitors do.
    """
    return shutil.which("chromium-headless-shell") or chromium_path(playwright)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, else Playwright's own; skips where there is none, but fails under CI."""
    with sync_playwright() as playwright:
        path = headless_path(playwright)
        if not Path(path).exists():
            reason = "no Chromium: install it, or run `playwright install chromium`"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def _serve(log: Path, port: int | None = None, **extra: str) -> Iterator[str]:
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    server, url = start_server(log, plain | {"HAM10000_STATE": str(log.parent / "state")} | extra, port=port)
    yield url
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture(scope="session")
def port() -> int:
    """A port for one server after the other: at one address, a tab need not compile the pages' scripts again."""
    return free_port()


@pytest.fixture
def fresh_server(tmp_path: Path, port: int) -> Iterator[str]:
    """Address of a server that nobody has visited, without a dataset."""
    yield from _serve(tmp_path / "server.log", port)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server without a dataset, shared by all tests of one process."""
    yield from _serve(tmp_path_factory.mktemp("server") / "server.log")


@pytest.fixture(scope="module")
def server_with_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the installed HAM10000; skips where there is none."""
    folder = os.environ.get("HAM10000_DIR")
    if not folder:
        pytest.skip("HAM10000_DIR is not set")
    yield from _serve(tmp_path_factory.mktemp("server") / "server.log", HAM10000_DIR=str(Path(folder).resolve()))
