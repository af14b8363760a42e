"""Images of two datasets, taken apart."""

import numpy as np

from core.training.labeled_images import LabeledImages


def test_the_images_of_one_dataset_keep_their_labels() -> None:
    both = LabeledImages(
        np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1), np.array([5, 6, 0, 1]), np.array([0, 1, 0, 1])
    )
    milk = both.of(1)
    assert milk.images.ravel().tolist() == [1, 3]
    assert milk.labels.tolist() == [6, 1]
