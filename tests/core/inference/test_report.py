"""The crop that a person moves, and the report that a person keeps."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image as Pillow

from core.data.images import crop_box
from core.inference.crop import LEAST, Crop, cut, place
from core.inference.pipeline import Judge
from core.inference.report import picture_data, report_html
from core.labels import NAMES
from core.synthetic.lesions import sample_lesion

IMAGE = sample_lesion("mel", 3).image


@pytest.mark.parametrize("shape", [(450, 600), (600, 450), (32, 320), (1000, 1000), (33, 47)])
def test_the_crop_starts_as_what_the_model_sees_anyway_and_stays_inside(shape):
    assert place(*shape, Crop()) == crop_box(*shape)
    for size in (0.0, LEAST, 0.37, 1.0):
        for at in (0.0, 0.3, 1.0):
            top, left, high, wide = place(*shape, Crop(size, at, 1 - at))
            assert 0 <= top <= top + high <= shape[0] and 0 <= left <= left + wide <= shape[1]


def test_cut_takes_the_named_corner():
    np.testing.assert_array_equal(cut(IMAGE, Crop(0.5, 1.0, 1.0)), IMAGE[-75:, -100:])


def test_a_report_holds_the_picture_without_its_exif_and_escapes_what_it_is_told(calibrated_folder):
    said = Judge(calibrated_folder).judge(IMAGE)
    page = report_html(IMAGE, "<b>model</b>", said, ["a < b & c"])
    assert "<b>model" not in page and "&lt;b&gt;model" in page and "a &lt; b &amp; c" in page
    assert all(name.replace("'", "&#x27;") in page for name in NAMES.values())
    assert "This is not a diagnosis" in page and "<script" not in page
    data = re.search(r"base64,([^\"]+)", page)
    picture = Pillow.open(io.BytesIO(base64.b64decode(data[1])))
    assert picture.size == (200, 150) and not picture.getexif()
    assert np.abs(np.asarray(picture).astype(int) - IMAGE).mean() < 6


def test_the_picture_is_encoded_from_pixels_alone():
    assert picture_data(IMAGE).startswith("data:image/jpeg;base64,")
