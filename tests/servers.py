"""Servers that tests and benchmarks start: the app on a free port of this machine, or two of it behind nginx."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from core.config import ROOT

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Where nginx lies on Debian, for whom it is not in the path."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(
    log: Path,
    env: dict[str, str],
    script: str = "dashboard/Home.py",
    port: int | None = None,
    base: str = "",
    cwd: Path = ROOT,
) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app as README says, on a free port if none is named, and wait until it answers.

    Args:
        log: Receives all that it prints.
        env: Its environment.
        script: What it runs.
        port: Where it listens.
        base: Path under which it lies on its host, without slashes.
        cwd: Where it is started.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.address=127.0.0.1"]
    command += [f"--server.port={port}", "--server.headless=true", *([f"--server.baseUrlPath={base}"] if base else [])]
    with log.open("wb") as stream:
        env = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as on users' machines
        server = subprocess.Popen(command, cwd=cwd, env=env, stdout=stream, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}/{base}".rstrip("/")
    try:
        wait_until_healthy(url, server)
    except RuntimeError as error:
        server.kill()
        raise RuntimeError(f"{error}: {log.read_text()}") from None
    return server, url


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return once the address answers.

    Raises:
        RuntimeError: The process has ended, or the time is over.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


PORTS = {"proxy": 8080, "one": 8501, "two": 8502}
"""The ports in nginx.conf."""


class Replicas:
    """Two apps behind nginx with the committed configuration, on ports of their own.

    Attributes:
        url: Where nginx listens.
        apps: The apps' processes by the name that the cookie gives them.
    """

    def __init__(self, folder: Path, extra: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start all three.

        Args:
            folder: For logs and nginx's files.
            extra: Of the apps' environment.
        """
        self._folder = folder
        self._ports = {name: free_port() for name in PORTS}
        plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
        self._env = plain | {"STREAMLIT_SERVER_COOKIE_SECRET": os.urandom(16).hex()} | dict(extra)
        self.apps: dict[str, subprocess.Popen[bytes]] = {}
        self.start("one")
        self.start("two")
        self.url = self.address("proxy")
        self._nginx = self._start_nginx()

    def _start_nginx(self) -> subprocess.Popen[bytes]:
        text = (ROOT / ".streamlit" / "nginx.conf").read_text()
        for name, port in PORTS.items():
            assert f":{port}" in text, f"nginx.conf names no port {port}"
            text = text.replace(f":{port}", f":{self._ports[name]}")
        config = self._folder / "nginx.conf"
        config.write_text(text)
        with (self._folder / "nginx.log").open("wb") as log:
            command = [str(shutil.which("nginx", path=SBIN)), "-p", str(self._folder), "-c", str(config)]
            process = subprocess.Popen(command, stderr=log)
        wait_until_healthy(self.url, process)
        return process

    def start(self, name: str) -> None:
        """Start an app, again if it has been killed."""
        self.apps[name], _ = start_server(self._folder / f"{name}.log", self._env, port=self._ports[name])

    def address(self, name: str) -> str:
        """Where an app itself listens, past the proxy."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def kill(self, name: str) -> None:
        """End an app as a crash would."""
        self.apps[name].kill()
        self.apps[name].wait(timeout=20)

    def close(self) -> None:
        """End all that runs."""
        for process in (self._nginx, *self.apps.values()):
            process.terminate()
        for process in (self._nginx, *self.apps.values()):
            process.wait(timeout=20)


def postgres() -> Iterator["Postgres"]:
    """Start PostgreSQL for a fixture and end it; skips the test where it isn't installed, but fails it under CI."""
    try:
        started = Postgres()
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield started
    started.close()


class Postgres:
    """A PostgreSQL server of its own on a free port of this machine, without passwords.

    Attributes:
        url: Of an empty database.
    """

    def __init__(self) -> None:
        """Make a cluster and start it.

        Raises:
            FileNotFoundError: PostgreSQL is not installed.
        """
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            raise FileNotFoundError("no PostgreSQL: `apt-get install postgresql`")
        self._bin, self._port = programs[-1].parent, free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # not pytest's, which other users can't enter
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self._user:  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "postgres", "postgres")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self._folder}
        command = [self._bin / "initdb", "-D", self._folder / "data", "-U", "class", "-A", "trust", "-E", "UTF8"]
        subprocess.run(command, check=True, **quiet, **self._user)  # type: ignore[call-overload]
        self.url = f"postgresql+psycopg://class@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Start it, again if it has been stopped; returns when it takes connections."""
        command = [self._bin / "postgres", "-D", self._folder / "data", "-p", str(self._port), "-k", self._folder]
        command += ["-c", "listen_addresses=127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._user)
        deadline = time.monotonic() + 30
        while subprocess.run([self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)]).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once and cleanly, so that its parts of shared memory go too."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=20)

    def close(self) -> None:
        """End it and remove its files."""
        if self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
