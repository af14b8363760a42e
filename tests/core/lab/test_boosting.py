import numpy as np

from core.lab.embeddings import read_card


def test_boosting_reads_the_leading_components_and_what_stands_behind_the_embedding() -> None:
    from core.lab.boosting import DIMENSIONS, LEADING, leading

    assert read_card()["dimensions"] == DIMENSIONS
    columns = leading(np.arange(DIMENSIONS + 3)[None])[0].tolist()
    assert columns == [*range(LEADING), DIMENSIONS, DIMENSIONS + 1, DIMENSIONS + 2]
    assert leading(np.zeros((2, 8))).shape == (2, 8)
