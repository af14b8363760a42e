"""The home page in words."""

import pandas as pd

from dashboard.text.format import count, percent


def size(counts: pd.DataFrame) -> str:
    """Say how many images and lesions there are.

    Args:
        counts: As `core.data.summary.count` returns them.
    """
    return f"{count(counts['images'].sum())} of {count(counts['lesions'].sum(), 'lesions')}"


def lead(counts: pd.DataFrame, steps: int) -> str:
    """Say in one sentence what the app is.

    Args:
        counts: As `core.data.summary.count` returns them.
        steps: Number of steps of the lesson.
    """
    return (
        f"{steps} short experiments with real models and {count(counts['images'].sum())} of "
        f"{count(counts['lesions'].sum(), 'skin lesions')} (moles and other spots): guess first, then see why a good "
        "score can be worth nothing."
    )


TILES = {
    "lesson": "One question at a time: guess, lock in, see what a real model does, and check what you understood.",
    "classroom": "The lesson with a class: everybody guesses on a phone, discusses, and guesses again.",
    "metadata_eda": "Who is in the data: age, sex, body site, and how unequal the seven diagnoses are.",
    "leaderboard": "All models on one test set, with 95% intervals: where they differ, and where nobody can tell.",
    "classify": "Class probabilities for an image of your own, and a check that refuses other kinds of images.",
    "gradcam_gallery": "Which parts of an image raised a model's score, and whether they lie on the lesion.",
}
"""What each page is for, in one sentence; that of the page on splits holds a figure."""


def learn_text(leaked: int, total: int) -> str:
    """Say what the page on splits teaches, with the leak of the source notebook.

    Args:
        leaked: Its test images whose lesion is also in its training set.
        total: Its test images.
    """
    return (
        "How a split by image tests a model on lesions that it saw in training "
        f"({percent(leaked, total)} of the test images in a public notebook), and a lab that trains while you wait."
    )
