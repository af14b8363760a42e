import numpy as np
import pytest

from dashboard.charts.overlay import (
    COLORMAPS,
    GAP,
    colored,
    enlarged_mask,
    full_size_image,
    outlined,
    overlay,
    panels,
)

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
CORNER = np.zeros((3, 4), np.float32)
CORNER[0, 0] = 1


def test_no_evidence_leaves_the_image_as_it_is():
    np.testing.assert_array_equal(overlay(IMAGE, np.zeros((3, 4), np.float32), 1.0), IMAGE)


def test_opacity_zero_is_the_image_and_one_the_colour_of_the_heat():
    np.testing.assert_array_equal(overlay(IMAGE, CORNER, 0.0), IMAGE)
    np.testing.assert_array_equal(overlay(IMAGE, CORNER, 1.0)[0, 0], colored(CORNER, (60, 80))[0, 0])


def test_heat_lies_where_its_cell_lies():
    changed = np.abs(overlay(IMAGE, CORNER, 0.6).astype(int) - IMAGE).sum(-1)
    assert changed[:20, :20].mean() > 20
    assert not changed[40:, 40:].any()


def test_the_hottest_cell_keeps_its_centre():
    heat = np.zeros((3, 4), np.float32)
    heat[1, 2] = 1
    blue_to_yellow = colored(heat, (60, 80)).astype(int)
    yellow = blue_to_yellow[..., 0] - blue_to_yellow[..., 2]
    assert np.unravel_index(yellow.argmax(), yellow.shape) in [(y, x) for y in (29, 30) for x in (49, 50)]


@pytest.mark.parametrize(("name", "low", "high"), [("viridis", (68, 1, 84), (253, 231, 37)), ("jet", None, None)])
def test_colours_are_rgb(name, low, high):
    ends = colored(np.array([[0, 1]], np.float32), (1, 2), name)[0]
    if low:
        assert np.abs(ends - np.array([low, high])).max() <= 3
    else:
        assert ends[0][2] > ends[0][0]  # jet begins blue
        assert ends[1][0] > ends[1][2]  # and ends red


@pytest.mark.parametrize("name", COLORMAPS)
def test_panels_are_image_heatmap_overlay_with_gaps(name):
    image = panels(IMAGE, CORNER, 0.6, name)
    assert image.shape == (60, 240 + 2 * GAP, 4)
    views = [image[:, start : start + 80] for start in (0, 80 + GAP, 160 + 2 * GAP)]
    expected = (IMAGE, colored(CORNER, (60, 80), name), overlay(IMAGE, CORNER, 0.6, name))
    for view, want in zip(views, expected, strict=True):
        np.testing.assert_array_equal(view[..., :3], want)
        assert view[..., 3].min() == 255
    assert not image[:, 80 : 80 + GAP, 3].any()


def test_no_evidence_is_one_colour_and_never_the_hottest():
    image = panels(IMAGE, np.zeros((3, 4), np.float32), 1.0, "jet")
    heat = image[:, 80 + GAP : 160 + GAP, :3]
    assert len(np.unique(heat.reshape(-1, 3), axis=0)) == 1
    assert heat[0, 0, 0] < heat[0, 0, 2]  # blue, not red
    np.testing.assert_array_equal(image[:, 160 + 2 * GAP :, :3], IMAGE)


def test_an_outline_changes_the_border_alone():
    mask = np.zeros((60, 80), bool)
    mask[20:40, 20:60] = True
    out = outlined(IMAGE, mask)
    np.testing.assert_array_equal(out[24:36, 24:56], IMAGE[24:36, 24:56])
    np.testing.assert_array_equal(out[:17], IMAGE[:17])
    assert (out[20, 20:60] == 255).all()
    assert outlined(IMAGE, None) is IMAGE


def test_a_frame_dims_all_but_the_part_inside():
    from dashboard.charts.overlay import framed

    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    out = framed(image, (20, 30, 45, 60))
    np.testing.assert_array_equal(out[25:60, 35:85], image[25:60, 35:85])
    assert out[:15].min() >= 96 and out[:15].max() <= 96 + 85
    assert out.shape == image.shape


def test_an_image_at_full_size_is_neither_tiny_nor_huge() -> None:
    for width, shown in ((200, 600), (700, 700), (4000, 1600)):
        assert full_size_image(np.zeros((width * 3 // 4, width, 3), np.uint8)).shape == (shown * 3 // 4, shown, 3)


def test_a_mask_is_enlarged_in_place() -> None:
    mask = np.zeros((6, 8), bool)
    mask[2:4, 2:6] = True
    large = enlarged_mask(mask, (60, 80))
    assert large.shape == (60, 80) and large[30, 40] and not large[5, 40]
    assert large.mean() == pytest.approx(mask.mean(), abs=0.03)
