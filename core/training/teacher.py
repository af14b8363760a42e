"""A trained model as a teacher: its probabilities for every view that another network learns from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.data.images import Image, resize
from core.files import replacing
from core.models.litert import Forward
from core.models.trained import load_trained
from core.store.card import read_card
from core.store.provenance import check_members
from core.store.stored import MadeFrom, Member
from core.training.features import frozen, view_images
from core.training.recipes import Recipe

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Teacher:
    """Trained networks whose mean probabilities are learned.

    Attributes:
        networks: At least one; they may differ in input size.
        members: Their names and the hashes of their weights, for the card.
    """

    networks: tuple[keras.Model, ...]
    members: tuple[Member, ...]

    @cached_property
    def _functions(self) -> list[Forward]:
        return [frozen(network) for network in self.networks]

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of each network's weights."""
        return [str(member.made_from.weights) for member in self.members]

    def probabilities(self, images: Image) -> NDArray[np.float64]:
        """Predict many images, (n, height, width, 3), each resized to the networks' input sizes.

        Returns:
            (n, classes), mean over the networks.
        """
        each = [
            run(_resized(images, network.input_shape[1:3]))
            for network, run in zip(self.networks, self._functions, strict=True)
        ]
        return np.asarray(np.mean(each, axis=0))


def _resized(images: Image, size: tuple[int, int]) -> Image:
    return images if images.shape[1:3] == size else np.stack([resize(image, size) for image in images])


def recipe_teacher(recipe: Recipe) -> Teacher | None:
    """Load a recipe's teacher, if it has one.

    Raises:
        UserError: See `load_teacher`.
    """
    if not recipe.teacher:
        return None
    return load_teacher(TRAINED_MODELS / recipe.teacher)


def load_teacher(folder: Path) -> Teacher:
    """Load a trained network, or the members of an ensemble.

    Args:
        folder: trained_models/NAME.

    Raises:
        UserError: It isn't there, it has no weights, or a file is not what its card says.
    """
    folders = check_members(folder, read_card(folder)) or [folder]
    weights = [read_card(each).files.weights for each in folders]
    members = [Member(each.name, MadeFrom(weights=hashed)) for each, hashed in zip(folders, weights, strict=True)]
    return Teacher(tuple(load_trained(each) for each in folders), tuple(members))


def view_targets(teacher: Teacher, images: Image, views: int, recipe: Recipe, folder: Path) -> NDArray[np.float32]:
    """Compute the teacher's probabilities of all views of the images; caches each view's for a resumed run.

    Args:
        teacher: From `load_teacher`.
        images: (n, height, width, 3).
        views: Number of augmented views besides the image itself.
        recipe: Of the network that learns; it determines the views.
        folder: Where they are cached.

    Returns:
        (1 + views, n, classes).
    """
    each = range(1 + views)
    return np.stack([_targets(teacher, partial(view_images, images, i, recipe), i, folder) for i in each])


def new_view(
    teacher: Teacher, images: Image, view: int, recipe: Recipe, folder: Path
) -> tuple[Image, NDArray[np.float32]]:
    """Draw one view of each image, (1, n, height, width, 3), with the teacher's probabilities, (1, n, classes)."""
    drawn = view_images(images, view, recipe)
    return drawn[None], _targets(teacher, lambda: drawn, view, folder)[None]


def _targets(teacher: Teacher, draw: Callable[[], Image], view: int, folder: Path) -> NDArray[np.float32]:
    path = folder / f"teacher_{view}.npy"
    if not path.exists():
        with replacing(path) as beside, beside.open("wb") as stream:
            np.save(stream, teacher.probabilities(draw()).astype(np.float32))
    found: NDArray[np.float32] = np.load(path)
    return found
