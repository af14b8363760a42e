"""Memory that is no longer used goes back, and the threads of many visitors share a few heaps."""

import asyncio
import gc
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import pytest

from core.config import ROOT
from dashboard.server import memory
from dashboard.server.memory import collect_garbage, trim_heap
from tests.dashboard.pages import visit
from tests.servers import start_server
from tests.visitors import Visitor, run_apart


@pytest.fixture
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_imports_made_is_spared_by_the_collector_and_what_runs_made_is_not(monkeypatch):
    monkeypatch.setattr(memory, "_spared", 0)
    monkeypatch.setattr(memory, "_collected", 0.0)
    collect_garbage()
    spared = gc.get_freeze_count()
    assert spared > 100_000
    kept = [[i] for i in range(1_000)]
    collect_garbage()
    assert gc.get_freeze_count() <= spared  # less by what has been dropped meanwhile
    monkeypatch.setitem(sys.modules, "tests.a_new_module", ModuleType("a_new_module"))
    collect_garbage()
    assert gc.get_freeze_count() > spared + len(kept) // 2


@pytest.mark.usefixtures("unfrozen")
def test_garbage_is_collected_once_a_second_however_many_runs_there_are(monkeypatch):
    collected, clock = [], [1_000.0]
    monkeypatch.setattr(memory, "_spared", 10**9)
    monkeypatch.setattr(memory, "_collected", float("-inf"))
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(memory, "gc", SimpleNamespace(collect=lambda: collected.append(clock[0])))
    for clock[0] in (1_000.0, 1_000.5, 1_000.9, 1_001.0, 1_001.5):
        collect_garbage()
    assert collected == [1_000.0, 1_001.0]


def test_the_first_visitors_page_waits_for_no_collection(monkeypatch):
    collected = []
    monkeypatch.setattr(memory, "_spared", 0)
    monkeypatch.setattr(memory, "_collected", 1_000.0)
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: 999.9))
    monkeypatch.setattr(memory, "gc", SimpleNamespace(collect=lambda: collected.append(1)))
    collect_garbage()
    assert not collected


@pytest.mark.usefixtures("unfrozen")
def test_imports_wait_for_no_collection_and_are_spared_later():
    gc.unfreeze()
    with pytest.raises(ImportError), memory.importing():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled() and gc.get_freeze_count() > 100_000


HEAP = """
import sys
import numpy as np
from pathlib import Path
from dashboard.server.memory import bound_heap, trim_heap

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

way, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if way != "free":
    bound_heap()
# A large array raises glibc's own threshold; a small one after each that follows keeps the heap from shrinking.
np.zeros(30 * 2**20, np.uint8)
before, kept = resident(), []
arrays = []
for _ in range(count):
    arrays.append(np.ones(size, np.uint8))
    kept.append(np.ones(1000, np.uint8))
arrays.clear()
if way == "trimmed":
    trim_heap()
print(resident() - before)
"""


