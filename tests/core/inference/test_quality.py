import numpy as np
import pytest

from core.inference.quality import EMPTY, Quality, assess, faults, fit_limits
from core.synthetic.lesions import sample_lesion

LIMITS = {"sharpness": 3.0, "dark": 60.0, "bright": 220.0, "clipped": 0.1, "structure": 5.0}


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((150, 200, 3), 180, np.uint8), "nothing in its middle"),
        (sample_lesion("mel", 3).image // 8, "too dark"),
        (255 - sample_lesion("mel", 3).image // 16, "too bright"),
    ],
    ids=["plain", "dark", "bright"],
)
def test_quality_faults_have_a_name(image, words):
    assert any(words in fault.what for fault in faults(assess(image), LIMITS))


def test_a_blurred_picture_is_blurred_and_a_good_one_has_no_fault():
    import cv2

    image = sample_lesion("mel", 3).image
    assert not faults(assess(image), LIMITS | {"sharpness": assess(image).sharpness - 0.1})
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 6))
    assert assess(blurred).sharpness < assess(image).sharpness - 1
    found = faults(Quality(0, 140, 0.5, 0), LIMITS)
    assert found[0] is EMPTY and len(found) == 3


def test_limits_leave_the_stated_share_outside():
    measured = np.random.default_rng(0).random((1000, 4))
    limits = fit_limits(measured, 0.05)
    assert ((measured[:, 0] < limits["sharpness"]).mean(), (measured[:, 2] > limits["clipped"]).mean()) == (0.05, 0.05)
