"""Decompose a real image: skin, border, difference between lesion and skin, and texture."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.data.images import Image
from core.synthetic import model
from core.synthetic.model import Array


class Lesion(NamedTuple):
    """Measurements of one image.

    Attributes:
        geometry: Position and border.
        skin: (6, 3), Lab coefficients of the quadratic skin model.
        square: (GRID, GRID, 3), difference from the skin in coordinates where the border is the unit circle.
        difference: (height, width, 3), difference from the skin in image coordinates, float16.
        inside: (height, width), mask.
        dark: (height, width), dark corners.
        hair: Share of the image covered by hairs.
    """

    geometry: model.Geometry
    skin: Array
    square: NDArray[np.float32]
    difference: NDArray[np.float16]
    inside: NDArray[np.bool_]
    dark: NDArray[np.bool_]
    hair: float


class Texture(NamedTuple):
    """Texture of the lesion or its skin: what the basis doesn't describe.

    Attributes:
        traits: (TRAITS,), as `core.synthetic.model.Layer.traits`; NaN if the area is too small.
        power: (BINS, 3), spectral density of each channel with its variance divided out.
        marginal: (29,), standardised lightness at the normal scores of MARGINAL_GRID.
    """

    traits: Array
    power: Array
    marginal: Array


def measure(image: Image, mask: NDArray[np.bool_]) -> Lesion | None:
    """Decompose one image.

    Args:
        image: uint8, (height, width, 3) of SOURCE_SIZE, RGB.
        mask: Same size.

    Returns:
        None if the mask contains too little lesion or skin.
    """
    hair = _hairs(image)
    clean = cv2.inpaint(image, cv2.dilate(hair.astype(np.uint8), np.ones((3, 3))), 3, cv2.INPAINT_TELEA)
    lab = cv2.cvtColor(clean.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    dark = _dark_corners(np.asarray(lab[..., 0], np.float32), mask)
    around = (cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))) == 0) & ~dark
    if mask.sum() < 40 or around.sum() < 150:
        return None
    basis = model.skin_basis()
    ridge = np.diag([0, 1, 1, 3, 3, 3]) * 0.002 * mask.size
    rows = basis[around]
    skin = np.linalg.solve(rows.T @ rows + ridge, rows.T @ lab[around])
    difference = (lab - basis @ skin).astype(np.float32)
    difference[dark & ~mask] = 0
    geometry = _geometry(mask)
    square = model.to_square(difference, geometry)
    return Lesion(geometry, skin, square, difference.astype(np.float16), mask, dark, float((hair & ~dark).mean()))


def _hairs(image: Image) -> NDArray[np.bool_]:
    """Find thin dark lines of at least 18 pixels, by black-hat transforms in four directions."""
    light = np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 0])
    slant = np.eye(7, dtype=np.uint8)
    kernels = [np.ones((1, 9), np.uint8), np.ones((9, 1), np.uint8), slant, np.ascontiguousarray(slant[::-1])]
    hats = np.max([cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel) for kernel in kernels], axis=0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((hats > 23).astype(np.uint8), connectivity=8)
    length = stats[:, 2:4].max(axis=1)
    line = (length >= 18) & (stats[:, 4] < 4 * length)
    line[0] = False
    return np.asarray(line[labels])


def _dark_corners(light: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find dark areas outside the lesion that touch a corner of the image, including their rim."""
    _, labels = cv2.connectedComponents(((light < 32) & ~mask).astype(np.uint8))
    at_corner = {int(labels[y, x]) for y in (0, -1) for x in (0, -1)} - {0}
    return cv2.dilate(np.isin(labels, list(at_corner)).astype(np.uint8), np.ones((9, 9))) > 0


