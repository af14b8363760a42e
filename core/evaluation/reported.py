"""Figures as their authors reported them, on other test sets than ours: never to be mixed into our leaderboard."""

from pathlib import Path

import pandas as pd

REPORTED_FILE = Path(__file__).with_name("reported.csv")
PER_CLASS_FILE = Path(__file__).with_name("reported_per_class.csv")


def reported() -> pd.DataFrame:
    """One row a model as reported.

    Returns:
        Columns source, name (the registry's, for the two source projects), network, test_set, lesions_apart ("no"
        where pictures of one lesion stand on both sides of the split, which flatters), then the figures, NaN where
        not reported: accuracy, validation_accuracy, balanced_accuracy, macro_f1 (with macro_f1_low and
        macro_f1_high), macro_auc, loss.
    """
    return pd.read_csv(REPORTED_FILE)


def reported_per_class() -> pd.DataFrame:
    """The notebook's classification reports: columns name, dx, precision, recall, f1."""
    return pd.read_csv(PER_CLASS_FILE)
