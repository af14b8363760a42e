"""Several uploaded images, one after the other, at a pace that leaves room for other visitors."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import get_args

from core.config import MOST_UPLOADS
from core.data.images import Image
from core.errors import BusyError, UserError
from core.inference.archive import Archive
from core.inference.class_mix import ClassMix, assume
from core.inference.crop import prepare
from core.inference.decode import decode
from core.inference.pipeline import Pipeline, Prediction

_lane = threading.Lock()
"""Held while one image of any visitor's many is classified: the other interpreter stays free for single images."""


@dataclass(frozen=True)
class Waiting:
    """An image that waits to be classified.

    Attributes:
        key: Tells it from all others that the visitor has uploaded.
        name: Its file name without folder and ending; with them, or with a number, if another one has the same.
        read: Returns the file's bytes; raises a UserError if they can't be had.
    """

    key: str
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Classified:
    """One of several images, with its prediction or the reason why there is none.

    Attributes:
        name: Of the file.
        image: What the model saw, reduced: uint8, (150, 200, 3), RGB; None if the file couldn't be read.
        prediction: For `image`.
        problem: Why there is no prediction.
    """

    name: str
    image: Image | None = None
    prediction: Prediction | None = None
    problem: str | None = None

    @property
    def refused(self) -> bool:
        """Whether the image check refused the image, its prediction withheld or not."""
        return self.image is not None and (self.prediction is None or bool(self.prediction.warnings))

    def withheld(self) -> "Classified":
        """Return the same without its prediction, if the image check refused the image."""
        if self.prediction is None or not self.prediction.warnings:
            return self
        return replace(self, prediction=None, problem=self.note)

    @property
    def note(self) -> str:
        """Why there is no prediction, or why the image check refused the image; empty if all is well."""
        if self.prediction is None or not self.prediction.warnings:
            return self.problem or ""
        return f"Refused: {' '.join(warning.problem for warning in self.prediction.warnings)}"


def wait_list(files: Iterable[tuple[str, str, Callable[[], bytes]]]) -> tuple[list[Waiting], tuple[str, ...]]:
    """List the images of several uploads; archives are opened.

    Args:
        files: Id, name and content of each upload.

    Returns:
        The first `MOST_UPLOADS` images, and a sentence for each thing that is left out.

    Raises:
        UserError: An archive is refused; see `core.inference.archive`.
    """
    found: list[tuple[str, str, Callable[[], bytes]]] = []
    notes = []
    for key, name, read in files:
        if not name.lower().endswith(".zip"):
            found.append((key, name, read))
            continue
        archive = Archive(read(), name)
        found += [(f"{key}/{path}", path, _reader(archive, path)) for path in archive.images]
        if not archive.images:
            notes.append(f"{name} contains no JPEG, PNG or WebP image.")
        elif archive.others == 1:
            notes.append(f"{name} also has a file that isn't an image; it was left out.")
        elif archive.others:
            notes.append(f"{name} also has {archive.others:,} files that aren't images; they were left out.")
    if len(found) > MOST_UPLOADS:
        notes.append(f"These are {len(found):,} images; the first {MOST_UPLOADS} are classified.")
    first = found[:MOST_UPLOADS]
    names = short_names([path for _, path, _ in first])
    return [Waiting(key, name, read) for (key, _, read), name in zip(first, names, strict=True)], tuple(notes)


def short_names(paths: list[str]) -> list[str]:
    """Return file names without folder and ending; whole paths where two would be the same, numbered if these are too.

    Example:
        >>> short_names(["a/x.jpg", "b/x.jpg", "y.png", "z.jpg", "z.jpg"])
        ['a/x.jpg', 'b/x.jpg', 'y', 'z.jpg', 'z.jpg (2)']
    """
    stems = [PurePosixPath(path.replace("\\", "/")).stem for path in paths]
    counts, taken = Counter(stems), Counter[str]()
    names = []
    for stem, path in zip(stems, paths, strict=True):
        taken[path] += 1
        name = stem if counts[stem] == 1 else path
        names.append(name if taken[path] == 1 else f"{name} ({taken[path]})")
    return names


def classify_one(pipeline: Pipeline, waiting: Waiting) -> Classified | None:
    """Classify the next of several images; waits until no other visitor's is being classified.

    Returns:
        None if the server stayed busy with other images: ask again.
    """
    with _lane:
        try:
            image = decode(waiting.read())
            # an ensemble's prediction is the mean over the flips; of one network they only give a range
            prediction = pipeline.predict(image, flips=pipeline.model.averages_flips, explain=True)
            tops = {assume(prediction, mix).top for mix in get_args(ClassMix)}
            prediction = prediction.without_evidence(sorted(tops))
        except BusyError:
            return None
        except UserError as error:
            return Classified(waiting.name, problem=str(error))
        return Classified(waiting.name, prepare(image).pixels, prediction)


def refused_first(classified: Iterable[Classified]) -> list[Classified]:
    """Sort: images that the check refuses, then by falling doubt about the prediction; without a prediction last."""

    def place(each: Classified) -> tuple[int, float]:
        if each.prediction is None:
            return 2, 0.0
        return 0 if each.prediction.warnings else 1, float(each.prediction.probabilities.max())

    return sorted(classified, key=place)


def _reader(archive: Archive, path: str) -> Callable[[], bytes]:
    return lambda: archive.read(path)
