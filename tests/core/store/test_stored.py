import pytest

from core.store.stored import StoredFile


@pytest.mark.parametrize("name", ["weights.npz", "a b.csv", "..npz"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert StoredFile(name, "0", 1).name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\\b", "C:x"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a plain file name"):
        StoredFile(name, "0", 1)
