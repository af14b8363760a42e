"""Fit the model of the synthetic lesions to HAM10000.

Uses only training images of the lesion split, one per lesion, and stores only statistics: one basis for all diagnoses
(principal components over thousands of lesions and their mirror images) and, for each diagnosis, quantiles of every
parameter, the leading factors of their correlation (at most one per three lesions), and mean texture spectra.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata
from sklearn.utils.extmath import randomized_svd

from core.config import SEED, SOURCE_SIZE
from core.data.images import load_images
from core.data.metadata import LOCALIZATIONS, SEXES, Dataset
from core.data.splits import load_splits
from core.errors import UserError, name_offenders
from core.files import replacing
from core.labels import DX
from core.synthetic import model
from core.synthetic.measure import Lesion, Texture, describe_texture, measure, mirror
from core.synthetic.model import Array

COMPONENTS = 120
LESIONS_PER_FACTOR = 3
LARGEST_CLASS = 1000
"""Maximum number of lesions per diagnosis; larger classes are sampled at random."""
LEAST_LESIONS = 6
FLIPS = ((False, False), (True, False), (False, True), (True, True))
HAIRY, DARK = 0.003, 0.01
"""Share of the image above which it counts as having hairs, or dark corners."""


def fit_synthetic_lesions(
    dataset: Dataset, masks_folder: Path, path: Path = model.PARAMETERS_FILE, splits: pd.DataFrame | None = None
) -> None:
    """Fit the model to the training lesions and write its parameters.

    Args:
        dataset: HAM10000.
        masks_folder: Folder with Tschandl's lesion masks, IMAGE_ID_segmentation.png.
        path: File to write.
        splits: Default: `core.data.splits.load_splits()`.

    Raises:
        UserError: A diagnosis has too few training lesions, or a mask or an image cannot be read.
    """
    rows = training_rows(dataset, load_splits() if splits is None else splits)
    masks = read_masks(masks_folder, rows["image_id"].tolist())
    images = load_images([dataset.images[image_id] for image_id in rows["image_id"]], SOURCE_SIZE)
    measured = [measure(image, mask) for image, mask in zip(images, masks, strict=True)]
    usable = [lesion is not None for lesion in measured]
    lesions, rows = [lesion for lesion in measured if lesion is not None], rows[usable]
    dx = rows["dx"].to_numpy(str)
    mean, basis = fit_basis(lesions, dx)
    textures = [leftover(lesion, mean, basis) for lesion in lesions]
    places = {code: np.flatnonzero(dx == code) for code in DX}
    left = {code: [textures[i] for i in mine] for code, mine in places.items()}
    own = {code: [lesions[i] for i in mine] for code, mine in places.items()}
    tables = {code: number_table(own[code], left[code], mean, basis) for code in DX}
    pooled = np.corrcoef(np.concatenate([normal_scores(table) for table in tables.values()]).T)
    parameters = {"mean": mean, "basis": basis}
    for code in DX:
        parts = (
            fit_copula(tables[code], len(own[code]), pooled),
            fit_texture(left[code]),
            fit_artefacts(own[code]),
            fit_persons(rows.iloc[places[code]]),
        )
        parameters |= {f"{code}_{name}": value for part in parts for name, value in part.items()}
    with replacing(path) as beside, beside.open("wb") as stream:
        arrays = {name: value.astype(np.float16) for name, value in parameters.items()}
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def training_rows(dataset: Dataset, splits: pd.DataFrame) -> pd.DataFrame:
    """Select one image per training lesion without near duplicates, at most LARGEST_CLASS per diagnosis.

    Args:
        splits: As `core.data.splits.load_splits` returns it.

    Raises:
        UserError: A diagnosis has too few lesions.
    """
    rows = dataset.with_images.join(splits.loc[~splits["near_duplicate"], ["group", "lesion"]], on="image_id")
    rows = rows[rows["lesion"] == "train"].drop_duplicates("group")
    rows = rows.sample(frac=1, random_state=SEED).groupby("dx").head(LARGEST_CLASS).sort_values("image_id")
    few = [dx for dx in DX if (rows["dx"] == dx).sum() < LEAST_LESIONS]
    if few:
        raise UserError(
            f"Fewer than {LEAST_LESIONS} training lesions of {', '.join(few)}; point HAM10000_DIR at the full dataset."
        )
    return rows


def read_masks(folder: Path, image_ids: list[str]) -> list[NDArray[np.bool_]]:
    """Read Tschandl's lesion masks, (height, width) each.

    Raises:
        UserError: Names the masks that are missing or unreadable.
    """
    size = (SOURCE_SIZE[1], SOURCE_SIZE[0])
    raw = [cv2.imread(str(folder / f"{image_id}_segmentation.png"), cv2.IMREAD_GRAYSCALE) for image_id in image_ids]
    lacking = [image_id for image_id, mask in zip(image_ids, raw, strict=True) if mask is None]
    if lacking:
        raise UserError(f"{folder} lacks a readable mask of {name_offenders(lacking)}; download the masks again.")
    return [cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127 for mask in raw if mask is not None]


def fit_basis(lesions: list[Lesion], dx: NDArray[np.str_]) -> tuple[Array, Array]:
    """Compute mean and principal components of the squares of all lesions and their mirror images.

    Each diagnosis counts by the square root of its size, so that the rare ones influence the basis too.

    Returns:
        (GRID * GRID * 3,) and (components, GRID * GRID * 3), of Lab values times CHROMA.
    """
    count = {code: int((dx == code).sum()) for code in DX}
    weight = np.array([count[code] ** -0.5 for code in dx])
    weight = (weight / weight.mean()).astype(np.float32)
    squares = np.stack([lesion.square for lesion in lesions]) * model.CHROMA.astype(np.float32)
    flips = [squares[:, :: -1 if down else 1, :: -1 if across else 1] for across, down in FLIPS]
    mean = np.mean([np.tensordot(weight, flip, 1) for flip in flips], axis=0) / weight.sum()
    scale = np.sqrt(weight)[:, None]
    rows = np.concatenate([scale * (flip - mean).reshape(len(lesions), -1) for flip in flips])
    _, _, basis = randomized_svd(rows, min(COMPONENTS, *rows.shape), random_state=SEED, n_iter=3)
    return mean.ravel().astype(np.float64), basis.astype(np.float64)


def scores(squares: NDArray[np.float32], mean: Array, basis: Array) -> Array:
    """Compute the coordinates of squares (n, GRID, GRID, 3) in the basis, (n, components)."""
    return np.asarray(((squares * model.CHROMA).reshape(len(squares), -1) - mean) @ basis.T)


def leftover(lesion: Lesion, mean: Array, basis: Array) -> tuple[Texture, Texture]:
    """Describe the texture of the lesion and of its skin: the image minus its reconstruction from the basis.

    Args:
        lesion: The lesion.
        mean: As `fit_basis` returns it.
        basis: As `fit_basis` returns it.
    """
    unit, angle = model.lesion_radius(lesion.geometry)
    square = model.compose(scores(lesion.square[None], mean, basis)[0], mean, basis)
    rest = lesion.difference.astype(np.float64) - model.from_square(square, unit, angle)
    light = cv2.GaussianBlur((~lesion.dark).astype(np.float64), (0, 0), 2) * ~lesion.dark
    core = cv2.erode(lesion.inside.astype(np.uint8), np.ones((3, 3))).astype(np.float64)
    inside = np.asarray(cv2.GaussianBlur(core, (0, 0), 2) * light, np.float64)
    around = np.asarray(cv2.GaussianBlur((unit > 1.25).astype(np.float64), (0, 0), 3) * light, np.float64)
    return describe_texture(rest, inside, 150), describe_texture(rest, around, 1500)


def number_table(lesions: list[Lesion], left: list[tuple[Texture, Texture]], mean: Array, basis: Array) -> Array:
    """Tabulate all parameters of one diagnosis' lesions and their mirror images, (4 n, parameters)."""
    traits = np.array([[*inside.traits, *around.traits] for inside, around in left])
    traits = np.where(np.isnan(traits), np.nanmedian(traits, axis=0), traits)
    tables = []
    for across, down in FLIPS:
        flipped = [mirror(lesion, across, down) for lesion in lesions]
        squares = np.stack([square for _, square in flipped])
        tables.append(np.hstack([np.stack([v for v, _ in flipped]), traits, scores(squares, mean, basis)]))
    return np.concatenate(tables)


