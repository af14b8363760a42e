"""Cards of versions 1 and 2 are read as version 3, with nothing lost."""

import json
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from core.errors import UserError
from core.labels import DX
from core.store.card import Card, card_text, parse_card
from core.store.recipe import Augmentation, Phase, Recipe
from core.store.stored import MadeFrom

FILE = {"file": "x.npz", "sha256": "f", "bytes": 7}
FIGURE = [0.5, 0.4, None]
OF = {"predictions": "p", "export": "e"}
ACCEPTED = {"all": [0.9, 0.8, 0.95, 20, 15]}
OLD: dict[str, Any] = {
    "name": "m", "model": "baseline_cnn", "text": "Small.", "source": "B", "parameters": 9, "trainable_parameters": 8,
    "input_size": [64, 48], "licence": "CC", "seed": 42, "training_seconds": 60, "epochs_run": 3, "best_epoch": 1,
    "recipe": {"model": "baseline_cnn", "phases": [{"epochs": 3, "learning_rate": 0.1}], "rows": "pictures"},
    "split": {"name": "lesion", "sha256": "s"}, "data_sha256": "d", "versions": {"python": "3"}, "hardware": "CPU",
    "train_counts": dict.fromkeys(DX, 3), "rows_told": dict.fromkeys(DX, 4), "rows_wrong": 2,
    "rounding": {"answers_changed": 0.1, "accuracy_gained": -0.1, "split": "test"},
    "weights": FILE | {"sha256": "w"}, "predictions": FILE | {"sha256": "p"},
    "figures": {"validation": {"accuracy": FIGURE}, "test": {"accuracy": FIGURE}},
    "evaluated": {split: {"pictures": 5, "lesions": 4} for split in ("validation", "test")} | {"draws": 9, "seed": 1},
    "export": FILE | {"sha256": "e", "weights": "int8", "parity": {
        "pictures": 5, "agreement": 1.0, "max_difference": 0.1, "max_cam_difference": 0.2}},
    "precisions": {"pictures": 5, "weights_sha256": "w", "int8": {
        "bytes": 3, "pictures": 5, "agreement": 1.0, "max_difference": 0.1, "max_cam_difference": 0.2, "accuracy": 0.5,
        "accuracy_gap": FIGURE, "milliseconds": 2.0}},
    "calibration": {"export": "e", "temperature": 1.5} | {
        split: {"calibration_error": {"before": FIGURE, "after": FIGURE}} for split in ("validation", "test")},
    "conformal": {
        "export": "e", "alpha": 0.1,
        "fitted": {dx: {"threshold": 0.2, "pictures": 3, "lesions": 2, "possible": [0.8, 0.9]} for dx in DX},
        "test": {"nv": {"pictures": 3, "lesions": 2, "coverage": 0.9, "low": 0.8, "high": 1.0, "size": 2.5}}},
    "guard": FILE | {
        "export": "e", "kind": "looks", "threshold": 1.1, "limits": {"dark": 3.0}, "accepted": ACCEPTED,
        "candidates": {"a + looks": {"threshold": 1.0, "refused": 0.5, "margin": 2.0}}, "refused": ACCEPTED,
        "refused_while_choosing": ACCEPTED, "synthetic_accepted": [0.9, 70], "sources": ["a.png"], "not_tried": "x"},
    "synthetic": {"per_dx": 10, "balanced_accuracy": FIGURE},
    "slices": FILE | {"split": "test", "predictions": "p", "draws": 9, "seed": 1},
    "cams": FILE | {"pictures": 14, "seed": 1, "weights": "w"},
    "heatmaps": FILE | {"shape": [5, 6, 7]},
    "cam_checks": FILE | {"of": OF, "draws": 9, "seed": 1},
    "cam_scores": FILE | {
        "pictures": 5, "tested": 6, "left_out": 1, "without_evidence": 0, "pictures_per_second": None, "of": OF,
        "center": {"y": 0.5, "x": 0.4, "sd_y": 0.1, "sd_x": 0.2},
        "speed": {"pictures": 4, "litert": 9.0, "tf_keras_vis": 1.0, "max_difference": 0.1, "mean_difference": 0.0}},
}  # fmt: skip


