"""Caches of the lesson, shared by all visitors: its committed table, and the scene of the step on SMOTE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.lessons import results
from core.lessons.looking import example_image as draw_example
from core.lessons.smote_scene import DIAGNOSIS, Scene, draw_scene
from core.lessons.step import Figure, Step
from dashboard.caches import tables

if TYPE_CHECKING:
    from core.data.images import Image


def table() -> pd.DataFrame:
    """Read the committed figures of all steps.

    Raises:
        UserError: They are missing or damaged.
    """
    path = results.FILE
    return _table(path.stat().st_mtime if path.is_file() else 0.0)


@st.cache_data(max_entries=2)
def _table(stamp: float) -> pd.DataFrame:  # noqa: ARG001, the stamp is part of the cache's key
    return results.read()


def figures(step: Step, variant: str = "") -> list[Figure]:
    """The committed figures of a step's variant.

    Raises:
        UserError: See `table`.
    """
    return results.figures(step, variant, table())


def scene(found: list[Figure]) -> Scene:
    """The scene of the step on SMOTE, from its figures.

    Raises:
        UserError: The embeddings are missing or were altered.
    """
    from dashboard.caches import lab

    first, second, position = (
        next(each.value for each in found if each.series == "parents" and each.x == name)
        for name in ("first", "second", "position")
    )
    return draw_scene(lab.embeddings(), int(first), int(second), position)


def parent_images(found: Scene) -> tuple[str, list[Image]]:
    """The images of both parents, and their kind: real ones where they are installed, else synthetic ones."""
    from dashboard.caches import inference, lab  # Home, which is often opened first, needs neither

    names = [str(lab.embeddings().image_id[found.rows[i]]) for i in (found.parent, found.neighbors[0])]
    if real := inference.training_images(names):
        return "HAM10000", real
    return "synthetic lesions, not photographs", list(tables.synthetic_images(DIAGNOSIS, 2, 0)[0])


def mix(images: list[Image], position: float) -> Image:
    """Mix two images of one size, as SMOTE would mix their pixels.

    Example:
        >>> int(mix([np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8)], 0.25)[0, 0, 0])
        50
    """
    first, second = (each.astype(np.float64) for each in images)
    return np.asarray(np.round((1 - position) * first + position * second), np.uint8)


@st.cache_data(max_entries=8)
def example_image(variant: str) -> Image:
    """The image of a variant of the step on the cat."""
    return draw_example(variant)
