"""Linear algebra stays on one thread as long as anybody asks for it, and gets its threads back afterwards."""

import os
import subprocess
import sys

from core.config import ROOT

OVERLAPPING = """
import numpy as np
from threadpoolctl import threadpool_info
from core.blas import one_blas_thread
def threads():
    return sorted({each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"})
before, first, second = threads(), one_blas_thread(), one_blas_thread()
first.__enter__()
second.__enter__()
first.__exit__(None, None, None)
import scipy.linalg  # a library that is loaded meanwhile is limited by whoever asks next
with one_blas_thread():
    inside = threads()
second.__exit__(None, None, None)
print(before, inside, threads())
"""


def test_overlapping_limits_hold_until_the_last_ends() -> None:
    env = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    done = subprocess.run([sys.executable, "-c", OVERLAPPING], capture_output=True, text=True, cwd=ROOT, env=env)
    assert done.stdout.split("\n")[0] == "[2] [1] [2]", done.stderr
