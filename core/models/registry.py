"""The models by name: a decorated builder per network, with its facts beside it.

Listing the registry needs no Keras; building a model does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from core.config import TRAINED_MODELS
from core.errors import require_known

if TYPE_CHECKING:
    import keras

Builder = Callable[[tuple[int, int], int], "keras.Model"]


@dataclass(frozen=True)
class ModelSpec:
    """A network and what is known of it before it is built.

    Attributes:
        name: Registry name and folder name in trained_models/.
        build: (input (height, width), classes) -> functional model; uint8-range input (0-255), softmax output.
        input_size: Default (height, width) in pixels.
        parameters: Exact count at the default size with seven classes.
        trainable_parameters: Of them, what the last phase of the model's recipe trains.
        layers: Layers of the network, not counting the scaling of the picture.
        source: Who proposed it.
        imagenet: Where its ImageNet weights come from (see core.models.pretrained), or None if it starts from scratch.
        text: One sentence on the network.
    """

    name: str
    build: Builder
    input_size: tuple[int, int]
    parameters: int
    trainable_parameters: int
    layers: int
    source: str
    text: str
    imagenet: str | None = None


_REGISTRY: dict[str, ModelSpec] = {}


def register(
    *,
    name: str,
    input_size: tuple[int, int],
    parameters: int,
    trainable_parameters: int,
    layers: int,
    source: str,
    text: str,
    imagenet: str | None = None,
) -> Callable[[Builder], Builder]:
    """Decorate a builder so that it can be found by `get_model(name)`."""

    def add(build: Builder) -> Builder:
        _REGISTRY[name] = ModelSpec(
            name, build, input_size, parameters, trainable_parameters, layers, source, text, imagenet
        )
        return build

    return add


def get_model(name: str) -> ModelSpec:
    """The model of that name.

    Raises:
        UserError: Unknown name; the message lists the known ones.
    """
    models = all_models()
    require_known("model", name, models)
    return models[name]


def all_models() -> dict[str, ModelSpec]:
    """Every registered model by name, sources' first."""
    from core.models import cnn, efficientnet_lite, transfer  # noqa: F401  (registers on import; none imports keras)

    return dict(_REGISTRY)


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
