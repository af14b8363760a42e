import numpy as np

from core.inference.image_descriptors import COUNT, looks
from core.synthetic.lesions import sample_lesion


def test_looks_do_not_depend_on_resolution():
    image = sample_lesion("mel", 3).image
    large = np.repeat(np.repeat(image, 3, 0), 3, 1)
    assert looks(image).shape == (COUNT,)
    np.testing.assert_allclose(looks(large), looks(image), atol=1e-3)
