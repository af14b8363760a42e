"""Find near duplicates: images of one lesion under different names, with another zoom, crop, rotation or colours.

Each image is compared with those that look most alike to a trained network. Two images show the same lesion if many of
their SIFT keypoints (Lowe 2004, "Distinctive image features from scale-invariant keypoints", doi:10.1023/B:VISI.
0000029664.99615.94) correspond and one shift, rotation and zoom maps them onto each other (RANSAC; Fischler and Bolles
1981, doi:10.1145/358669.358692). Local contrast is equalized first (CLAHE; Zuiderveld 1994, Graphics Gems IV).

On HAM10000 at 200 x 150 pixels this finds 54 of the 59 pairs in `core/data/tables/near_duplicates.csv` (53 as the same
lesion, one as doubtful) and 18 others: 7 as the same lesion, which it is to the eye in all of them, and 11 as doubtful.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.image_set import ImageSet
from core.data.images import Image, read_image, reduced_crop

KEYPOINTS = 400
"""Most keypoints of an image."""
CONTRAST = 0.01
"""Least contrast of a keypoint; with OpenCV's default, half of the images have under 120 keypoints."""
RATIO = 0.7
"""Two keypoints correspond if the next best descriptor is farther than the best one divided by this (Lowe 2004)."""
GUIDED_RATIO = 0.9
"""The same where the similarity transform is known already: wrong correspondences rarely fit it."""
PIXELS = 3.0
"""Distance within which a keypoint must land."""
ZOOM = 4.0
"""Largest zoom between two images; beyond, many keypoints collapse into one point."""
FEWEST = 4
"""Correspondences at RATIO that a transform must map before others are counted."""
SAME = 10
"""From this many correspondences on, two images show the same lesion."""
DOUBTFUL = 6
"""From this many on, somebody should look."""
CANDIDATES = 20
"""Images that each image is compared with: the nearest of other lesions. All of HAM10000's 59 known pairs need 13."""
WORKERS = 2
MATCHES = ("same lesion", "doubtful")
CHUNK = 512
"""Rows of the table of similarities that are computed at once."""
CLIP_LIMIT, TILES = 2.0, (8, 8)

Floats = NDArray[np.float32]
Report = Callable[[str, int, int], object]
"""Called with the name of a step, the number done and the total."""


@dataclass(frozen=True)
class Keypoints:
    """SIFT keypoints of one image.

    Attributes:
        points: (k, 2) x and y in pixels.
        descriptors: uint8 (k, 128).
    """

    points: Floats
    descriptors: NDArray[np.uint8]

    @property
    def unit(self) -> Floats:
        """Descriptors of length 1, (k, 128)."""
        found = self.descriptors.astype(np.float32)
        unit: Floats = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1.0)
        return unit


def find_keypoints(image: Image) -> Keypoints:
    """Find the keypoints of an image.

    Args:
        image: uint8, (height, width, 3), RGB.
    """
    grey = cv2.createCLAHE(CLIP_LIMIT, TILES).apply(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    points, descriptors = _sift().detectAndCompute(grey, None)
    if descriptors is None:
        return Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    return Keypoints(np.array([point.pt for point in points], np.float32), descriptors.astype(np.uint8))


def _sift() -> Any:
    return cv2.SIFT_create(KEYPOINTS, contrastThreshold=CONTRAST)  # type: ignore[attr-defined]


def count_inliers(a: Keypoints, b: Keypoints) -> int:
    """Count the keypoints of `a` that one shift, rotation and zoom maps onto corresponding keypoints of `b`.

    The transform comes from the surest correspondences; then all that fit it are counted, each place once.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> points = rng.uniform(0, 100, (20, 2)).astype(np.float32)
        >>> a = Keypoints(points, rng.integers(0, 256, (20, 128), np.uint8))
        >>> count_inliers(a, Keypoints(points[:, ::-1] * np.float32([2, -2]), a.descriptors))  # turned and zoomed
        20
    """
    if min(len(a.points), len(b.points)) < DOUBTFUL:
        return 0
    best, ratio = _nearest_descriptors(a.unit @ b.unit.T)
    sure, fair = np.flatnonzero(ratio < RATIO), np.flatnonzero(ratio < GUIDED_RATIO)
    transform = _similarity(a.points[sure], b.points[best[sure]])
    if transform is None:
        return 0
    missed = np.linalg.norm(a.points[fair] @ transform[:, :2].T + transform[:, 2] - b.points[best[fair]], axis=1)
    fair = fair[missed < PIXELS]
    return min(_distinct(a.points[fair]), _distinct(b.points[best[fair]]))


def _nearest_descriptors(cosine: Floats) -> tuple[NDArray[np.int64], Floats]:
    """For each row: the nearest column, and its distance by that of the next one; infinite if another row is nearer."""
    rows, best, back = np.arange(len(cosine)), cosine.argmax(axis=1), cosine.argmax(axis=0)
    first = cosine[rows, best]
    cosine[rows, best] = -1
    # the squared distance of two unit vectors is 2 - 2 cosine
    ratio = np.sqrt(np.maximum(1 - first, 0) / np.maximum(1 - cosine.max(axis=1), 1e-9))
    return best, np.where(back[best] == rows, ratio, np.inf).astype(np.float32)


def _similarity(a: Floats, b: Floats) -> NDArray[np.float64] | None:
    """Fit the shift, rotation and zoom from `a` to `b`, (2, 3); None if too few points agree on one."""
    if len(a) < FEWEST:
        return None
    fitted, inside = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=PIXELS)
    if fitted is None or not 1 / ZOOM <= np.hypot(fitted[0, 0], fitted[1, 0]) <= ZOOM:
        return None
    kept = inside.ravel() > 0
    enough = min(_distinct(a[kept]), _distinct(b[kept])) >= FEWEST
    return np.asarray(fitted, np.float64) if enough else None


