"""The generative model of synthetic lesions: geometry, skin, texture and rendering.

An image is smooth skin (a quadratic in x and y) plus the lesion's difference from it plus texture, all in CIE Lab.
The difference is stored in coordinates where the lesion's border is the unit circle, so that lesions of any shape can
be averaged. All arithmetic is float64, so that an image's bytes don't depend on the processor.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE, TABLES

Array = NDArray[np.float64]

HEIGHT, WIDTH = SOURCE_SIZE
GRID = 64
"""Width and height of the square that describes a lesion; the lesion's border is the unit circle."""
REACH = 1.45
"""Half the square's width in lesion radii; beyond 1 it describes the skin around the lesion."""
PART = 1024
"""Columns of the basis that are float64 at a time."""
ORDERS = 8
"""Harmonics of the border's log radius over the angle."""
BINS = 33
"""Radial frequency bins of the texture; the last contains everything beyond 0.5 cycles per pixel."""
BANDS = (0.05, 0.16)
"""Limits in cycles per pixel between coarse, medium and fine texture."""
MARGINAL_GRID = np.linspace(-2.8, 2.8, 29)
"""Normal scores at which the distribution of the texture's lightness is tabulated."""

NORMAL_GRID = np.linspace(-2.2, 2.2, 23)
"""Normal scores at which each parameter's distribution is tabulated; cuts off 1.4% at either end."""
CHROMA = np.array([1, 1.5, 1.5])
"""Weights of L, a and b in the basis: hue separates the diagnoses and varies less than lightness."""
PARAMETERS_FILE = TABLES / "synthetic_lesions.npz"

GEOMETRY = 2 + 1 + 2 * ORDERS
SKIN = 6 * 3
TRAITS = 5 + 3

_Y, _X = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
CENTRE = ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)


class Geometry(NamedTuple):
    """Position and border of a lesion.

    Attributes:
        x: Center in pixels from the left.
        y: Center in pixels from the top.
        border: Log radius in pixels as a Fourier series of the angle: constant, then cosine and sine of each harmonic.
    """

    x: float
    y: float
    border: Array


class Layer(NamedTuple):
    """Texture of the lesion, or of the skin around it.

    Attributes:
        amplitude: (BINS, 3), shape of each Lab channel's amplitude spectrum.
        marginal: (29,), standardised lightness at MARGINAL_GRID: dots and pores are rarer and stronger than noise.
        traits: (TRAITS,), natural log of the standard deviation (lightness in three bands, a, b), then the inverse
            hyperbolic tangent of three correlations (L with a, L with b, a with b at equal L).
    """

    amplitude: Array
    marginal: Array
    traits: Array


@cache
def skin_basis() -> Array:
    """Return the six quadratic basis functions of skin, (height, width, 6)."""
    x, y = (_X - CENTRE[0]) / (WIDTH / 2), (_Y - CENTRE[1]) / (HEIGHT / 2)
    return np.stack([np.ones_like(x), x, y, x * x - 1 / 3, y * y - 1 / 3, x * y], axis=-1)


def border_basis(angle: Array) -> Array:
    """Return the border's harmonics at angles in radians, (..., 1 + 2 ORDERS)."""
    parts = [np.ones_like(angle)]
    for k in range(1, ORDERS + 1):
        parts += [np.cos(k * angle), np.sin(k * angle)]
    return np.stack(parts, axis=-1)


def lesion_radius(geometry: Geometry) -> tuple[Array, Array]:
    """Compute each pixel's distance from the lesion's center, with the border at 1, and its angle.

    Returns:
        Two arrays (height, width); beyond the border, the unit is the mean radius.
    """
    x, y = _X - geometry.x, _Y - geometry.y
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    circle = np.linspace(-np.pi, np.pi, 257)
    radius = np.exp(np.interp(angle, circle, border_basis(circle) @ geometry.border))
    outside = 1 + (distance - radius) / np.exp(geometry.border[0])
    return np.where(distance <= radius, distance / radius, outside), angle


def to_square(image: NDArray[np.float32], geometry: Geometry) -> NDArray[np.float32]:
    """Map an image to the coordinates where the lesion's border is the unit circle.

    Args:
        image: (height, width, 3).

    Returns:
        float32, (GRID, GRID, 3); pixels beyond the image repeat its edge.
    """
    y, x = (np.mgrid[:GRID, :GRID] - (GRID - 1) / 2) * (2 * REACH / GRID)
    unit, angle = np.hypot(x, y), np.arctan2(y, x)
    radius = np.exp(border_basis(angle) @ geometry.border)
    distance = np.where(unit <= 1, unit * radius, radius + (unit - 1) * np.exp(geometry.border[0]))
    map_x = (geometry.x + distance * np.cos(angle)).astype(np.float32)
    map_y = (geometry.y + distance * np.sin(angle)).astype(np.float32)
    import cv2  # Home needs the file's name alone

    square = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(square, np.float32)