def normal_scores(table: Array) -> Array:
    """Convert each column's ranks to quantiles of the standard normal distribution, (n, columns)."""
    return np.asarray(ndtri((np.apply_along_axis(rankdata, 0, table) - 0.5) / len(table)))


def fit_copula(table: Array, lesions: int, pooled: Array) -> dict[str, Array]:
    """Fit the distribution of one diagnosis' parameters: marginal quantiles and a Gaussian copula.

    The correlation keeps the diagnosis' leading factors, at most one per three lesions; the remaining variance is
    correlated as in all diagnoses together.

    Args:
        table: (rows, parameters).
        lesions: Number of lesions.
        pooled: (parameters, parameters), correlation within diagnoses, over all of them.

    Returns:
        quantiles (23, parameters); factor (parameters, parameters), the lower Cholesky factor of the correlation.
    """
    values, vectors = np.linalg.eigh(np.corrcoef(normal_scores(table).T))
    k = max(1, min(len(values), lesions // LESIONS_PER_FACTOR))
    leading = vectors[:, -k:] * np.sqrt(np.maximum(values[-k:], 0))
    own = np.sqrt(np.maximum(1 - (leading**2).sum(axis=1), 0))
    correlation = leading @ leading.T + own[:, None] * pooled * own
    factor = np.linalg.cholesky(correlation + 1e-6 * np.eye(len(correlation)))
    return {"quantiles": np.quantile(table, ndtr(model.NORMAL_GRID), axis=0), "factor": factor}


def fit_texture(left: list[tuple[Texture, Texture]]) -> dict[str, Array]:
    """Compute the root mean spectrum (2, BINS, 3) and the mean marginal (2, 29) of lesion and skin."""
    amplitudes, marginals = [], []
    for part in (0, 1):
        known = [pair[part] for pair in left if not np.isnan(pair[part].traits[0])]
        amplitudes.append(np.sqrt(np.mean([texture.power for texture in known], axis=0)))
        marginals.append(np.mean([texture.marginal for texture in known], axis=0))
    return {"amplitude": np.stack(amplitudes), "marginal": np.stack(marginals)}


def fit_artefacts(lesions: list[Lesion]) -> dict[str, Array]:
    """Compute how often images have hairs and dark corners, and mean and spread of the covered share: (2, 3)."""
    table = []
    for cover, least in (
        (np.array([lesion.hair for lesion in lesions]), HAIRY),
        (np.array([lesion.dark.mean() for lesion in lesions]), DARK),
    ):
        there = cover[cover > least]
        table.append([there.size / cover.size, *((there.mean(), there.std()) if there.size else (0, 0))])
    return {"artefacts": np.array(table)}


def fit_persons(rows: pd.DataFrame) -> dict[str, Array]:
    """Compute quantiles of age (23,) and shares of sexes (3,) and sites (15,), for synthetic metadata."""
    age = rows["age"].dropna().to_numpy(np.float64)
    shares = {name: rows[name].value_counts(normalize=True) for name in ("sex", "localization")}
    return {
        "age": np.quantile(age if age.size else np.array([50.0]), ndtr(model.NORMAL_GRID)),
        "sex": shares["sex"].reindex(SEXES, fill_value=0).to_numpy(np.float64),
        "localization": shares["localization"].reindex(LOCALIZATIONS, fill_value=0).to_numpy(np.float64),
    }
