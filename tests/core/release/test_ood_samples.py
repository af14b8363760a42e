import numpy as np
import pytest

from core.release.ood_samples import ood_samples


def test_samples_are_the_same_each_time_and_no_source_serves_both_purposes():
    pytest.importorskip("skimage")
    first, second = ood_samples(), ood_samples()
    assert [each.source for each in first] == [each.source for each in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
    chosen, reported = ({each.source for each in first if each.report is reported} for reported in (False, True))
    assert not chosen & reported
    assert all(each.image.dtype == np.uint8 and each.image.shape[2] == 3 for each in first)
    assert {each.kind for each in first if each.report} == {each.kind for each in first}
