"""How fast a filter change redraws the metadata page, at HAM10000's size and repeated to a million rows.

Run by hand: `HAM10000_DIR=... python -m tests.benchmarks.bench_eda`; without HAM10000_DIR the committed
counts alone are timed. The page runs as the server runs it, less the browser. Every change is another selection, so
that nothing comes from a cache but the counts, which are aggregated once a dataset.
"""

import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.data.metadata import load_dataset
from core.data.summary import count

PAGE = ROOT / "dashboard" / "app_pages" / "metadata_eda.py"
TABS = ("Imbalance", "Lesions", "Age and sex", "Body site", "Images", "Unknown values", "Tables")
CHANGES = [{"dx": [dx], "sex": [sex]} for dx in ("mel", "nv", "bkl", "bcc") for sex in ("female", "male")]
ROWS = 1_000_000


def seconds(page: AppTest) -> float:
    start = time.perf_counter()
    page.run()
    assert not page.exception
    return time.perf_counter() - start


def time_tab(tab: str) -> list[float]:
    page = AppTest.from_file(str(PAGE), default_timeout=600)
    if tab != TABS[0]:
        page.query_params["show"] = tab
    page.run()
    times = []
    for change in CHANGES:
        for key, value in change.items():
            page.session_state[key] = value
        times.append(seconds(page))
    return times


def report(name: str) -> None:
    page = AppTest.from_file(str(PAGE), default_timeout=600)
    print(f"\n{name}\n{'first visit':16}{seconds(page):8.2f} s\n{'again':16}{seconds(page):8.2f} s")
    print(f"{'filter change':16}{'median':>8}  {'worst':>8}")
    for tab in TABS:
        times = time_tab(tab)
        print(f"{tab:16}{statistics.median(times):8.3f}  {max(times):8.3f} s")


def repeat_dataset(folder: Path) -> None:
    """HAM10000's metadata repeated under new ids, with its own images beside it."""
    dataset = load_dataset()
    rows = dataset.metadata
    copies = [
        rows.assign(image_id=rows["image_id"] + suffix, lesion_id=rows["lesion_id"] + suffix)
        for suffix in ("", *(f"_{i}" for i in range(1, -(-ROWS // len(rows)))))
    ]
    table = pd.concat(copies, ignore_index=True)[:ROWS]
    table.to_csv(folder / "HAM10000_metadata.csv", index=False)
    for part in dataset.folder.glob("HAM10000_images_part_*"):
        (folder / part.name).symlink_to(part)
    start = time.perf_counter()
    cells = count(table)
    print(f"\n{len(table):,} rows are counted once in {time.perf_counter() - start:.2f} s into {len(cells):,} cells")


def main() -> None:
    """Print the table."""
    if not os.environ.get("HAM10000_DIR"):
        report("committed counts, no dataset")
        return
    report("HAM10000 as installed")
    with TemporaryDirectory() as folder:
        repeat_dataset(Path(folder))
        os.environ["HAM10000_DIR"] = folder
        report(f"repeated to {ROWS:,} rows")


if __name__ == "__main__":
    main()