def _distinct(points: Floats) -> int:
    """Count places: one place may have several keypoints, of different size or direction."""
    return len({(round(x / 2), round(y / 2)) for x, y in points.tolist()})


def find_duplicates(
    embed: Callable[[Image], Floats],
    first: ImageSet,
    second: ImageSet | None = None,
    on_done: Report = lambda *_: None,
    candidates: int = CANDIDATES,
) -> pd.DataFrame:
    """Find images that show one lesion under two lesion_ids, in one dataset or between two.

    Args:
        embed: Computes a trained network's embedding of an image, (d,); called by WORKERS threads at once.
        first: Images.
        second: Images of another dataset. Default: compare `first` with itself.
        on_done: See `Report`.
        candidates: How many of the nearest images each image is compared with.

    Returns:
        One row per pair, most inliers first: image_id_a (of `first`), image_id_b, inliers, match (one of MATCHES:
        from SAME inliers on the first, from DOUBTFUL on the second).

    Raises:
        UserError: An image can't be read.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
        keypoints, embeddings = _describe(pool, embed, [*first.paths, *(second.paths if second else ())], on_done)
        split = len(first.paths)
        if second is None:
            pairs = nearest_pairs(embeddings, embeddings, candidates, first.lesion_id)
        else:
            pairs = nearest_pairs(embeddings[:split], embeddings[split:], candidates)
            pairs[:, 1] += split
        inliers = _match(pool, keypoints, pairs, on_done)
    names = np.array([*first.image_id, *(second.image_id if second else ())], np.str_)
    table = pd.DataFrame({"image_id_a": names[pairs[:, 0]], "image_id_b": names[pairs[:, 1]], "inliers": inliers})
    table = table[table["inliers"] >= DOUBTFUL].sort_values("inliers", ascending=False, kind="stable")
    return table.assign(match=np.where(table["inliers"] >= SAME, *MATCHES)).reset_index(drop=True)


def nearest_pairs(a: Floats, b: Floats, candidates: int, lesion_id: Sequence[str] = ()) -> NDArray[np.int64]:
    """Pair the images of the smaller set with the nearest ones of the other, by the cosine of their embeddings.

    Args:
        a: (n, d) embeddings.
        b: (m, d) embeddings.
        candidates: How many of the nearest images each image is paired with.
        lesion_id: (n,) if `a` and `b` are the same set: images of one lesion aren't paired.

    Returns:
        (p, 2) rows of `a` and of `b`, each pair once.

    Example:
        >>> angle = np.array([0, 10, 90, 95]) / 180 * np.pi
        >>> embeddings = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        >>> nearest_pairs(embeddings, embeddings, 1, ["L1", "L1", "L2", "L3"]).tolist()  # rows 0 and 1 show one lesion
        [[0, 2], [1, 2], [2, 3]]
    """
    if len(a) > len(b):
        return np.ascontiguousarray(nearest_pairs(b, a, candidates)[:, ::-1])
    a, b = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9) for each in (a, b))
    lesion = pd.factorize(np.array(lesion_id, dtype=object))[0]
    few = min(candidates, len(b))
    found = []
    for start in range(0, len(a), CHUNK):
        cosine = a[start : start + CHUNK] @ b.T
        rows = np.arange(start, start + len(cosine))
        if len(lesion):
            cosine[lesion[rows, None] == lesion] = -np.inf
        near = np.argpartition(-cosine, few - 1, axis=1)[:, :few]
        apart = np.isfinite(np.take_along_axis(cosine, near, axis=1))
        found.append(np.stack([np.repeat(rows, few), near.ravel()], axis=1)[apart.ravel()])
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return np.unique(np.sort(pairs, axis=1) if len(lesion) else pairs, axis=0)


def _describe(
    pool: ThreadPoolExecutor, embed: Callable[[Image], Floats], paths: Sequence[Path], on_done: Report
) -> tuple[list[Keypoints], Floats]:
    def one(path: Path) -> tuple[Keypoints, Floats]:
        image = read_image(path)
        return find_keypoints(reduced_crop(image)), embed(image)

    keypoints, embeddings = [], []
    for found, embedding in pool.map(one, paths):
        keypoints.append(found)
        embeddings.append(embedding)
        on_done("Images", len(keypoints), len(paths))
    return keypoints, np.stack(embeddings)


def _match(
    pool: ThreadPoolExecutor, keypoints: Sequence[Keypoints], pairs: NDArray[np.int64], on_done: Report
) -> NDArray[np.int64]:
    """Count the inliers of each pair, (p,); `pairs` is sorted by its first column."""

    def one(rows: NDArray[np.int64]) -> list[int]:
        a = keypoints[pairs[rows[0], 0]]
        return [count_inliers(a, keypoints[other]) for other in pairs[rows, 1]]

    starts = np.flatnonzero(np.diff(pairs[:, 0])) + 1
    inliers: list[int] = []
    for counts in pool.map(one, np.split(np.arange(len(pairs)), starts) if len(pairs) else []):
        inliers += counts
        on_done("Pairs", len(inliers), len(pairs))
    return np.array(inliers, np.int64)
