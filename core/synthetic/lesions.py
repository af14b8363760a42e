"""Synthetic lesions for machines without the dataset, drawn from a model fitted to HAM10000's training lesions.

They aren't photographs, and every page that shows them must say so.
"""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.images import Image
from core.data.masks import MASKS
from core.data.metadata import COLUMNS, LOCALIZATIONS, METADATA_NAMES, SEXES
from core.errors import UserError, require_known
from core.files import replacing
from core.labels import DX
from core.synthetic import model
from core.synthetic.artefacts import draw_dark_corners, draw_hairs, lab_to_rgb
from core.synthetic.model import Array

CAPTION = "Synthetic lesion, not a photograph"
PIXELS_PER_HAIR = 130


@dataclass(frozen=True)
class SyntheticLesion:
    """One synthetic lesion.

    Attributes:
        image: uint8, (150, 200, 3), RGB.
        mask: bool, (150, 200), True inside the lesion.
        dx: Diagnosis.
        seed: Random seed.
        caption: Caption that a page must show with it.
    """

    image: Image
    mask: NDArray[np.bool_]
    dx: str
    seed: int
    caption: str = CAPTION

    @property
    def name(self) -> str:
        """Name in files and tables, such as synthetic-mel-0007."""
        return f"synthetic-{self.dx}-{self.seed:04d}"


def sample_lesion(dx: str, seed: int) -> SyntheticLesion:
    """Draw a synthetic lesion; the same dx and seed give the same bytes on every machine.

    Args:
        dx: Diagnosis code.
        seed: 0 or more.

    Raises:
        UserError: Unknown dx, negative seed, or missing parameters.

    Example:
        >>> lesion = sample_lesion("mel", 7)
        >>> lesion.name, lesion.image.shape
        ('synthetic-mel-0007', (150, 200, 3))
    """
    require_known("diagnosis", dx, DX)
    if seed < 0:
        raise UserError(f"A seed must be 0 or more, not {seed}.")
    parameters = load_parameters(model.PARAMETERS_FILE)
    of = {
        name.removeprefix(f"{dx}_"): value.astype(np.float64)
        for name, value in parameters.items()
        if name.startswith(f"{dx}_")
    }
    rng = np.random.default_rng([seed, DX.index(dx)])
    numbers = _draw_numbers(of["quantiles"], of["factor"], rng)
    geometry, skin, traits, scores = _unpack(numbers)
    lesion, around = (model.Layer(of["amplitude"][i], of["marginal"][i], traits[i]) for i in (0, 1))
    square = model.compose(scores, parameters["mean"].astype(np.float64), parameters["basis"])
    lab, mask = model.render(geometry, skin, square, lesion, around, rng)
    return SyntheticLesion(lab_to_rgb(_add_artefacts(lab, of["artefacts"], rng)), mask, dx, int(seed))


@lru_cache(maxsize=2)
def load_parameters(path: Path) -> Mapping[str, NDArray[np.floating]]:
    """Load the fitted parameters by name; names of a diagnosis' parameters start with its code.

    They stay as they are stored, as float16 for the most part: as float64 they would take 13 MB.

    Raises:
        UserError: The file is missing or damaged.
    """
    if not path.is_file():
        raise UserError(f"{path.name} is missing; fetch it again or run `python -m core fit-synthetic`.")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path.name} is damaged; fetch it again or run `python -m core fit-synthetic`.") from error


def _draw_numbers(quantiles: Array, factor: Array, rng: np.random.Generator) -> Array:
    """Draw correlated normal scores and map each to its parameter through the quantiles."""
    normal = factor @ rng.standard_normal(len(factor))
    step = model.NORMAL_GRID[1] - model.NORMAL_GRID[0]
    place = np.clip((normal - model.NORMAL_GRID[0]) / step, 0, len(model.NORMAL_GRID) - 1.000001)
    low = place.astype(int)
    column = np.arange(len(normal))
    below, above = quantiles[low, column], quantiles[low + 1, column]
    return np.asarray(below + (place - low) * (above - below))


