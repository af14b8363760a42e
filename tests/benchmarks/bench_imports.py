"""What the app's imports cost in seconds and memory, and what TensorFlow would add to them.

Run by hand: `python -m tests.benchmarks.bench_imports`. Each line is a new process, the best of a few.
"""

import subprocess
import sys

RUNS = 3
MEASURED = """
import sys, time
import psutil
begin = time.perf_counter()
exec(sys.argv[1])
print(time.perf_counter() - begin, psutil.Process().memory_info().rss / 2**20)
"""
PAGES = "import streamlit, dashboard.caches.tables, dashboard.components.widgets, dashboard.views.classify.prediction"
MODELS = """
from core.inference.pipeline import Pipeline
pipelines = [Pipeline.load(name) for name in ("efficientnet_lite0", "efficientnet_lite2")]
"""
TRAINED = """
from core.store.folders import model_folder
from core.models.trained import load_trained
models = [load_trained(model_folder(name)) for name in ("efficientnet_lite0", "efficientnet_lite2")]
"""
CASES = {
    "Streamlit alone": "import streamlit",
    "what the pages import": PAGES,
    "the same with two models open on LiteRT": PAGES + MODELS,
    "the same with TensorFlow and its two models": PAGES + TRAINED,
}


def measured(code: str) -> tuple[float, float]:
    """Seconds and megabytes, each the least of a few new processes."""
    runs = [
        subprocess.run([sys.executable, "-c", MEASURED, code], capture_output=True, check=True, text=True)
        for _ in range(RUNS)
    ]
    seconds, megabytes = zip(*(map(float, run.stdout.split()[-2:]) for run in runs), strict=True)
    return min(seconds), min(megabytes)


if __name__ == "__main__":
    print("| what | seconds | MB |\n| --- | --: | --: |")
    for name, code in CASES.items():
        seconds, megabytes = measured(code)
        print(f"| {name} | {seconds:.2f} | {megabytes:.0f} |", flush=True)
