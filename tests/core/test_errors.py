import pytest

from core.errors import UserError, name_offenders, require_known


def test_a_known_name_passes_and_an_unknown_one_lists_the_known() -> None:
    require_known("model", "cnn", ["cnn", "vgg"])
    with pytest.raises(UserError, match=r"^There is no model 'lenet'; choose from cnn, vgg\.$"):
        require_known("model", "lenet", ["cnn", "vgg"])


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_offenders_beyond_the_limit_are_counted(names: list[str], text: str) -> None:
    assert name_offenders(names, limit=2) == text
