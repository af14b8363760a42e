"""The datasets that models learn from, and how they are credited."""

from collections.abc import Iterable
from pathlib import Path

from core.config import TRAINED_MODELS
from core.store.card import Card, read_card

HAM10000, MILK10K = "HAM10000", "MILK10k"
CREDITS = {
    HAM10000: "HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161)",
    MILK10K: "MILK10k (MILK study team 2025, doi:10.34970/648456)",
}
"""Both are under CC BY-NC 4.0."""
UNKNOWN_TRAINING = "What the model was trained on is not known here, nor its licence: it was added from a file."


def learned_from(card: Card, where: Path = TRAINED_MODELS) -> tuple[str, ...]:
    """Return the datasets that a model or an ensemble's members were trained on; none of a model added from a file.

    Args:
        card: The model's.
        where: Folder of the members' folders.

    Raises:
        UserError: A member's card can't be read.
    """
    if card.kind == "added":
        return ()  # only whoever made the file knows
    cards = [card, *(read_card(where / Path(member.name).name) for member in card.members)]
    recipes = [each.training.recipe for each in cards]
    return (HAM10000, MILK10K) if any(recipe and recipe.milk10k for recipe in recipes) else (HAM10000,)


def credit(datasets: Iterable[str]) -> str:
    """Name datasets with their authors.

    Example:
        >>> credit(["MILK10k"])
        'MILK10k (MILK study team 2025, doi:10.34970/648456)'
    """
    return " and ".join(CREDITS[name] for name in datasets)


def licence(datasets: Iterable[str]) -> str:
    """State the licence of what was learned from datasets.

    Example:
        >>> licence(["HAM10000"])[:48]
        'Weights and figures are derived from HAM10000 (T'
    """
    return (
        f"Weights and figures are derived from {credit(datasets)} and carry their licence, CC BY-NC 4.0: for teaching "
        "and research, not for commercial use, no medical device."
    )