def _unpack(numbers: Array) -> tuple[model.Geometry, Array, Array, Array]:
    place, border, skin, traits, scores = np.split(
        numbers, np.cumsum([2, model.GEOMETRY - 2, model.SKIN, 2 * model.TRAITS])
    )
    geometry = model.Geometry(place[0] + model.CENTRE[0], place[1] + model.CENTRE[1], border)
    return geometry, skin.reshape(6, 3), traits.reshape(2, model.TRAITS), scores


def _add_artefacts(lab: Array, artefacts: Array, rng: np.random.Generator) -> Array:
    (hairy, cover, _), (cornered, dark, spread) = artefacts
    draws = rng.random(2)
    if draws[0] < hairy:
        lab = draw_hairs(lab, 1 + int(rng.poisson(cover * lab[..., 0].size / PIXELS_PER_HAIR)), rng)
    if draws[1] < cornered:
        lab = draw_dark_corners(lab, float(np.clip(rng.normal(dark, spread), 0.01, 0.4)), rng)
    return lab


def sample_lesions(per_dx: int) -> list[SyntheticLesion]:
    """Draw synthetic lesions with seeds 0 to per_dx - 1 for each diagnosis, in the order of DX."""
    return [sample_lesion(dx, seed) for dx in DX for seed in range(per_dx)]


def synthetic_test_set(per_dx: int = 10) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw synthetic images as a test set.

    Returns:
        uint8, (7 per_dx, 150, 200, 3), RGB, and the diagnosis of each.
    """
    lesions = sample_lesions(per_dx)
    return np.stack([lesion.image for lesion in lesions]), [lesion.dx for lesion in lesions]


def write_synthetic_dataset(folder: Path, per_dx: int) -> None:
    """Write synthetic lesions as a dataset in Kaggle's layout, with masks; for tests and benchmarks.

    Age, sex and site are drawn from each diagnosis' distribution. dx_type is "consensus", since the schema has no
    value for synthetic lesions; their image_id and lesion_id start with "synthetic".

    Args:
        folder: Target folder; `core.data.metadata.load_dataset` reads it.
        per_dx: Lesions per diagnosis.
    """
    lesions = sample_lesions(per_dx)
    for i, lesion in enumerate(lesions):
        part = folder / f"HAM10000_images_part_{1 + 2 * i // len(lesions)}"
        _write_image(part / f"{lesion.name}.jpg", lesion.image[..., ::-1])
        _write_image(folder / MASKS / f"{lesion.name}_segmentation.png", lesion.mask.astype(np.uint8) * 255)
    table = pd.DataFrame([_person(lesion) for lesion in lesions], columns=list(COLUMNS))
    with replacing(folder / METADATA_NAMES[0]) as beside:
        table.to_csv(beside, index=False)


def _write_image(path: Path, image: Image) -> None:
    with replacing(path) as beside:
        cv2.imwrite(str(beside), image, [cv2.IMWRITE_JPEG_QUALITY, 95])


def _person(lesion: SyntheticLesion) -> dict[str, object]:
    parameters = load_parameters(model.PARAMETERS_FILE)
    age, sex, site = (parameters[f"{lesion.dx}_{name}"].astype(np.float64) for name in ("age", "sex", "localization"))
    rng = np.random.default_rng([lesion.seed, DX.index(lesion.dx), 1])
    years = np.interp(rng.standard_normal(), model.NORMAL_GRID, age)
    return {
        "lesion_id": lesion.name,
        "image_id": lesion.name,
        "dx": lesion.dx,
        "dx_type": "consensus",
        "age": float(5 * np.rint(years / 5)),
        "sex": SEXES[rng.choice(len(SEXES), p=sex / sex.sum())],
        "localization": LOCALIZATIONS[rng.choice(len(LOCALIZATIONS), p=site / site.sum())],
    }
