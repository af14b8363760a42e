"""Paths and fixed settings; importing this module reads and writes nothing."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "core" / "data" / "tables"
TRAINED_MODELS = ROOT / "trained_models"
EXPERIMENTS = TRAINED_MODELS / "experiments"
RUNS = ROOT / "runs"
ON_DEVICE = ROOT / "dashboard" / "on_device"
"""The static page that classifies in the browser; core reads its files, never imports them."""
ON_DEVICE_PLACE = "on-device"
"""Where the app serves it, below its own address."""

VERSION = "0.1.0"
"""Also in CITATION.cff and CHANGELOG.md."""

SEED = 42

SOURCE_SIZE = (150, 200)
"""(height, width) in pixels to which every image is reduced first, as in the training of the committed weights."""

MAX_BYTES = 40 * 2**20
"""Of an uploaded image: a phone's JPEG of 200 megapixels has up to 40 MB."""
MOST_UPLOADS, UPLOADS_BYTES = 50, 80 * 2**20
"""Files and bytes that the app keeps of one visitor: as many as it classifies at once, the largest and another."""


def data_dir() -> Path:
    """Return the folder of HAM10000: the environment variable HAM10000_DIR, or else data/ham10000."""
    return Path(os.path.abspath(os.environ.get("HAM10000_DIR") or ROOT / "data" / "ham10000"))  # noqa: PTH100, asks no disk
