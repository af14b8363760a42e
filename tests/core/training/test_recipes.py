import re

import pytest

from core.errors import UserError
from core.training.recipe_table import RECIPES, get_recipe
from core.training.recipes import check_recipe, with_schedule


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_changes(name: str) -> None:
    recipe = with_schedule(get_recipe(name, seed=7), epochs=2, learning_rate=1e-5)
    endings = ("", "_full", "_milk10k", "_mixed", "_distilled")
    assert re.sub("_(deeply|patiently|fully)_", "_", name.removeprefix(recipe.model)) in endings
    assert recipe.seed == 7
    assert all((phase.epochs, phase.learning_rate, phase.steps) == (2, 1e-5, 0) for phase in recipe.phases)


def test_a_word_that_is_no_choice_lists_the_choices() -> None:
    with pytest.raises(UserError, match="sampling 'often' is not one of natural, balanced"):
        get_recipe("baseline_cnn", sampling="often")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"teacher": "baseline_cnn", "mix": 0.5}, "A teacher needs augmented views and unmixed images"),
        ({"teacher": "baseline_cnn", "augmentation": None}, "A teacher needs augmented views and unmixed images"),
        ({"mix": 0.5, "class_weights": True}, "Mixed images have no class"),
    ],
)
def test_fields_that_exclude_each_other_are_refused(changes: dict[str, object], words: str) -> None:
    check_recipe(get_recipe("baseline_cnn", teacher="baseline_cnn"))
    with pytest.raises(UserError, match=words):
        check_recipe(get_recipe("baseline_cnn", **changes))
