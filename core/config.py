"""Paths and frozen settings. Nothing is read, made or changed on import."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "core" / "data" / "tables"
TRAINED_MODELS = ROOT / "trained_models"
EXPERIMENTS = TRAINED_MODELS / "experiments"
RUNS = ROOT / "runs"

SEED = 42

SOURCE_SIZE = (150, 200)
"""(height, width) in pixels that images are reduced to before anything else: what the committed weights saw."""


def data_dir() -> Path:
    """Folder that holds HAM10000: the environment's HAM10000_DIR, else data/ham10000."""
    return Path(os.environ.get("HAM10000_DIR") or ROOT / "data" / "ham10000").resolve()
