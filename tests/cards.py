"""Cards for tests: a small one, and one with some parts changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.labels import DX
from core.store.card import Card, read_card, write_card
from core.store.embeddings_card import EmbeddingsCard, FeatureSelection, FrozenWeights
from core.store.export_facts import Export, Parity
from core.store.names import EMBEDDINGS
from core.store.provenance import stored_file
from core.store.stored import StoredFile
from core.store.training_facts import DataFacts, TrainingFacts

COUNTS = dict(zip(DX, (228, 359, 770, 81, 779, 4693, 99), strict=True))
PARITY = Parity(images=40, agreement=1.0, max_difference=0.0, max_cam_difference=0.0)


def small_card(name: str, **parts: Any) -> Card:
    """The card of a network that nothing has been measured of."""
    facts: dict[str, Any] = {
        "name": name,
        "kind": "network",
        "architecture": "baseline_cnn",
        "parameters": 2_124_839,
        "data": DataFacts("lesion", "0", COUNTS),
        "training": TrainingFacts(seconds=60, seed=42, best_epoch=2),
        "weights": StoredFile("weights.npz", "0", 1),
    }
    return Card(**(facts | parts))


def change(folder: Path, **parts: Any) -> Card:
    """Replace parts of a card on disk."""
    card = replace(read_card(folder), **parts)
    write_card(folder, card)
    return card


def exported(folder: Path) -> Export:
    """An entry for the folder's model.tflite."""
    return Export(stored_file(folder / "model.tflite"), "float16", PARITY)


def other_export(card: Card) -> Export:
    """The same card's entry for another graph."""
    assert card.export
    return replace(card.export, file=replace(card.export.file, sha256="other"))


def embeddings_card(folder: Path) -> EmbeddingsCard:
    """A card for the embeddings in a folder, with a map that isn't there."""
    return EmbeddingsCard(
        network="efficientnet_lite0", weights=FrozenWeights("a package", "0", "ImageNet"), input_size=(168, 224),
        depths=("top",), statistics=("mean",), dimensions=8, fitted_on="training rows", explained_variance=(0.5,),
        selection=FeatureSelection("balanced accuracy", "the best", ()), split_scheme="lesion", split_sha256="0",
        seed=42, arrays=stored_file(folder / EMBEDDINGS), map=StoredFile("map.npz", "0", 1), map_text="none",
        licence="CC BY-NC 4.0", has_seen_test_lesions=False, fine_tuned=False,
    )  # fmt: skip
