"""Which files hold examples, how many threads a worker has, and that compiled code is kept.

Importing every module to look for examples would take TensorFlow, and seconds.
"""

import os
import sys
from pathlib import Path

import pytest

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers that each compute on all cores wait for each other: a fit of 3 s took 65.
    os.environ.update(dict.fromkeys(THREADS, "1"))

# Where it is set, each worker, server and command would compile all of our modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = Path(__file__).parent
CODE = {ROOT / "core", ROOT / "dashboard"}


def pytest_configure(config: pytest.Config) -> None:
    """Begin with the browser's tests, which are few and slow.

    By default xdist begins with the files of most tests, so that at the end one worker has the slow ones to itself.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Of the code, collect only the modules that have an example in a docstring."""
    if collection_path.suffix != ".py" or not CODE & set(collection_path.parents):
        return None
    return True if ">>>" not in collection_path.read_text(encoding="utf-8") else None
