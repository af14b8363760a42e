import pytest

from core.labels import DX
from core.store.training_facts import DataFacts

COUNTS = dict.fromkeys(DX, 1)


@pytest.mark.parametrize("counts", [COUNTS, COUNTS | {"df": 0}])
def test_a_class_may_be_empty(counts: dict[str, int]) -> None:
    assert DataFacts("lesion", "0", counts).train_counts == counts


@pytest.mark.parametrize("counts", [{}, {"nv": 1}, COUNTS | {"scc": 1}, COUNTS | {"df": -1}, dict.fromkeys(DX, 0)])
def test_counts_that_no_training_set_has_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="train_counts is not one count for each of"):
        DataFacts("lesion", "0", counts)