def compose(scores: Array, mean: Array, basis: NDArray[np.floating]) -> Array:
    """Compute a lesion's square, (GRID, GRID, 3), from its coordinates in the basis, which may be float16."""
    parts = (scores @ basis[:, at : at + PART].astype(np.float64) for at in range(0, basis.shape[1], PART))
    return np.asarray((mean + np.concatenate(list(parts))).reshape(GRID, GRID, 3) / CHROMA)


def from_square(square: Array, unit: Array, angle: Array) -> Array:
    """Map a square back to image coordinates; fades out towards REACH.

    Args:
        square: (GRID, GRID, 3).
        unit: From `lesion_radius`.
        angle: From `lesion_radius`.

    Returns:
        (height, width, 3), 0 beyond REACH.
    """
    from scipy.ndimage import map_coordinates

    near = unit < REACH
    scale, origin = GRID / (2 * REACH), (GRID - 1) / 2
    reach = unit[near]
    rows = reach * np.sin(angle[near]) * scale + origin
    columns = reach * np.cos(angle[near]) * scale + origin
    fade = np.minimum(1, 3 * (REACH - reach) / (REACH - 1))
    image = np.zeros((HEIGHT, WIDTH, 3))
    for channel in range(3):
        values = map_coordinates(square[..., channel], (rows, columns), order=1, mode="nearest")
        image[near, channel] = values * fade
    return image


@cache
def frequency_bins() -> NDArray[np.intp]:
    """Return the radial bin of each frequency of `np.fft.rfft2`, (height, width // 2 + 1)."""
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)[None])
    return np.asarray(np.minimum(frequency / 0.5 * (BINS - 1), BINS - 1), np.intp)


@cache
def band_of_bin() -> NDArray[np.intp]:
    """Return 0 (coarse), 1 (medium) or 2 (fine) for each radial bin, (BINS,)."""
    return np.asarray(np.digitize((np.arange(BINS) + 0.5) / (BINS - 1) * 0.5, BANDS))


def gain_by_bin(traits: Array) -> Array:
    """Return a texture's log standard deviation by bin and channel, (BINS, 3)."""
    return np.column_stack([traits[:3][band_of_bin()], np.tile(traits[3:5], (BINS, 1))])


def mixing(traits: Array) -> Array:
    """Return the lower triangular matrix, (3, 3), that gives independent channels a texture's correlations."""
    with_a, with_b, between = np.tanh(traits[5:])
    rest_a, rest_b = np.sqrt(1 - with_a**2), np.sqrt(1 - with_b**2)
    return np.array([[1, 0, 0], [with_a, rest_a, 0], [with_b, rest_b * between, rest_b * np.sqrt(1 - between**2)]])


def texture(layer: Layer, noise: NDArray[np.complex128]) -> Array:
    """Generate a random-phase texture with a layer's spectrum and distribution.

    Args:
        noise: `np.fft.rfft2` of white noise, (3, height, width // 2 + 1).

    Returns:
        (height, width, 3) in Lab units.
    """
    amplitude = (layer.amplitude * np.exp(gain_by_bin(layer.traits)))[frequency_bins()]
    waves = np.tensordot(mixing(layer.traits), noise, 1) * np.moveaxis(amplitude, -1, 0)
    field = np.fft.irfft2(waves, s=(HEIGHT, WIDTH))
    spread = field[0].std()
    field[0] = np.interp(field[0] / spread, MARGINAL_GRID, layer.marginal) * spread
    return np.moveaxis(field, 0, -1)


def render(
    geometry: Geometry, skin: Array, square: Array, lesion: Layer, around: Layer, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    """Draw a lesion.

    Args:
        geometry: Position and border.
        skin: (6, 3), Lab coefficients of `skin_basis`.
        square: (GRID, GRID, 3), the lesion's difference from the skin in Lab.
        lesion: Texture inside the border.
        around: Texture of the skin.
        rng: Source of the texture's phases.

    Returns:
        Lab image (height, width, 3), and the lesion's mask (height, width).
    """
    unit, angle = lesion_radius(geometry)
    lab = skin_basis() @ skin + from_square(square, unit, angle)
    noise = np.fft.rfft2(rng.standard_normal((3, HEIGHT, WIDTH)))
    inside = (1 / (1 + np.exp(14 * np.clip(unit - 1, -3, 3))))[..., None]
    lab += inside * texture(lesion, noise) + (1 - inside) * texture(around, noise)
    return lab, unit <= 1
