"""How each model is trained, as data."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from core.config import SEED
from core.errors import UserError


@dataclass(frozen=True)
class Augmentation:
    """Random changes that leave a dermatoscopic diagnosis as it is.

    Attributes:
        flips: Mirror left-right and top-bottom, each with probability one half.
        rotation: Largest turn in degrees, either way.
        zoom: Largest relative change of scale, either way.
        shift: Largest shift, as a share of the side.
        color: Largest relative change of brightness and of each channel's gain.
    """

    flips: bool = True
    rotation: float = 180.0
    zoom: float = 0.2
    shift: float = 0.05
    color: float = 0.1


@dataclass(frozen=True)
class Phase:
    """A stretch of training with one set of trainable layers and one learning-rate curve.

    Attributes:
        epochs: At most this many; early stopping may end the run before.
        learning_rate: Peak; linear warm-up over the first 5 % of steps, cosine to zero if `cosine`.
        trainable_from: Name of the first trainable layer; None trains all.
        cached_views: If not 0, the layers before `trainable_from` run once over each picture and this many
            augmented views of it, and training reads those features.
        cosine: False keeps the learning rate constant, without warm-up.
        freeze_batch_norm: Batch normalization keeps its statistics, scale and shift, and works as at inference: on
            CPU cores about twice as fast, and small batches cannot disturb it.
    """

    epochs: int
    learning_rate: float
    trainable_from: str | None = None
    cached_views: int = 0
    cosine: bool = True
    freeze_batch_norm: bool = False


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, save the data and the machine.

    Attributes:
        model: Registry name.
        phases: In order.
        batch_size: Pictures a step.
        optimizer: "adam" or "adamw".
        weight_decay: For AdamW.
        logit_adjustment: tau of the logit-adjusted cross-entropy (Menon et al. 2021, arXiv:2007.07314); 0 is plain.
        class_weights: Weigh each picture by the inverse of its diagnosis's frequency.
        augmentation: None trains on the pictures as they are.
        patience: Epochs without a better validation balanced accuracy before a phase ends.
        seed: Of weights, order, augmentation and dropout.
    """

    model: str
    phases: tuple[Phase, ...]
    batch_size: int = 32
    optimizer: Literal["adam", "adamw"] = "adamw"
    weight_decay: float = 0.01
    logit_adjustment: float = 0.0
    class_weights: bool = False
    augmentation: Augmentation | None = Augmentation()
    patience: int = 5
    seed: int = SEED

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the card."""
        return asdict(self)


RECIPES = {
    # Source B's, with its augmentation, on our split; early stopping is ours.
    "baseline_cnn": Recipe(
        model="baseline_cnn",
        phases=(Phase(epochs=30, learning_rate=1e-3, cosine=False),),
        batch_size=64,
        optimizer="adam",
        weight_decay=0.0,
        augmentation=Augmentation(rotation=60.0, zoom=0.2, shift=0.2, color=0.0),
        patience=30,
    ),
    # Two stretches: the upper half on cached features of the lower half, then all of it at a low rate.
    "efficientnet_lite0": Recipe(
        model="efficientnet_lite0",
        phases=(
            Phase(epochs=6, learning_rate=1e-3, trainable_from="stage5_block1_expand", cached_views=5),
            Phase(epochs=3, learning_rate=1e-4, freeze_batch_norm=True),
        ),
        logit_adjustment=0.7,
        weight_decay=0.02,
    ),
    "efficientnet_lite2": Recipe(
        model="efficientnet_lite2",
        phases=(
            Phase(
                epochs=6,
                learning_rate=1e-3,
                trainable_from="stage5_block1_expand",
                cached_views=4,
                freeze_batch_norm=True,
            ),
            Phase(epochs=2, learning_rate=1e-4, freeze_batch_norm=True),
        ),
        logit_adjustment=0.7,
        weight_decay=0.02,
    ),
    "custom_cnn": Recipe(
        model="custom_cnn",
        phases=(Phase(epochs=4, learning_rate=1e-4, cosine=False),),
        optimizer="adam",
        weight_decay=0.0,
        augmentation=Augmentation(rotation=20.0, zoom=0.2, shift=0.0, color=0.0),
        patience=20,
    ),
}


def get_recipe(name: str, **changes: Any) -> Recipe:
    """The recipe of that name, with fields replaced.

    Raises:
        UserError: Unknown name; the message lists the known ones.
    """
    if name not in RECIPES:
        raise UserError(f"There is no recipe {name!r}; known are {', '.join(RECIPES)}.")
    return replace(RECIPES[name], **changes)


def with_schedule(recipe: Recipe, epochs: int | None, learning_rate: float | None) -> Recipe:
    """The recipe with every phase's epochs or peak learning rate replaced."""
    phases = tuple(
        replace(phase, epochs=epochs or phase.epochs, learning_rate=learning_rate or phase.learning_rate)
        for phase in recipe.phases
    )
    return replace(recipe, phases=phases)
