from dataclasses import replace

import pytest

from core.errors import UserError
from core.store.recipe import Augmentation, Phase, Recipe
from core.store.typed_json import from_json, to_json

RECIPE = Recipe("baseline_cnn", (Phase(epochs=2, learning_rate=1e-3),), augmentation=Augmentation(hue=3.0))


def test_a_recipe_survives_a_card() -> None:
    assert from_json(Recipe, to_json(RECIPE)) == RECIPE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"optimizer": "sgd"}, "optimizer 'sgd' is not one of adam, adamw"),
        ({"split": "patient"}, "split 'patient' is not one of"),
        ({"rows": "smote"}, "rows 'smote' is not one of images"),
    ],
)
def test_a_value_outside_the_choices_lists_them(change: dict[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        replace(RECIPE, **change)  # type: ignore[arg-type]
