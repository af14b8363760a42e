"""The home page in words."""

import pandas as pd

from dashboard.text.format import count, percent


def size(counts: pd.DataFrame) -> str:
    """Say how many images and lesions there are.

    Args:
        counts: As `core.data.summary.count` returns them.
    """
    return f"{count(counts['images'].sum())} of {count(counts['lesions'].sum(), 'lesions')}"


def lead(counts: pd.DataFrame) -> str:
    """Say in two sentences what the app is for.

    Args:
        counts: As `core.data.summary.count` returns them.
    """
    return (
        "Learn how class imbalance and data leakage make models look better than they are. Explore "
        f"{size(counts)} in {counts['dx'].nunique()} diagnoses, compare models trained on them, and try them "
        "on an image of your own."
    )


def learn_text(leaked: int, total: int) -> str:
    """Say what the pages on data and splits teach, with the leak of the source notebook.

    Args:
        leaked: Its test images whose lesion is also in its training set.
        total: Its test images.
    """
    return (
        "See who is in the data, and how a split by image tests a model on lesions that it saw in training: "
        f"{percent(leaked, total)} of the test images in a public notebook."
    )
