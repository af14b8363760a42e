"""The registry as a table."""

from typing import TypedDict

from core.config import TRAINED_MODELS
from core.models.registry import all_models


class Row(TypedDict):
    """One model of the registry; `trained` is true where its weights are committed."""

    name: str
    parameters: int
    trainable_parameters: int
    layers: int
    needs_imagenet: bool
    trained: bool
    source: str


def list_models() -> list[Row]:
    """Every model of the registry, built nowhere: the counts stand in the registry and are tested."""
    return [
        Row(
            name=spec.name,
            parameters=spec.parameters,
            trainable_parameters=spec.trainable_parameters,
            layers=spec.layers,
            needs_imagenet=spec.imagenet is not None,
            trained=(TRAINED_MODELS / spec.name / "weights.npz").is_file(),
            source=spec.source,
        )
        for spec in all_models().values()
    ]
