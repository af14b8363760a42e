"""Images decode, crop and resize one way; what is no image is named."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.data.images import check_images, crop_box, jpeg, load_images, preprocess, read_image, resize
from core.data.metadata import Dataset, load_dataset
from core.errors import UserError


@pytest.fixture
def red_left(tmp_path: Path) -> Path:
    """A PNG of 30x40, red on the left and blue on the right."""
    image = np.zeros((30, 40, 3), np.uint8)
    image[:, :20] = (0, 0, 255)
    image[:, 20:] = (255, 0, 0)
    cv2.imwrite(str(tmp_path / "red.png"), image)
    return tmp_path / "red.png"


def test_reading_gives_rgb(red_left: Path) -> None:
    image = read_image(red_left)
    assert image.shape == (30, 40, 3)
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [255, 0, 0]
    assert image[0, -1].tolist() == [0, 0, 255]


def test_a_jpeg_keeps_its_colours_and_size(tmp_path: Path) -> None:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 200
    (tmp_path / "red.jpg").write_bytes(jpeg(red))
    again = read_image(tmp_path / "red.jpg")
    assert again.shape == red.shape
    assert np.abs(again.astype(int) - red).max() <= 3
    noise = np.random.default_rng(0).integers(0, 256, red.shape).astype(np.uint8)
    assert len(jpeg(noise, 50)) < len(jpeg(noise))


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8\xff\xe0" + bytes(64)])
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ISIC_1.jpg").write_bytes(content)
    with pytest.raises(UserError, match=r"ISIC_1\.jpg is not a readable image; fetch it again or delete it\."):
        read_image(tmp_path / "ISIC_1.jpg")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.jpg cannot be read: No such file"):
        read_image(tmp_path / "gone.jpg")


@pytest.mark.parametrize(
    ("height", "width", "box"),
    [
        (450, 600, (0, 0, 450, 600)),
        (600, 600, (75, 0, 450, 600)),
        (450, 900, (0, 150, 450, 600)),
        (1, 40, (0, 19, 1, 1)),
        (40, 1, (19, 0, 1, 1)),
    ],
)
def test_the_crop_is_the_largest_centred_four_by_three(height: int, width: int, box: tuple[int, ...]) -> None:
    assert crop_box(height, width) == box


def test_resize_averages_areas_and_leaves_the_right_size_alone() -> None:
    checks = np.indices((40, 40)).sum(axis=0) % 2 * 200
    image = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    assert np.all(resize(image, (10, 10)) == 100)
    assert resize(image, (40, 40)) is image
    assert resize(image, (80, 60)).shape == (80, 60, 3)


def test_every_source_of_an_image_goes_through_the_resolution_of_the_weights() -> None:
    """600x450 and its 200x150 reduction must be the same image to a model."""
    rng = np.random.default_rng(0)
    large = cv2.resize(rng.integers(0, 256, (15, 20, 3), np.uint8), (600, 450), interpolation=cv2.INTER_CUBIC)
    small = resize(large, SOURCE_SIZE)
    np.testing.assert_array_equal(preprocess(large, (168, 224)), preprocess(small, (168, 224)))


def test_preprocess_crops_before_it_resizes() -> None:
    tall = np.zeros((300, 200, 3), np.uint8)
    tall[75:225] = 255
    assert np.all(preprocess(tall, (64, 64)) == 255)


def test_images_load_in_order_with_progress(mini_ham: Path) -> None:
    paths = list(load_dataset(mini_ham).images.values())[:5]
    done: list[int] = []
    images = load_images(paths, (30, 40), done.append)
    assert images.shape == (5, 30, 40, 3)
    assert images.dtype == np.uint8
    assert done == [1, 2, 3, 4, 5]
    for image, path in zip(images, paths, strict=True):
        np.testing.assert_array_equal(image, preprocess(read_image(path), (30, 40)))


def test_the_first_unreadable_image_stops_a_load(mini_ham: Path) -> None:
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000004.jpg").write_text("text")
    with pytest.raises(UserError, match=r"ISIC_0000004\.jpg is not a readable image"):
        load_images(load_dataset(mini_ham).images.values(), (30, 40))


def test_checking_names_every_unreadable_image(mini_ham: Path) -> None:
    dataset = load_dataset(mini_ham)
    check_images(dataset)
    for i in (2, 8):
        (mini_ham / "HAM10000_images_part_1" / f"ISIC_000000{i}.jpg").write_text("text")
    with pytest.raises(UserError, match=r"cannot be read: ISIC_0000002\.jpg, ISIC_0000008\.jpg; fetch them again"):
        check_images(dataset)


def test_real_images_have_the_size_of_the_weights(real_ham: Dataset) -> None:
    for path in list(real_ham.images.values())[::1000]:
        assert read_image(path).shape == (*SOURCE_SIZE, 3)
