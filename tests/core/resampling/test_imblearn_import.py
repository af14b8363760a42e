"""Imbalanced-learn without scikit-learn's checks of estimators, in a process of its own."""

import subprocess
import sys

from core.config import ROOT
from core.resampling.imblearn_import import LEFT_OUT

RUN = """
import sys
import numpy as np
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec

labels = np.repeat(np.arange(7), [8, 8, 8, 8, 8, 20, 8])
features = np.random.default_rng(0).normal(size=(68, 3)).astype(np.float32)
print(len(resample(features, labels, ResamplingSpec("smote")).labels))
asked = ("imblearn", "sklearn.utils.estimator_checks", "sklearn.datasets", "pytest")
print(*[name for name in asked if name in sys.modules])
from sklearn.utils.estimator_checks import check_estimator
print(callable(check_estimator))
"""


def test_smote_runs_without_the_checks_and_others_can_import_them_later() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == ["140", "imblearn", "True"]


def test_the_libraries_still_import_what_is_left_out() -> None:
    """Where this fails, sklearn-compat has been mended and `import_imblearn` can go."""
    code = f"import imblearn, sys; print(*[name in sys.modules for name in {list(LEFT_OUT)}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["True", "True"]
