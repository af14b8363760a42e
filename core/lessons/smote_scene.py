"""The lesson's step on SMOTE: a real synthetic row between its two parents, and three places where it can't be."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.labels import DX
from core.lessons.step import Answer, Check, Control, Figure, Notes, Option, OptionsGuess, Step, Variant
from core.resampling.spec import ResamplingSpec

if TYPE_CHECKING:
    from core.lab.embeddings import Embeddings
    from core.lab.experiment import LabResult

DIAGNOSIS = "df"
NEIGHBORS = 5
MIDDLE = (0.35, 0.65)
"""Where on the line the row should lie, so that the four places are well apart."""
Plane = NDArray[np.float64]
"""(n, 2): the first two of the embeddings' dimensions, in which a straight line stays straight."""


class Scene(NamedTuple):
    """What the chart shows.

    Attributes:
        rows: (n,) rows of the embeddings: training images of the diagnosis.
        points: (n, 2) their places.
        parent: Index into `rows` of the image that SMOTE starts from.
        neighbors: Indices of its nearest neighbours; the first is the one that SMOTE chose.
        places: (2,) by key of the options.
    """

    rows: NDArray[np.int64]
    points: Plane
    parent: int
    neighbors: tuple[int, ...]
    places: dict[str, Plane]

    def at(self, position: float) -> Plane:
        """The place on the line from the parent (0) to the chosen neighbour (1)."""
        start, end = self.points[self.parent], self.points[self.neighbors[0]]
        return np.asarray(start + position * (end - start))


def draw_scene(data: Embeddings, first: int, second: int, position: float) -> Scene:
    """Make the scene of one synthetic row.

    Args:
        data: Embeddings.
        first: Index of the parent among the training images of the diagnosis.
        second: Index of the neighbour that SMOTE chose.
        position: Where on the line between them the synthetic row lies, 0 to 1.
    """
    train = data.rows_of("train")
    rows = train[data.labels[train] == DX.index(DIAGNOSIS)]
    features = data.features[rows].astype(np.float64)
    near = np.argsort(((features - features[first]) ** 2).sum(axis=1), kind="stable")
    others = [int(i) for i in near if i not in (first, second)][: NEIGHBORS - 1]
    scene = Scene(rows, features[:, :2], first, (second, *others), {})
    line = scene.points[second] - scene.points[first]
    across = np.array([-line[1], line[0]])
    places = {
        "beyond": scene.at(-0.9), "between": scene.at(position), "aside": scene.at(0.5) + 0.9 * across,
        "centre": scene.points.mean(axis=0),
    }  # fmt: skip
    return scene._replace(places=places)


@cache
def _clearest() -> tuple[int, int, float]:
    """Parents and position of the synthetic row whose four places lie furthest apart in the chart."""
    from core.lab.embeddings import load_embeddings
    from core.resampling.inspection import find_parents
    from core.resampling.resample import SYNTHETIC, resample

    data = load_embeddings()
    train = data.rows_of("train")
    labels, label = data.labels[train], DX.index(DIAGNOSIS)
    own = data.features[train][labels == label]
    after = resample(data.features[train], labels, ResamplingSpec("smote"))
    made = after.features[(after.origin == SYNTHETIC) & (after.labels == label)][:400]
    found = []
    for point in made:
        parents = find_parents(point, own, np.full(len(own), label), label, NEIGHBORS)
        if MIDDLE[0] <= parents.position <= MIDDLE[1]:
            scene = draw_scene(data, parents.first, parents.second, parents.position)
            spots = np.array([*scene.places.values(), scene.points[parents.first], scene.points[parents.second]])
            apart = np.sqrt(((spots[:, None] - spots[None]) ** 2).sum(axis=2))[np.triu_indices(len(spots), 1)].min()
            found.append((float(apart / np.ptp(scene.points, axis=0).max()), parents.first, parents.second,
                          parents.position))  # fmt: skip
    return max(found)[1:]


def _row(_: list[LabResult], variant: str) -> list[Figure]:
    """The chosen synthetic row by its parents, and the place of the new point in a variant."""
    first, second, position = _clearest()
    return [
        Figure("truth", "between", position), Figure("parents", "first", float(first)),
        Figure("parents", "second", float(second)), Figure("parents", "position", position),
        Figure("shown", variant, position if variant == "smote" else float(variant) / 100),
    ]  # fmt: skip


LETTERS = {"beyond": "A", "aside": "B", "between": "C", "centre": "D"}
"""The letter of each place in the chart."""
SMOTE_POINT = Step(
    "smote_point", "Where does SMOTE put it?", 6,
    "Each point is an image, turned into numbers. SMOTE (synthetic minority over-sampling technique) invents a new "
    "dermatofibroma (a small, firm, harmless knot): it starts from one image (the star) and picks one of its nearest "
    "neighbours (the filled square). Where does the new point land?",
    OptionsGuess(tuple(Option(key, letter) for key, letter in LETTERS.items()), in_chart=True),
    Check(
        "Which dermatofibroma can SMOTE never make?",
        (
            Answer("mixed", "One halfway between two known ones",
                   "No. That is what SMOTE does: any place on the line is equally probable."),
            Answer("close", "One that is very close to a known one",
                   "No. A point near the start of the line is almost a copy."),
            Answer("new", "One that is unlike all known ones",
                   "Right. Every new point lies on a line between two known images."),
        ), "new",
    ),
    Notes(
        "Students can describe in a sentence how SMOTE makes a new training row, and what it can't make.",
        "SMOTE collects or draws new images.",
        "SMOTE mixes the features of two images. Move the point along the line: nothing new appears on the way.",
    ),
    "HAM10000, training images of dermatofibroma; two of 128 dimensions of features from a pretrained network",
    Control("Place on the line", (
        Variant("smote", "Where SMOTE put it"),
        *(Variant(str(share), f"{share}%") for share in (0, 25, 50, 75, 100)),
    )), _row,
)  # fmt: skip
