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
        ({"split_scheme": "patient"}, "split_scheme 'patient' is not one of"),
        ({"rows": "smote"}, "rows 'smote' is not one of images"),
    ],
)
def test_a_value_outside_the_choices_lists_them(change: dict[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        replace(RECIPE, **change)  # type: ignore[arg-type]


def test_by_default_training_is_plain() -> None:
    plain = Recipe("baseline_cnn", (Phase(epochs=2, learning_rate=1e-3),))
    off = (plain.logit_adjustment, plain.focal_gamma, plain.ema, plain.mix, plain.per_class, plain.class_weights)
    assert not any(off) and not plain.milk10k and not plain.mixed_precision
    assert (plain.sampling, plain.rows, plain.split_scheme) == ("natural", "images", "lesion")
    (phase,) = plain.phases
    assert (phase.cached_views, phase.plateau, phase.steps, phase.freeze_batch_norm) == (0, 0, 0, False)
    assert phase.cosine and phase.trainable_from is None
