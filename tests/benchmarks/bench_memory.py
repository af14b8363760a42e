"""The server's memory as one visitor uses more and more of it: two models, the first of the list, every page.

Run by hand: `python -m tests.benchmarks.bench_memory [--changes 5]`. Starts the app itself, on this machine alone, and
takes a minute. The visitor has no browser (see `tests.visitors`). Prints one Markdown table of resident megabytes,
and those of them that no file holds.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from tests.benchmarks.bench_serving import jpeg
from tests.servers import start_server
from tests.visitors import PAGES, Visitor

READY = 12.0
"""Seconds after which a new server has imported everything: see `dashboard.server.middleware.warm_up`."""
SETTLED = 22.0
"""Seconds after which it has closed interpreters that it doesn't need and returned memory."""
MODELS = ("EfficientNet-Lite0", "EfficientNet-Lite2")
IMAGES = 2


async def home(url: str) -> None:
    """Open Home on a new server and wait until it is ready."""
    async with Visitor(url) as visitor:
        await visitor.visit("")
        await asyncio.sleep(READY)


async def use_models(url: str, *models: str) -> None:
    """Have each model classify a few images; without any, the one that the page offers first."""
    async with Visitor(url) as visitor:
        for model in models or (None,):
            await visitor.visit("classify")
            if model:
                await visitor.choose("Model", model)
            for seed in range(IMAGES):
                seen = await visitor.upload(jpeg(seed))
                assert not seen.faults and seen.charts, seen


async def every_page(url: str, changes: int) -> None:
    """Open each page and set its controls, one after another."""
    async with Visitor(url, seed=1) as visitor:
        for page in PAGES:
            await visitor.visit(page)
            for _ in range(changes):
                seen = await visitor.change()
                assert not seen.faults, (page, seen.faults)


def measure(url: str, process: psutil.Process, changes: int) -> None:
    """Print the table's lines."""
    steps: dict[str, Callable[[], Awaitable[None]]] = {
        "Home visited, everything imported": lambda: home(url),
        f"{' and '.join(MODELS)} used": lambda: use_models(url, *MODELS),
        "the model that is offered first used too": lambda: use_models(url),
        f"every page, {changes} controls of each": lambda: every_page(url, changes),
        f"after {SETTLED:g} s of quiet": lambda: settle(url),
    }
    for name, step in steps.items():
        asyncio.run(step())  # type: ignore[arg-type]
        used = process.memory_full_info()
        print(f"| {name} | {used.rss / 2**20:.0f} | {(used.rss - used.shared) / 2**20:.0f} |", flush=True)


async def settle(url: str) -> None:
    """Wait, then come back: memory is returned at the beginning of a run."""
    await asyncio.sleep(SETTLED)
    async with Visitor(url) as visitor:
        await visitor.visit("")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=5, choices=range(51), metavar="0-50")
    changes = parser.parse_args().changes
    env = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_server(Path(folder) / "server.log", env | {"HAM10000_STATE": folder})
        try:
            print("| one visitor, step by step | MB | without files |\n| --- | --: | --: |", flush=True)
            measure(url, psutil.Process(server.pid), changes)
        finally:
            server.terminate()
            server.wait(timeout=20)


if __name__ == "__main__":
    main()
