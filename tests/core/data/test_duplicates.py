"""Near duplicates are found by their keypoints: zoomed, turned and recoloured images are, other lesions aren't."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data.duplicates import (
    DOUBTFUL,
    MATCHES,
    SAME,
    Keypoints,
    count_inliers,
    find_duplicates,
    find_keypoints,
    nearest_pairs,
)
from core.data.image_set import ImageSet
from core.data.images import Image
from core.synthetic.lesions import sample_lesion

OTHERS = 6


def moved(image: Image, angle: float, zoom: float) -> Image:
    """Turn an image by degrees about its centre, enlarge it, and change its colours."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.clip(turned * [1.1, 0.9, 0.8] + 12, 0, 255).astype(np.uint8)


def embed(image: Image) -> np.ndarray:
    return cv2.resize(image, (4, 3)).astype(np.float32).ravel()


def image_set(folder: Path, name: str, images: list[Image]) -> ImageSet:
    names = [f"{name}{i}" for i in range(len(images))]
    paths = [folder / f"{each}.png" for each in names]
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), image[..., ::-1])
    return ImageSet(name, tuple(names), tuple(f"L{each}" for each in names), tuple(paths))


@pytest.fixture(scope="module")
def lesions() -> list[Image]:
    """Synthetic lesions with fine structure, which real skin has."""
    rng = np.random.default_rng(0)
    noise = [cv2.GaussianBlur(rng.normal(0, 90, (150, 200, 1)), (0, 0), 1.5) for _ in range(OTHERS)]
    drawn = [sample_lesion("nv", seed).image for seed in range(OTHERS)]
    return [np.clip(a + b[..., None], 0, 255).astype(np.uint8) for a, b in zip(drawn, noise, strict=True)]


def pairs_of(table: pd.DataFrame, match: str) -> list[tuple[str, str]]:
    rows = table[table["match"] == match]
    return list(zip(rows["image_id_a"], rows["image_id_b"], strict=True))


def test_a_turned_zoomed_and_recoloured_image_is_found_within_a_dataset(lesions: list[Image], tmp_path: Path) -> None:
    images = image_set(tmp_path, "a", [*lesions, moved(lesions[2], 25, 1.3)])
    steps: dict[str, tuple[int, int]] = {}
    table = find_duplicates(embed, images, on_done=lambda step, done, total: steps.update({step: (done, total)}))
    assert pairs_of(table, MATCHES[0]) == [("a2", f"a{OTHERS}")]
    assert table["inliers"][0] >= SAME
    assert len(table) == 1
    assert steps["Images"] == (OTHERS + 1, OTHERS + 1)
    assert steps["Pairs"][0] == steps["Pairs"][1] == (OTHERS + 1) * OTHERS / 2


def test_images_of_one_lesion_are_no_finding(lesions: list[Image], tmp_path: Path) -> None:
    images = image_set(tmp_path, "a", [lesions[0], moved(lesions[0], 25, 1.3), lesions[1]])
    known = ImageSet("a", images.image_id, ("L1", "L1", "L2"), images.paths)
    assert find_duplicates(embed, known).empty
    assert len(find_duplicates(embed, images)) == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_two_datasets_are_compared_whichever_is_larger(lesions: list[Image], tmp_path: Path, swapped: bool) -> None:
    sets = [
        image_set(tmp_path, "a", lesions),
        image_set(tmp_path, "b", [moved(lesions[4], -40, 0.8), moved(lesions[1], 5, 1.1)]),
    ]
    found = pairs_of(find_duplicates(embed, *(sets[::-1] if swapped else sets)), MATCHES[0])
    assert {tuple(sorted(pair)) for pair in found} == {("a1", "b1"), ("a4", "b0")}
    assert all(pair[0].startswith("b" if swapped else "a") for pair in found)


def test_a_plain_image_has_no_keypoints_and_matches_nothing(lesions: list[Image], tmp_path: Path) -> None:
    plain = np.full((150, 200, 3), 128, np.uint8)
    assert find_keypoints(plain).descriptors.shape == (0, 128)
    assert find_duplicates(embed, image_set(tmp_path, "a", [plain, plain, lesions[0]])).empty
    assert DOUBTFUL > 0


def test_keypoints_that_collapse_into_one_place_are_no_match() -> None:
    rng = np.random.default_rng(0)
    descriptors = rng.integers(0, 256, (30, 128), np.uint8)
    spread = rng.uniform(0, 100, (30, 2)).astype(np.float32)
    one_place = np.full((30, 2), 50, np.float32) + rng.uniform(0, 0.1, (30, 2)).astype(np.float32)
    assert count_inliers(Keypoints(spread, descriptors), Keypoints(spread / 2, descriptors)) > 20
    assert count_inliers(Keypoints(spread, descriptors), Keypoints(one_place, descriptors)) == 0
    assert count_inliers(Keypoints(one_place, descriptors), Keypoints(one_place, descriptors)) == 0


def test_few_candidates_are_the_nearest_of_the_larger_set() -> None:
    a, b = np.eye(2, dtype=np.float32), np.array([[1, 0.1], [0.2, 1], [1, 1]], np.float32)
    assert nearest_pairs(a, b, 1).tolist() == [[0, 0], [1, 1]]
    assert nearest_pairs(b, a, 1).tolist() == [[0, 0], [1, 1]]
    assert len(nearest_pairs(a, b, 99)) == 6
