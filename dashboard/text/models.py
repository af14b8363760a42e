"""Names of models for people, and what is shown where a model lacks something that its first member has."""

from collections.abc import Iterable
from datetime import date

from core.store.card import Card

NETWORKS = {
    "baseline_cnn": "Baseline CNN",
    "custom_cnn": "Custom CNN",
    "efficientnet": "EfficientNet",
    "efficientnet_lite": "EfficientNet-Lite",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "efficientnetb0": "EfficientNetB0",
    "metadata_only": "Metadata only, without images",
    "resnet50": "ResNet50",
}
"""Names of the networks by their keys; the longest key that a model's key starts with counts."""
MODEL_HELP = (
    "Ensemble or pair: the mean of several networks. Distilled: a network that learned to imitate others. Frozen: "
    "only its last layers were trained. With MILK10k: it also learned from images of other clinics. The leaderboard's "
    "Card tab has the details."
)
ENDINGS = {
    "": "",
    "_deeply_distilled": " deeply distilled with MILK10k",
    "_distilled": " distilled with MILK10k",
    "_distilled_ensemble": " distilled ensemble",
    "_distilled_pair": " distilled pair",
    "_ensemble": " ensemble",
    "_frozen": ", frozen, as in the notebook",
    "_frozen_scaled_once": ", frozen, images scaled once",
    "_full": ", second recipe",
    "_fully_distilled": " fully distilled with MILK10k",
    "_large": " at 252x336 with MILK10k",
    "_large_distilled": " at 252x336, distilled",
    "_large_ensemble": " ensemble with MILK10k",
    "_milk10k": " with MILK10k",
    "_patiently_distilled": " patiently distilled with MILK10k",
    "_scratch": ", without ImageNet weights",
}
"""What the rest of a model's key means."""


HASH = 12
"""Digits of a hash that are shown."""


def model_label(name: str) -> str:
    """Name a model for people; one that isn't known keeps its key.

    Args:
        name: The model's key: its folder in trained_models, or a visitor's own model.

    Example:
        >>> model_label("efficientnet_lite0_milk10k"), model_label("mine (yours)")
        ('EfficientNet-Lite0 with MILK10k', 'mine (yours)')
    """
    for key in sorted(NETWORKS, key=len, reverse=True):
        if name.startswith(key) and (ending := name.removeprefix(key)) in ENDINGS:
            return f"{NETWORKS[key]}{ENDINGS[ending]}"
    return name


def full_label(name: str) -> str:
    """Name a model for people, with its key if that differs.

    Example:
        >>> full_label("baseline_cnn"), full_label("mine (yours)")
        ('Baseline CNN (baseline_cnn)', 'mine (yours)')
    """
    label = model_label(name)
    return label if label == name else f"{label} ({name})"


def list_models(names: Iterable[str]) -> str:
    """List models for people; with semicolons, because names have commas.

    Example:
        >>> list_models(["efficientnet_lite0", "efficientnet_lite0_milk10k"])
        'EfficientNet-Lite0; EfficientNet-Lite0 with MILK10k'
    """
    return "; ".join(model_label(name) for name in names)


def member_sentence(member: str, what: str) -> str:
    """Say that an ensemble's member is shown in its place.

    Args:
        member: The ensemble's first member.
        what: What the ensemble lacks, in the plural: "layers".
    """
    return f"An ensemble has no {what} of its own. These are its first member's: **{full_label(member)}**."


def report_facts(card: Card, made: date) -> list[str]:
    """Name the date and the model of a report, with the hash that tells its version from others.

    Args:
        card: The model's.
        made: When.
    """
    weights = [(card.name, card.weights.sha256)] if card.weights else []
    weights += [(each.name, each.made_from.weights) for each in card.members if each.made_from.weights]
    versions = [f"{full_label(name)}: weights with SHA-256 {sha256[:HASH]}" for name, sha256 in weights]
    return [f"Made on {made.day} {made:%B %Y}", *versions]