def _geometry(mask: NDArray[np.bool_]) -> model.Geometry:
    """Compute the mask's center and its radius by angle, with the same area.

    Where the image's edge cuts the lesion, the border is extrapolated from its neighbors.
    """
    rows, columns = np.nonzero(mask)
    x, y = float(columns.mean()), float(rows.mean())
    angle = np.linspace(0, 2 * np.pi, 128, endpoint=False, dtype=np.float64)
    radius = np.arange(0.5, 160)[:, None]
    across, down = np.rint(x + radius * np.cos(angle)).astype(int), np.rint(y + radius * np.sin(angle)).astype(int)
    in_image = (across >= 0) & (across < mask.shape[1]) & (down >= 0) & (down < mask.shape[0])
    lesion = np.zeros(across.shape)
    lesion[in_image] = mask[down[in_image], across[in_image]]
    length = np.sqrt(2 * (lesion * radius).sum(axis=0))
    weight = np.where(length > in_image.sum(axis=0) - 4, 0.02, 1)
    log_radius = np.log(np.maximum(length, 3))
    basis = model.border_basis(angle)
    order = np.repeat(np.arange(model.ORDERS + 1), 2)[1:]
    smooth = np.diag(0.05 * order.astype(np.float64) ** 2)
    border = np.linalg.solve((basis.T * weight) @ basis + smooth, (basis.T * weight) @ log_radius)
    return model.Geometry(x, y, border)


def mirror(lesion: Lesion, across: bool, down: bool) -> tuple[Array, NDArray[np.float32]]:
    """Return a lesion's parameters and square as if the image were flipped left-right and up-down.

    Returns:
        (GEOMETRY + SKIN,), with the position relative to the image's center, and (GRID, GRID, 3).
    """
    x, y = lesion.geometry.x - model.CENTRE[0], lesion.geometry.y - model.CENTRE[1]
    order = np.arange(1, model.ORDERS + 1)
    border, skin = lesion.geometry.border.copy(), lesion.skin.copy()
    if across:
        border[1::2] *= (-1) ** order
        border[2::2] *= (-1) ** (order + 1)
    if down:
        border[2::2] *= -1
    skin[1] *= -1 if across else 1
    skin[2] *= -1 if down else 1
    skin[5] *= -1 if across != down else 1
    square = lesion.square[:: -1 if down else 1, :: -1 if across else 1]
    return np.concatenate([[-x if across else x, -y if down else y], border, skin.ravel()]), square


def describe_texture(rest: Array, window: Array, least: float) -> Texture:
    """Compute spectrum and distribution of an image under a soft window; NaN traits if the window is too small.

    Args:
        rest: (height, width, 3) differences from a mean.
        window: (height, width) weights, 0-1.
        least: Minimum sum of weights, in pixels.
    """
    area = window.sum()
    if area < least:
        return Texture(np.full(model.TRAITS, np.nan), np.zeros((model.BINS, 3)), np.zeros(model.MARGINAL_GRID.size))
    centred = (rest - np.tensordot(window, rest, 2) / area) * window[..., None]
    power, share = power_by_bin(centred)
    power /= (window**2).sum()
    bands = np.bincount(model.band_of_bin(), power[:, 0] * share, 3)
    spread = 0.5 * np.log(np.maximum([*bands, *(power[:, 1:] * share[:, None]).sum(axis=0)], 1e-3))
    r = np.corrcoef(centred.reshape(-1, 3).T)
    partial = (r[1, 2] - r[0, 1] * r[0, 2]) / np.sqrt(max((1 - r[0, 1] ** 2) * (1 - r[0, 2] ** 2), 1e-6))
    traits = np.array([*spread, *np.arctanh(np.clip([r[0, 1], r[0, 2], partial], -0.98, 0.98))])
    values = rest[..., 0][window > 0.5]
    standard = (values - values.mean()) / max(values.std(), 1e-6)
    return Texture(
        traits, power * np.exp(-2 * model.gain_by_bin(traits)), np.quantile(standard, ndtr(model.MARGINAL_GRID))
    )


def power_by_bin(image: Array) -> tuple[Array, Array]:
    """Compute each channel's mean power in each radial frequency bin, (BINS, 3), and each bin's share, (BINS,)."""
    waves = np.fft.rfft2(np.moveaxis(image, -1, 0))
    twice = np.full(waves.shape[1:], 2.0)
    twice[:, [0, -1]] = 1  # rfft2 leaves out the mirror image of every other column
    bins = model.frequency_bins().ravel()
    count = np.bincount(bins, twice.ravel(), model.BINS)
    sums = [np.bincount(bins, (np.abs(wave) ** 2 * twice).ravel(), model.BINS) for wave in waves]
    return np.column_stack(sums) / count[:, None], count / count.sum()
