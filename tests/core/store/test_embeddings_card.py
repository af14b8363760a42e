"""The card of the embeddings: read as it was written, and refused in one sentence that names the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.store.embeddings_card import read_embeddings_card, write_embeddings_card
from core.store.names import EMBEDDINGS_CARD

COMMITTED = TRAINED_MODELS / "embeddings"


def test_the_committed_card_comes_back_as_it_is(tmp_path: Path) -> None:
    write_embeddings_card(tmp_path, read_embeddings_card(COMMITTED))
    assert (tmp_path / EMBEDDINGS_CARD).read_bytes() == (COMMITTED / EMBEDDINGS_CARD).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [EMBEDDINGS_CARD]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"dimensions": "many"}, "dimensions is not a whole number"),
        ({"dimension": 3}, "dimension is unknown"),
        ({"arrays": {"name": "x.npz"}}, "arrays.sha256 is missing"),
        ({"split_scheme": "patient"}, "split_scheme is not one of"),
        ({"arrays": {"name": "../x", "sha256": "0", "bytes": 1}}, "arrays.name '../x' is not a plain file name"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    folder = tmp_path / "embeddings"
    folder.mkdir()
    found = json.loads((COMMITTED / EMBEDDINGS_CARD).read_text())
    (folder / EMBEDDINGS_CARD).write_text(json.dumps(found | change))
    with pytest.raises(UserError) as caught:
        read_embeddings_card(folder)
    assert str(caught.value).startswith(f"embeddings/embeddings.json: {problem}")
    assert str(caught.value).endswith("; fetch it again or run `python -m core embed`.")


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", "null"])
def test_a_damaged_card_is_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / EMBEDDINGS_CARD).write_text(content)
    with pytest.raises(UserError, match=r"embeddings\.json[ :][^\n]+`python -m core embed`\.$"):
        read_embeddings_card(tmp_path)


def test_a_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"embeddings\.json is missing"):
        read_embeddings_card(tmp_path)