def left(way: str, size: int, count: int) -> float:
    """Megabytes that a process holds on to after it has let go of so many arrays of so many bytes."""
    command = [sys.executable, "-c", HEAP, way, str(size), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return float(done.stdout)


glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt and malloc_trim are glibc's")


@glibc
def test_memory_of_large_arrays_is_given_back_at_once():
    assert left("free", 2**20, 100) > 50
    assert left("bound", 2**20, 100) < 5


@glibc
def test_memory_of_small_arrays_is_given_back_by_the_trim():
    assert left("bound", 48 * 2**10, 2100) > 50
    assert left("trimmed", 48 * 2**10, 2100) < 15


def test_heaps_are_trimmed_now_and_then_however_many_runs_there_are(monkeypatch):
    trims, clock = [], [1_000.0]
    monkeypatch.setattr(memory, "_trimmed", float("-inf"))
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    glibc_of_the_test = SimpleNamespace(CDLL=lambda _: SimpleNamespace(malloc_trim=trims.append))
    monkeypatch.setattr(memory, "ctypes", glibc_of_the_test)
    for clock[0] in (1_000.0, 1_001.0, 1_004.9, 1_005.0, 1_006.0):
        trim_heap()
    assert len(trims) == 2


@pytest.mark.usefixtures("unfrozen")
def test_every_run_of_a_page_keeps_memory_flat(monkeypatch):
    """Each run must do it, the first one after a restart and all that follow."""
    asked = []
    libc = SimpleNamespace(
        mallopt=lambda *setting: asked.append(setting), malloc_trim=lambda _: asked.append("trim")
    )  # fmt: skip
    monkeypatch.setattr(memory, "ctypes", SimpleNamespace(CDLL=lambda _: libc))
    for _ in range(2):
        asked.clear()
        monkeypatch.setattr(memory, "_trimmed", float("-inf"))
        monkeypatch.setattr(memory, "_spared", 0)
        monkeypatch.setattr(memory, "_collected", 0.0)
        gc.unfreeze()
        cv2.setNumThreads(2)
        visit("Home")
        assert gc.get_freeze_count() > 100_000
        assert cv2.getNumThreads() == 1
        assert asked == [(memory.M_MMAP_THRESHOLD, memory.LARGE), (memory.M_ARENA_MAX, memory.ARENAS), "trim"]


SERVED = """
import streamlit.web.bootstrap
import dashboard.Home
import cv2, numpy, scipy.linalg, threadpoolctl
print(cv2.getNumThreads(), {each["num_threads"] for each in threadpoolctl.threadpool_info()})
"""


def test_the_server_has_no_threads_in_opencv_and_linear_algebra():
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    command = [sys.executable, "-c", SERVED]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=plain)
    assert done.stdout.strip() == "1 {1}"


THREADS = """
import sys
from threading import Thread
import cv2
import numpy as np
from pathlib import Path
from dashboard.server.memory import work_alone

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "alone":
    work_alone()
else:
    cv2.setNumThreads(2)
image = np.zeros((168, 224, 3), np.uint8)

def work(threads):
    for _ in range(threads):
        thread = Thread(target=cv2.cvtColor, args=(image, cv2.COLOR_RGB2LAB))
        thread.start()
        thread.join()

work(100)
before = resident()
work(3_000)
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_opencv_keeps_nothing_of_threads_that_are_gone():
    def kept(way: str) -> float:
        command = [sys.executable, "-c", THREADS, way]
        return float(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)

    assert kept("shared") > 1  # where this fails, OpenCV has been mended and `work_alone` can go
    assert kept("alone") < 0.5


HEAP_SIZE = 64 * 2**20
"""Bytes of address space that glibc reserves for a thread's heap; it begins at a multiple of that."""


def heaps(process: int) -> int:
    """How many heaps a process has for its threads: parts in use, each followed by what is reserved."""
    found, used = 0, (0, 0)
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        place, rights = line.split()[:2]
        begin, end = (int(each, 16) for each in place.split("-"))
        if rights == "rw-p":
            used = begin, end
        elif rights == "---p" and used[0] % HEAP_SIZE == 0 and (used[1], used[0] + HEAP_SIZE) == (begin, end):
            found += 1
    return found


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc" or sys.maxsize < 2**32, reason="glibc's, of 64 bits")
def test_many_visitors_at_once_share_the_heaps_that_the_server_began_with(tmp_path):
    async def come(url: str) -> None:
        async with Visitor(url) as visitor:
            await visitor.visit("leaderboard")
            await visitor.visit("classify")

    async def crowd(url: str) -> None:
        await asyncio.gather(*(come(url) for _ in range(6)))

    server, url = start_server(tmp_path / "log", dict(os.environ))
    try:
        run_apart(crowd(url))
        assert 1 <= heaps(server.pid) <= 5
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_models_files_go_at_most_once_a_second_and_without_a_model_nothing_is_asked(monkeypatch):
    asked, clock = [], [1_000.0]
    monkeypatch.setattr(memory, "_trimmed", float("inf"))
    monkeypatch.setattr(memory, "_forgotten", 0.0)
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.delitem(sys.modules, "core.inference.pool", raising=False)
    trim_heap()
    monkeypatch.setitem(sys.modules, "core.inference.pool", ModuleType("being imported"))
    trim_heap()
    pools = SimpleNamespace(forget_graphs=lambda: asked.append(clock[0]))
    monkeypatch.setitem(sys.modules, "core.inference.pool", pools)
    for clock[0] in (1_000.0, 1_000.5, 1_001.0):
        trim_heap()
    assert asked == [1_000.0, 1_001.0]
