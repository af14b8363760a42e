"""Several images at once: how long they take, and how a visitor with a single image fares beside them.

Run by hand: `python -m tests.benchmarks.bench_many [MODEL]`.
"""

import argparse
import threading
import time

from core.config import MOST_UPLOADS
from core.inference.many import Waiting, classify_one
from core.inference.pipeline import Pipeline
from tests.benchmarks.bench_serving import jpeg, print_times

SINGLE = 100
BATCHES = 3
"""Visitors with several images, beside whom the single images are timed."""


def main() -> None:
    """Time several images, then single ones alone and beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="efficientnet_distilled_pair")
    pipeline = Pipeline.load(parser.parse_args().model)
    data = [jpeg(seed) for seed in range(MOST_UPLOADS)]
    waiting = [Waiting(str(i), str(i), lambda each=each: each) for i, each in enumerate(data)]
    classify_one(pipeline, waiting[0])
    begin = time.perf_counter()
    for each in waiting:
        classify_one(pipeline, each)
    print(f"{MOST_UPLOADS} images with {pipeline.name}: {time.perf_counter() - begin:.1f} s")
    print_times("a single image, alone", single(pipeline, data))
    done = threading.Event()
    threads = [threading.Thread(target=work, args=(pipeline, waiting, done)) for _ in range(BATCHES)]
    for thread in threads:
        thread.start()
    print_times(f"a single image beside {BATCHES} visitors with {MOST_UPLOADS}", single(pipeline, data))
    done.set()
    for thread in threads:
        thread.join()


def work(pipeline: Pipeline, waiting: list[Waiting], done: threading.Event) -> None:
    """Classify several images over and over."""
    while not done.is_set():
        for each in waiting:
            if not done.is_set():
                classify_one(pipeline, each)


def single(pipeline: Pipeline, data: list[bytes]) -> list[float]:
    """Seconds of each single image, from its bytes to its prediction with flips."""
    seconds = []
    for i in range(SINGLE):
        begin = time.perf_counter()
        pipeline.predict_bytes(data[i % len(data)])
        seconds.append(time.perf_counter() - begin)
    return seconds


if __name__ == "__main__":
    main()
