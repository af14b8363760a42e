"""Convert cards of former versions: 1, which has no version number, and 2."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
TRAINING = {
    "training_seconds": "seconds", "seed": "seed", "hardware": "hardware", "versions": "versions",
    "epochs_run": "epochs_run", "best_epoch": "best_epoch", "ended": "ended", "rows_told": "rows",
    "rows_wrong": "mislabeled_rows", "rounding": "rounding", "recipe": "recipe",
}  # fmt: skip
"""Fields that moved into "training", by their former names."""
RENAMED = {
    "pictures": "images", "answers_changed": "predictions_changed", "accuracy_gained": "accuracy_change",
    "pictures_per_second": "images_per_second", "refused": "rejected", "per_dx": "per_class", "fitted": "classes",
    "refused_while_choosing": "rejected_while_choosing",
}  # fmt: skip
"""Keys at any depth."""


def upgrade(old: Json) -> Json:
    """Convert a card to version 3.

    Args:
        old: A parsed card of version 1 or 2.

    Raises:
        KeyError: A part lacks what version 1 always had; the key is its name.
        TypeError: A part is not of the type that it always had.
        ValueError: A list of figures does not have as many as it always had.
    """
    return _with_split_scheme(_second(old) if old.get("schema", 1) == 1 else old)


def upgraded_recipe(recipe: Json) -> Json:
    """Convert a recipe to today's words: "split" became "split_scheme", and rows of "pictures" became "images"."""
    new = {"split_scheme" if key == "split" else key: value for key, value in recipe.items()}
    return new | {"rows": "images"} if new.get("rows") == "pictures" else new


def _with_split_scheme(second: Json) -> Json:
    training = second.get("training")
    if not isinstance(training, dict) or not isinstance(training.get("recipe"), dict):
        return second | {"schema": 3}
    return second | {"schema": 3, "training": training | {"recipe": upgraded_recipe(training["recipe"])}}


def _second(first: Json) -> Json:
    card = dict(first)
    new: Json = {"schema": 2, "kind": card.pop("kind", "ensemble" if "members" in card else "network")}
    new["architecture"] = card.pop("model")
    new["data"] = _data(card)
    new["training"] = _training(card, new)
    for key in ("weights", "predictions"):
        if key in card:
            new[key] = _file(card.pop(key))
    if "members" in card:
        new["members"] = [_member(each) for each in card.pop("members")]
    if "figures" in card:
        new["evaluation"] = _evaluation(card.pop("figures"), card.pop("evaluated"))
    for key, (name, convert) in PARTS.items():
        if key in card:
            new[name] = convert(card.pop(key))
    return card | new


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {RENAMED.get(key, key): _renamed(item) for key, item in value.items()}
    return value


def _file(facts: Json) -> Json:
    return {"name": facts["file"], "sha256": facts["sha256"], "bytes": facts["bytes"]}


def _part(facts: Json, **made_from: str) -> Json:
    """Move the keys of a part's file and origin into objects of their own.

    Args:
        facts: Of version 1.
        made_from: By kind of file, the key that held its hash.
    """
    left = dict(facts)
    new: Json = {"file": _file(left)} if "file" in left else {}
    for key in ("file", "sha256", "bytes") if new else ():
        del left[key]
    if made_from:
        new["made_from"] = {kind: left.pop(key) for kind, key in made_from.items()}
    elif "of" in left:
        new["made_from"] = {kind: value for kind, value in left.pop("of").items() if value is not None}
    renamed: Json = _renamed(left)
    return new | renamed


def _estimate(values: list[float | None]) -> Json:
    value, low, high = values
    return {"value": value, "low": low, "high": high}


def _data(card: Json) -> Json:
    split = card.pop("split")
    new = {"split_scheme": split["name"], "split_sha256": split["sha256"], "train_counts": card.pop("train_counts")}
    return new | ({"sha256": card.pop("data_sha256")} if "data_sha256" in card else {})


def _training(card: Json, new: Json) -> Json:
    training: Json = {TRAINING[key]: _renamed(card.pop(key)) for key in TRAINING if key in card}
    recipe = training.get("recipe", {})
    if "C" in recipe:
        scores = recipe["validation_balanced_accuracy"]
        new["baseline"] = {"inverse_regularization": recipe["C"], "validation_balanced_accuracy": scores}
        del training["recipe"]
    if "strategy" in recipe:
        new["head"] = recipe | {"features_of": _member(card.pop("features_of"))}
        del training["recipe"]
    return training


def _member(old: Json) -> Json:
    kinds = {"weights_sha256": "weights", "sha256": "predictions"}
    return {"name": old["name"], "made_from": {kind: old[key] for key, kind in kinds.items() if key in old}}


def _evaluation(figures: Json, evaluated: Json) -> Json:
    splits = {
        split: _renamed(evaluated[split]) | {"metrics": {name: _estimate(each) for name, each in metrics.items()}}
        for split, metrics in figures.items()
    }
    return {"draws": evaluated["draws"], "seed": evaluated["seed"]} | splits


def _export(old: Json) -> Json:
    new = _part(old)
    return new | {"precision": new.pop("weights")}


def _precisions(old: Json) -> Json:
    left = dict(old)
    made_from, images = {"weights": left.pop("weights_sha256")}, left.pop("pictures")
    return {"made_from": made_from, "images": images, "by_precision": {key: _precision(left[key]) for key in left}}


def _precision(old: Json) -> Json:
    new: Json = _renamed(old)
    parity = {key: new.pop(key) for key in ("images", "agreement", "max_difference", "max_cam_difference")}
    return new | {"parity": parity, "accuracy_gap": _estimate(new["accuracy_gap"])}


def _calibration(old: Json) -> Json:
    new = _part(old, export="export")
    for split in ("validation", "test"):
        new[split] = {name: {when: _estimate(each) for when, each in both.items()} for name, both in new[split].items()}
    return new


def _conformal(old: Json) -> Json:
    new = _part(old, export="export")
    for each in new["classes"].values():
        each["possible"] = dict(zip(("low", "high"), each["possible"], strict=True))
    for each in new["test"].values():
        each["coverage"] = _estimate([each["coverage"], each.pop("low"), each.pop("high")])
    return new


def _synthetic(old: Json) -> Json:
    return {"per_class": old["per_dx"], "balanced_accuracy": _estimate(old["balanced_accuracy"])}


PARTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "export": ("export", _export),
    "precisions": ("precisions", _precisions),
    "calibration": ("calibration", _calibration),
    "conformal": ("conformal", _conformal),
    "guard": ("ood_detector", lambda _: None),  # another kind of detector, which isn't used any more
    "synthetic": ("synthetic_score", _synthetic),
    "slices": ("slices", lambda old: _part(old, predictions="predictions")),
    "cams": ("layer_maps", lambda old: _part(old, weights="weights")),
    "heatmaps": ("heatmaps", _part),
    "cam_scores": ("cam_scores", _part),
    "cam_checks": ("cam_checks", _part),
    "views": ("flips", lambda old: old),
}
"""Each part's present name and converter, by its former name."""
