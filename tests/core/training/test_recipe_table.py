import pytest

from core.errors import UserError
from core.training.recipe_table import RECIPES, get_recipe


def test_every_network_has_a_recipe() -> None:
    from core.models.registry import all_models

    assert {recipe.model for recipe in RECIPES.values()} == set(all_models())


def test_an_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no recipe 'x'.*baseline_cnn"):
        get_recipe("x")
