"""The Grad-CAM gallery: which test pictures it shows, and their reference heatmaps on disk."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.config import SEED
from core.data.images import Image, load_images
from core.data.metadata import Dataset
from core.errors import UserError, name_offenders
from core.evaluation.cards import check_file, file_facts, read_card, write_card
from core.evaluation.leaderboard import load_scores
from core.evaluation.metrics import decide
from core.evaluation.predictions import Scores
from core.explain.heatmaps import normalize
from core.files import replacing
from core.labels import DX
from core.serving.classify import Classifier
from core.serving.trained import input_size, load_trained

if TYPE_CHECKING:
    from core.explain.gradcam import Reference

CAMS = "cams.npz"
BATCH = 8
PER_SIDE = 6
"""At most so many right and so many wrong pictures of each diagnosis."""


@dataclass(frozen=True)
class Entry:
    """A test picture of the gallery.

    Attributes:
        image_id: Its name.
        dx: The true diagnosis.
        said: The diagnosis that the model finds most probable.
        confidence: The model's probability for `said`.
        heatmaps: Grad-CAM by diagnosis, for `said` and `dx`: float32 (rows, columns) in [0, 1], the maximum being 1;
            zero all over where nothing speaks for the diagnosis.
    """

    image_id: str
    dx: str
    said: str
    confidence: float
    heatmaps: dict[str, NDArray[np.float32]]

    @property
    def right(self) -> bool:
        """Whether the model is right."""
        return self.said == self.dx


def explain(folder: Path, dataset: Dataset, per_side: int = PER_SIDE, seed: int = SEED) -> Path:
    """Compute tf-keras-vis's Grad-CAM of a selection of test pictures and write it beside the model.

    Args:
        folder: trained_models/NAME, evaluated.
        dataset: HAM10000 with the test pictures.
        per_side: At most so many right and wrong pictures of each diagnosis.
        seed: Of the selection.

    Returns:
        The file written: `image_id` (n,), and `said` and `true`, float16 (n, rows, columns), the heatmaps for the
        predicted and the true diagnosis at the size of the feature maps.

    Raises:
        UserError: A picture is missing, or the model's files are not what its card says.
    """
    from core.explain.gradcam import Reference

    if "members" in read_card(folder):
        raise UserError(f"The gallery shows networks; {folder.name} is an ensemble, so explain its members.")
    said = load_scores(folder, "test")
    rows = select(said, per_side, seed)
    names = said.image_id[rows]
    missing = [name for name in names.tolist() if name not in dataset.images]
    if missing:
        raise UserError(f"{dataset.folder} lacks pictures of the gallery: {name_offenders(missing)}; fetch all of it.")
    images = load_images([dataset.images[name] for name in names.tolist()], input_size(read_card(folder)))
    reference = Reference(load_trained(folder))
    answered = decide(said.probabilities, said.prior, "accuracy")[rows]
    said_maps, true_maps = (
        normalize(_reference_cams(reference, images, classes)).astype(np.float16)
        for classes in (answered, said.truth[rows])
    )
    path = folder / CAMS
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, image_id=names, said=said_maps, true=true_maps)
    facts = file_facts(path) | {"pictures": len(rows), "layer": reference.layer, "seed": seed}
    write_card(folder, read_card(folder) | {"cams": facts})
    return path


def _reference_cams(
    reference: Reference, images: NDArray[np.uint8], classes: NDArray[np.integer]
) -> NDArray[np.float32]:
    """In batches, for the gradient of eighty pictures at once would fill the memory of a small machine."""
    starts = range(0, len(images), BATCH)
    return np.concatenate([reference.cams(images[i : i + BATCH], classes[i : i + BATCH]) for i in starts])


def live_entry(classifier: Classifier, image: Image, name: str, dx: str) -> Entry:
    """Let the served model answer now, for a picture that has no reference heatmap.

    Args:
        image: uint8, (height, width, 3), RGB.
        name: Stands for the image_id.
        dx: The true diagnosis, or the one that a synthetic lesion was drawn for.

    Raises:
        UserError: The server is busy.
    """
    answer = classifier.classify(image)
    said = DX[int(answer.probabilities.argmax())]
    heatmaps = {each: answer.cams[..., DX.index(each)] for each in (dx, said)}
    return Entry(name, dx, said, float(answer.probabilities.max()), heatmaps)


def select(said: Scores, per_side: int = PER_SIDE, seed: int = SEED) -> NDArray[np.int64]:
    """Draw right and wrong pictures of each diagnosis at random, one a lesion.

    Returns:
        Rows of `said`, by diagnosis, right ones first.
    """
    right = decide(said.probabilities, said.prior, "accuracy") == said.truth
    chosen = []
    for label in range(len(DX)):
        for side in (True, False):
            rows = np.flatnonzero((said.truth == label) & (right == side))
            rows = np.random.default_rng((seed, label, side)).permutation(rows)
            _, first = np.unique(said.group[rows], return_index=True)
            chosen.append(rows[np.sort(first)][:per_side])
    return np.concatenate(chosen)


def read_gallery(folder: Path) -> tuple[Entry, ...]:
    """The gallery of a model, in the order of `select`.

    Returns:
        Empty where the model has none yet.

    Raises:
        UserError: Its files are missing, altered or of another run.
    """
    card = read_card(folder)
    if "cams" not in card:
        return ()
    check_file(folder, card, "cams")
    try:
        with np.load(folder / CAMS, allow_pickle=False) as arrays:
            names, said_maps, true_maps = arrays["image_id"], arrays["said"], arrays["true"]
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{folder.name}/{CAMS} is damaged; run `python -m core explain {folder.name}`.") from error
    said = load_scores(folder, "test")
    row_of = {name: row for row, name in enumerate(said.image_id.tolist())}
    if not set(names.tolist()) <= set(row_of):
        raise UserError(f"{folder.name}/{CAMS} is of another run; run `python -m core explain {folder.name}`.")
    answer = decide(said.probabilities, said.prior, "accuracy")
    entries = []
    for i, name in enumerate(names.tolist()):
        row = row_of[name]
        dx, answered = DX[said.truth[row]], DX[answer[row]]
        heatmaps = {dx: true_maps[i].astype(np.float32)} | {answered: said_maps[i].astype(np.float32)}
        entries.append(Entry(name, dx, answered, float(said.probabilities[row].max()), heatmaps))
    return tuple(entries)
