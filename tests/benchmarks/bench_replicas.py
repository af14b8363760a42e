"""Two replicas behind nginx under load, one of them killed in the middle: what its visitors and the others meet.

Run by hand: `python -m tests.benchmarks.bench_replicas [--sessions 10] [--seconds 60]`. Starts all of it
on this machine and stops by itself. Half of the visitors browse and half classify, with a second between two runs. One
replica is killed after a third of the time and started again after two thirds. A visitor who has lost the connection
opens it anew at once, as Streamlit's page in the browser does.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.bench_serving import jpeg
from tests.servers import Replicas
from tests.visitors import LostError, Visitor, each_page, visit_all

MOST_SESSIONS, MOST_SECONDS = 50, 180
THINK = 1.0
IMAGES = [jpeg(seed) for seed in range(4)]
PHASES = ("both replicas", "one killed", "started again")


@dataclass
class Met:
    """What visitors met in one phase.

    Attributes:
        times: Seconds of each run that was answered.
        lost: Why runs were not answered, one entry each.
        back: Seconds from a loss to the next page.
        homes: The replica of each answered run.
    """

    times: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    homes: list[str] = field(default_factory=list)


class Trial:
    """Visitors on two replicas, and a clock that says which phase it is."""

    def __init__(self, replicas: Replicas, seconds: float) -> None:
        self.replicas, self.seconds, self.begin = replicas, seconds, time.monotonic()
        self.met = [Met() for _ in PHASES]

    @property
    def phase(self) -> int:
        return min(int(len(PHASES) * (time.monotonic() - self.begin) / self.seconds), len(PHASES) - 1)

    async def visitor(self, number: int) -> None:
        async with Visitor(self.replicas.url, seed=number) as visitor:
            pages, lost_at = each_page(number), 0.0
            while time.monotonic() < self.begin + self.seconds:
                begin = time.monotonic()
                try:
                    if lost_at:
                        await visitor.connect()
                    await self.act(visitor, number, "classify" if number % 2 else next(pages))
                except (LostError, TimeoutError) as error:
                    self.met[self.phase].lost.append(str(error))
                    lost_at = lost_at or time.monotonic()
                    continue
                met = self.met[self.phase]
                met.times.append(time.monotonic() - begin)
                met.homes.append(visitor.cookies["replica"])
                met.back += [time.monotonic() - lost_at] if lost_at else []
                lost_at = 0.0
                await asyncio.sleep(THINK)

    async def act(self, visitor: Visitor, number: int, page: str) -> None:
        if page != "classify" or not visitor.seen.uploader:
            await visitor.visit(page)
        if page == "classify":
            await visitor.upload(IMAGES[number % len(IMAGES)])

    async def operator(self) -> None:
        await asyncio.sleep(self.seconds / 3)
        self.replicas.kill("one")
        await asyncio.sleep(self.seconds / 3)
        await asyncio.to_thread(self.replicas.start, "one")

    async def run(self, sessions: int) -> None:
        for name in self.replicas.apps:
            await visit_all(self.replicas.address(name), IMAGES[0])
        self.begin = time.monotonic()
        await asyncio.gather(self.operator(), *(self.visitor(number) for number in range(sessions)))


def print_trial(trial: Trial) -> None:
    print("| phase | runs | at one | at two | median, s | p95, s | runs lost | lost visitor's next page, s at most |")
    print("|" + " --- |" * 8)
    for name, met in zip(PHASES, trial.met, strict=True):
        ordered = sorted(met.times) or [float("nan")]
        print(
            f"| {name} | {len(met.times)} | {met.homes.count('one')} | {met.homes.count('two')} | "
            f"{statistics.median(ordered):.2f} | {ordered[int(0.95 * (len(ordered) - 1))]:.2f} | {len(met.lost)} | "
            f"{f'{max(met.back):.1f}' if met.back else '-'} |"
        )
    print("lost:", ", ".join(dict.fromkeys(reason for met in trial.met for reason in met.lost)) or "none")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        replicas = Replicas(Path(folder))
        try:
            trial = Trial(replicas, min(given.seconds, MOST_SECONDS))
            asyncio.run(trial.run(min(given.sessions, MOST_SESSIONS)))
            print_trial(trial)
        finally:
            replicas.close()


if __name__ == "__main__":
    main()
