"""What one answer costs: a cold process, beside TensorFlow's own way in the same run, and in a real browser.

Run by hand: `python -m tests.benchmarks.bench_answer [MODEL]`, what LayerCAM adds alone with `--methods`, how
many images two cores can predict at most with `--limit`, and for the browser, beside a running app,
`python -m tests.benchmarks.bench_answer --url http://127.0.0.1:8501`.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.data.images import preprocess
from core.inference.heatmaps import METHODS, HeatmapMethod
from core.store.folders import model_folder
from core.synthetic.lesions import sample_lesion
from tests.benchmarks.bench_serving import jpeg, print_times

COLD = """
import resource, sys, time
begin = time.perf_counter()
from core.inference.pipeline import Pipeline
Pipeline.load(sys.argv[1]).predict_bytes(sys.stdin.buffer.read())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.perf_counter() - begin:.3f} {peak:.0f}")
"""
RUNS = 5
ROUNDS = 200
REFERENCE_RUNS = 20
SECONDS = 5


def time_cold(model: str) -> None:
    found = [
        subprocess.run([sys.executable, "-c", COLD, model], input=jpeg(0), capture_output=True, check=True)
        for _ in range(RUNS)
    ]
    seconds, peaks = zip(*(map(float, each.stdout.split()) for each in found), strict=True)
    print(f"cold process, import to first answer: median {statistics.median(seconds):.2f} s, peak {max(peaks):.0f} MB")


def timed(run: object, count: int) -> list[float]:
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        run()  # type: ignore[operator]
        times.append(time.perf_counter() - begin)
    return times


def time_references(model: str) -> None:
    """Ours from bytes; `model.predict` and tf-keras-vis from the decoded, prepared image, which flatters them."""
    from core.explain.gradcam import Reference
    from core.inference.pipeline import Pipeline
    from core.models.trained import load_trained

    data, pipeline = jpeg(0), Pipeline.load(model)
    keras_model = load_trained(model_folder(model))
    reference = Reference(keras_model)
    fed = preprocess(sample_lesion("mel", 0).image, pipeline.model.size)[None]
    ways = {
        "ours, bytes to answer with heatmaps": lambda: pipeline.predict_bytes(data, flips=False),
        "model.predict": lambda: keras_model.predict(fed.astype(np.float32), verbose=0),
        "tf-keras-vis Grad-CAM": lambda: reference.cams(fed, np.array([0])),
    }
    medians = []
    for name, run in ways.items():
        run()
        times = timed(run, REFERENCE_RUNS)
        print_times(name, times)
        medians.append(statistics.median(times))
    print(f"ours is {(medians[1] + medians[2]) / medians[0]:.0f} times faster than both together")


def time_layer_cam(model: str) -> None:
    """What LayerCAM adds to a prediction, in processor time, which other programs on the machine don't change."""
    from core.inference.pipeline import Pipeline
    from core.labels import DX

    prediction = Pipeline.load(model).predict(sample_lesion("mel", 0).image, explain=True)
    for labels in (DX[:1], DX):
        times = []
        for _ in range(REFERENCE_RUNS):
            begin = time.thread_time()
            prediction.without_evidence(labels)
            times.append(1000 * (time.thread_time() - begin))
        print(f"LayerCAM of {len(labels)} of {len(DX)} classes: {statistics.median(times):.1f} ms of processor time")


def time_methods(model: str) -> None:
    """What LayerCAM adds by the clock to an image as Classify predicts it, in turn with Grad-CAM."""
    from core.inference.pipeline import Pipeline
    from core.inference.pool import SIZE

    image, pipeline = sample_lesion("mel", 0).image, Pipeline.load(model)

    def seconds(method: HeatmapMethod) -> float:
        begin = time.perf_counter()
        prediction = pipeline.predict(image, explain=method == "LayerCAM")
        prediction.heatmap(prediction.top, method)
        return time.perf_counter() - begin

    for at_once in (1, SIZE):
        found: dict[HeatmapMethod, list[float]] = {method: [] for method in METHODS}
        with ThreadPoolExecutor(at_once) as threads:
            for i in range(ROUNDS + 3):
                for method in METHODS if i % 2 else METHODS[::-1]:
                    times = list(threads.map(seconds, [method] * at_once))
                    found[method].append(1000 * statistics.fmean(times))
        fine, plain = (np.array(found[method][3:]) for method in METHODS)
        low, median, high = np.percentile(fine - plain, (25, 50, 75))
        print(
            f"{model}, {at_once} at once, {ROUNDS} in turn: {np.median(fine):.1f} ms with LayerCAM, "
            f"{np.median(plain):.1f} ms with Grad-CAM; {median:+.1f} ms, half of them {low:+.1f} to {high:+.1f}"
        )


def time_limit(model: str) -> None:
    """How many images two threads get through that do nothing else: what no number of visitors can exceed."""
    from core.inference.crop import prepare
    from core.inference.pipeline import Pipeline

    image, pipeline = sample_lesion("mel", 0).image, Pipeline.load(model)
    prepared = prepare(image)

    def with_layer_cam() -> None:
        prediction = pipeline.predict(image, explain=True)
        prediction.heatmap(prediction.top, "LayerCAM")

    def rate(work: Callable[[], object]) -> float:
        def until_over() -> int:
            done = 0
            while time.monotonic() < end:
                work()
                done += 1
            return done

        end = time.monotonic() + SECONDS
        with ThreadPoolExecutor(2) as threads:
            return sum(each.result() for each in [threads.submit(until_over) for _ in range(2)]) / SECONDS

    passes, whole = rate(lambda: pipeline.model.run(prepared)), rate(lambda: pipeline.predict(image))
    print(
        f"{model}, two threads for {SECONDS} s each: {passes:.0f} forward passes a second, "
        f"{whole:.0f} whole predictions, {rate(with_layer_cam):.0f} with LayerCAM"
    )


def time_browser(url: str) -> None:
    """From the choice of a file to the heatmap on the page."""
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.goto(f"{url}/classify")
        chooser = page.locator('input[type="file"]').first
        chooser.wait_for(state="attached", timeout=60_000)
        for i in range(RUNS * 2):
            upload = {"name": f"{i}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(i)}
            begin = time.perf_counter()
            chooser.set_input_files(upload)  # type: ignore[arg-type]
            page.get_by_text(f"{i}.jpg").first.wait_for()
            page.get_by_text("How good").or_(page.get_by_text("No prediction")).first.wait_for(timeout=60_000)
            page.locator("[data-stale=true]").first.wait_for(state="detached", timeout=60_000)
            times.append(time.perf_counter() - begin)
            page.reload()
            chooser.wait_for(state="attached", timeout=60_000)
        browser.close()
    print_times("browser, file chosen to answer drawn", times[1:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="efficientnet_lite0")
    parser.add_argument("--url")
    parser.add_argument("--methods", action="store_true")
    parser.add_argument("--limit", action="store_true")
    given = parser.parse_args()
    if given.url:
        time_browser(given.url)
    elif given.methods:
        time_methods(given.model)
    elif given.limit:
        time_limit(given.model)
    else:
        time_cold(given.model)
        time_layer_cam(given.model)
        time_references(given.model)
