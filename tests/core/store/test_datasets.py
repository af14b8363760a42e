from dataclasses import replace
from pathlib import Path

from core.store.card import read_card, write_card
from core.store.datasets import learned_from, licence
from core.store.folders import model_folders
from core.store.stored import Member
from core.training.recipe_table import get_recipe
from tests.cards import small_card


def test_an_ensemble_learned_from_what_any_member_learned_from(tmp_path: Path) -> None:
    cards = {}
    for name, milk10k in (("a", False), ("b", True)):
        plain = small_card(name)
        training = replace(plain.training, recipe=get_recipe("baseline_cnn", milk10k=milk10k))
        cards[name] = replace(plain, training=training)
        write_card(tmp_path / name, cards[name])
    assert learned_from(cards["a"], tmp_path) == ("HAM10000",)
    both = replace(small_card("both"), members=(Member("a"), Member("b")))
    assert learned_from(both, tmp_path) == ("HAM10000", "MILK10k")
    assert learned_from(replace(both, members=(Member("a"),)), tmp_path) == ("HAM10000",)
    assert learned_from(replace(cards["b"], kind="added"), tmp_path) == ()  # only whoever made the file knows


def test_the_licence_on_each_card_credits_what_the_model_learned_from() -> None:
    for folder in model_folders().values():
        card = read_card(folder)
        assert card.licence == licence(learned_from(card)), card.name
