"""Nicknames."""

import pytest

from core.classroom import nicknames
from core.classroom.contracts import PEOPLE, SPINS
from core.errors import UserError


def test_there_are_enough_of_them_and_each_is_two_words() -> None:
    pairs = len(nicknames.ADJECTIVES) * len(nicknames.ANIMALS)
    assert pairs > 4 * PEOPLE * (SPINS + 1)
    assert len(set(nicknames.ADJECTIVES)) == len(nicknames.ADJECTIVES)
    assert len(set(nicknames.ANIMALS)) == len(nicknames.ANIMALS)
    assert all(word.isalpha() and word.istitle() for word in nicknames.ADJECTIVES + nicknames.ANIMALS)


def test_none_is_drawn_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nicknames, "ADJECTIVES", ("Quiet", "Calm"))
    monkeypatch.setattr(nicknames, "ANIMALS", ("Otter",))
    assert nicknames.draw_nickname({"Quiet Otter"}) == "Calm Otter"
    with pytest.raises(UserError, match="run out of nicknames"):
        nicknames.draw_nickname({"Quiet Otter", "Calm Otter"})