def test_every_part_is_in_its_place() -> None:
    card = parse_card(OLD, "m/card.json")
    assert card.kind == "network" and card.architecture == "baseline_cnn" and card.input_size == (64, 48)
    assert (card.data.split_scheme, card.data.split_sha256, card.data.sha256) == ("lesion", "s", "d")
    assert card.training.recipe and card.training.recipe.rows == "images" and card.training.mislabeled_rows == 2
    assert card.training.rounding and card.training.rounding.accuracy_change == -0.1
    assert card.figure("accuracy").low == 0.4 and card.evaluation and card.evaluation.test.images == 5
    assert card.files == MadeFrom("w", "p", "e")
    assert card.export and (card.export.precision, card.export.parity.images) == ("int8", 5)
    assert card.precisions and card.precisions.by_precision["int8"].parity.agreement == 1
    assert card.calibration and card.calibration.test["calibration_error"].after.value == 0.5
    assert card.conformal and card.conformal.classes["nv"].possible.high == 0.9
    assert card.conformal.test["nv"].coverage.high == 1.0
    assert card.ood_detector is None  # of another kind, which is not used any more
    assert card.synthetic_score and card.synthetic_score.per_class == 10
    assert card.slices and card.slices.made_from == MadeFrom(predictions="p")
    assert card.layer_maps and card.layer_maps.made_from == MadeFrom(weights="w")
    assert card.cam_scores and card.cam_scores.made_from == MadeFrom(predictions="p", export="e")
    assert card.cam_scores.speed and card.cam_scores.speed.images == 4 and card.cam_scores.images_per_second is None
    assert card.heatmaps and card.heatmaps.shape == (5, 6, 7)
    assert card_text(parse_card(json.loads(card_text(card)), "m/card.json")) == card_text(card)


def test_ensembles_baselines_and_heads() -> None:
    base = {key: OLD[key] for key in ("name", "model", "parameters", "split", "train_counts", "seed")}
    base["training_seconds"] = 1
    members = [{"name": "a", "weights_sha256": "w"}, {"name": "b", "sha256": "p"}]
    whole = parse_card(base | {"members": members, "views": 4}, "m/card.json")
    assert whole.kind == "ensemble" and whole.flips == 4
    assert [each.made_from for each in whole.members] == [MadeFrom(weights="w"), MadeFrom(predictions="p")]
    fitted = {"C": 10.0, "validation_balanced_accuracy": {"10.0": 0.3}}
    floor = parse_card(base | {"kind": "baseline", "recipe": fitted}, "m/card.json")
    assert floor.baseline and floor.baseline.inverse_regularization == 10 and floor.training.recipe is None
    fitted = {"strategy": "smote", "classifier": "logistic", "neighbors": 5, "rows": 70}
    features = {"name": "a", "weights_sha256": "w"}
    head = parse_card(base | {"kind": "experiment", "recipe": fitted, "features_of": features}, "m/card.json")
    assert head.head and head.head.features_of.made_from == MadeFrom(weights="w") and head.head.rows == 70


def every_field_changed() -> Recipe:
    """A recipe in which no field has its default."""
    augmentation = Augmentation(**{each.name: False if each.name == "flips" else 0.5 for each in fields(Augmentation)})
    phase = Phase(3, 1e-3, "block", cached_views=2, cosine=False, plateau=4, steps=5, freeze_batch_norm=True)
    return Recipe(
        "efficientnet_lite0", (phase, phase), 8, "adam", 0.1, 1.0, 2.0, True, "balanced", "smote_matched", 9, "image",
        "only_skin", True, "log_loss", 0.99, True, 0.5, "baseline_cnn", 0.5, augmentation, (120, 160), 7, 1,
        "baseline_cnn",
    )  # fmt: skip


def recipe_of(card: Card) -> Recipe | None:
    return parse_card(json.loads(card_text(card)), "m/card.json").training.recipe


@pytest.mark.parametrize("change", [{}, {"augmentation": None}, {"train_size": None}])
def test_every_field_of_a_recipe_is_read_from_either_version(change: dict[str, Any]) -> None:
    recipe = replace(every_field_changed(), **change)
    former = json.loads(json.dumps(asdict(recipe)))
    former["split"] = former.pop("split_scheme")
    old = parse_card(OLD | {"recipe": former}, "m/card.json")
    assert old.training.recipe == recipe and recipe_of(old) == recipe
    second = json.loads(card_text(old)) | {"schema": 2}
    second["training"]["recipe"] = former
    assert parse_card(second, "m/card.json") == old
    with pytest.raises(UserError, match=r"m/card.json: training\.recipe\.split is unknown"):
        parse_card(second | {"schema": 3}, "m/card.json")


def test_no_field_of_that_recipe_has_its_default() -> None:
    recipe = every_field_changed()
    for each in (recipe, recipe.phases[0], recipe.augmentation):
        assert each and not [f.name for f in fields(each) if getattr(each, f.name) == f.default]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"calibration": {"export": "e"}}, "m/card.json: validation is missing"),
        ({"figures": {"test": {"accuracy": [1]}}}, "m/card.json is not a card of version 1"),
        ({"synthetic": 3}, "m/card.json is not a card of version 1"),
        ({"calibartion": {}}, "m/card.json: calibartion is unknown"),
        ({"split": {}}, "m/card.json: name is missing"),
    ],
)
def test_a_faulty_card_is_one_sentence(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_card(OLD | change, "m/card.json")
    assert str(caught.value).startswith(problem)
