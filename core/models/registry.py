"""Registry of models by name: one decorated builder per network, with its specification.

Only building a model imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from core.config import TRAINED_MODELS
from core.errors import require_known
from core.store.names import CARD

if TYPE_CHECKING:
    import keras

Builder = Callable[[tuple[int, int], int], "keras.Model"]


@dataclass(frozen=True)
class ModelSpec:
    """Specification of a network.

    Attributes:
        name: Registry name and folder name in trained_models/.
        build: (input (height, width), classes) -> functional model; uint8-range input (0-255), softmax output.
        input_size: Default (height, width) in pixels.
        parameters: Exact count at the default size with seven classes.
        trainable_parameters: Parameters trained in the last phase of the model's recipe.
        layers: Number of layers, without the rescaling of the image.
        source: Project that proposed it.
        imagenet: Source of its ImageNet weights (see core.models.pretrained); None if trained from scratch.
        text: Description in one sentence.
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


@dataclass(frozen=True)
class EnsembleSpec:
    """An ensemble that a source project reports; it waits until its members are trained.

    Attributes:
        name: Folder name in trained_models/.
        members: Registry names of the networks whose probabilities are averaged.
        source: Project that proposed it.
    """

    name: str
    members: tuple[str, ...]
    source: str


ENSEMBLES = {
    "ensemble_inception_densenet": EnsembleSpec(
        "ensemble_inception_densenet", ("inceptionv3_full", "densenet201_full"), "App project (B)"
    ),
}
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
    """Register a builder for `get_model(name)`, as a decorator; see `ModelSpec` for the arguments."""

    def add(build: Builder) -> Builder:
        _REGISTRY[name] = ModelSpec(
            name, build, input_size, parameters, trainable_parameters, layers, source, text, imagenet
        )
        return build

    return add


def get_model(name: str) -> ModelSpec:
    """Look up a model by name.

    Raises:
        UserError: Unknown name; the message lists the known ones.

    Example:
        >>> get_model("efficientnet_lite0").input_size
        (168, 224)
    """
    models = all_models()
    require_known("model", name, models)
    return models[name]


def all_models() -> dict[str, ModelSpec]:
    """Return all registered models by name, those of the source projects first.

    Example:
        >>> list(all_models())[:2]
        ['baseline_cnn', 'custom_cnn']
    """
    from core.models import cnn, efficientnet_lite, transfer  # noqa: F401  (registers on import; none imports keras)

    return dict(_REGISTRY)


class Row(TypedDict):
    """One model of the registry; `trained` is true if it has a folder in trained_models/.

    An ensemble's counts are sums over its `members`; a network has none.
    """

    name: str
    parameters: int
    trainable_parameters: int
    layers: int
    needs_imagenet: bool
    trained: bool
    source: str
    members: list[str]


def list_models() -> list[Row]:
    """List all networks and the source projects' ensembles without building them.

    Example:
        >>> [row["name"] for row in list_models() if not row["needs_imagenet"]]
        ['baseline_cnn', 'custom_cnn', 'resnet50_scratch']
    """
    networks = [_row(spec.name, spec.source, [spec]) for spec in all_models().values()]
    ensembles = [
        _row(each.name, each.source, [get_model(name) for name in each.members]) for each in ENSEMBLES.values()
    ]
    return networks + ensembles


def _row(name: str, source: str, networks: list[ModelSpec]) -> Row:
    return Row(
        name=name,
        parameters=sum(spec.parameters for spec in networks),
        trainable_parameters=sum(spec.trainable_parameters for spec in networks),
        layers=sum(spec.layers for spec in networks),
        needs_imagenet=any(spec.imagenet for spec in networks),
        trained=(TRAINED_MODELS / name / CARD).is_file(),
        source=source,
        members=[spec.name for spec in networks] if len(networks) > 1 else [],
    )
