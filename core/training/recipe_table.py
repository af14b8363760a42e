"""Training recipes by name: those of the two source projects, and ours."""

from dataclasses import replace
from typing import Any

from core.errors import require_known
from core.training.recipes import Augmentation, Phase, Recipe

NOTEBOOK = Augmentation(rotation=20.0, zoom=0.2, shift=0.0, color=0.0)
"""Augmentation of the notebook (A)."""
APP = Augmentation(rotation=60.0, zoom=0.2, shift=0.2, color=0.0)
"""Augmentation of the app project (B), without its shear."""


FROZEN_VIEWS = 3
"""Augmented views of each image that a frozen network runs over, once, in place of a new one each epoch."""


def _notebook(model: str, **changes: Any) -> Recipe:
    """Make a recipe of A: 20 epochs of Adam at 1e-4 on the head or on all layers; no early stopping."""
    first = changes.pop("trainable_from", None)
    phase = Phase(
        epochs=20,
        learning_rate=changes.pop("learning_rate", 1e-4),
        trainable_from=first,
        cosine=False,
        plateau=changes.pop("plateau", 0),
        cached_views=FROZEN_VIEWS if first else 0,
    )
    plain = Recipe(model, (phase,), optimizer="adam", weight_decay=0.0, augmentation=NOTEBOOK, patience=20)
    return replace(plain, **changes)


def _app(model: str, trainable_from: str | None) -> Recipe:
    """Make a recipe of B: three epochs on the head, then 20 from a named layer on, both with Adam at 1e-4."""
    return Recipe(
        model,
        (
            Phase(epochs=3, learning_rate=1e-4, trainable_from="embedding", cosine=False),
            Phase(epochs=20, learning_rate=1e-4, trainable_from=trainable_from, cosine=False, plateau=3),
        ),
        optimizer="adam",
        weight_decay=0.0,
        augmentation=APP,
        patience=20,
    )


FULL = Augmentation(
    zoom=0.0, shift=0.02, crop=0.5, shear=10.0, color=0.1, contrast=0.2, gamma=0.2, saturation=0.2, hue=5.0,
    cutout=0.3, scope=0.15, vignette=0.2,
)  # fmt: skip
"""Our second version: adds variation from other devices, including the surround of a dermatoscope."""


VARIED = replace(FULL, zoom=0.1, shift=0.05, crop=0.7)
"""The same for images at the model's own input size, of which a crop should show less enlarged parts."""


def _full(model: str, **changes: Any) -> Recipe:
    """Make a recipe of our second version: new views each epoch, averaged weights, lowest log-loss.

    The stem and the first two stages keep their ImageNet weights: with them fixed a step takes two thirds of the time.
    """
    phase = Phase(
        epochs=changes.pop("epochs", 20),
        learning_rate=changes.pop("learning_rate", 3e-4),
        trainable_from=STAGE3,
        freeze_batch_norm=True,
    )
    plain = Recipe(
        model, (phase,), logit_adjustment=1.0, weight_decay=0.02, augmentation=FULL, patience=20, ema=0.999,
        select="log_loss", train_size=(144, 192),
    )  # fmt: skip
    return replace(plain, **changes)


def _lite(model: str, *phases: Phase) -> Recipe:
    return Recipe(model, phases, logit_adjustment=0.7, weight_decay=0.02)


def _large(model: str) -> Recipe:
    """Make a recipe of our third version: the first one's upper half on larger, more varied images, and MILK10k."""
    phase = Phase(epochs=8, learning_rate=1e-3, trainable_from=UPPER, cached_views=6)
    return replace(_lite(model, phase), milk10k=True, augmentation=VARIED, patience=8)


def _distilled(
    model: str, teacher: str, seed: int = 1, epochs: int = 12, views: int = 6, learning_rate: float = 1e-3
) -> Recipe:
    """Make a recipe that distils an ensemble into one network at its own input size.

    Its seed is none of the teacher's, so its views are ones that the teacher did not learn from.
    """
    phase = Phase(epochs=epochs, learning_rate=learning_rate, trainable_from=UPPER, cached_views=views)
    plain = _lite(model, phase)
    return replace(
        plain, milk10k=True, augmentation=VARIED, patience=epochs, select="log_loss", teacher=teacher, seed=seed
    )


def _deeply_distilled(model: str, teacher: str, seed: int) -> Recipe:
    """Make a recipe that goes on after the distillation of the upper half: all layers from the third stage on."""
    upper = Phase(epochs=10, learning_rate=1e-3, trainable_from=UPPER, cached_views=7)
    deep = replace(upper, epochs=10, learning_rate=3e-4, trainable_from=STAGE3, freeze_batch_norm=True)
    return replace(_distilled(model, teacher, seed), phases=(upper, deep), patience=deep.epochs)


def _fully_distilled(model: str, teacher: str, start: str, seed: int) -> Recipe:
    """Make a recipe that goes on from a distilled network, from the third stage on, with new views in each epoch."""
    phase = Phase(epochs=14, learning_rate=3e-4, trainable_from=STAGE3, freeze_batch_norm=True)
    return replace(_distilled(model, teacher, seed, epochs=14), phases=(phase,), start=start)


UPPER = "stage5_block1_expand"
"""First layer of EfficientNet-Lite's upper half; the lower half runs only once per view."""
STAGE3 = "stage3_block1_expand"
"""First layer after EfficientNet-Lite's stem and its first two stages."""
UPPER_B0 = "block5a_expand_conv"
"""The same of EfficientNetB0."""


def _b0(recipe: Recipe) -> Recipe:
    """Adapt a recipe of EfficientNet-Lite to EfficientNetB0.

    Its ImageNet weights may come with the batch normalization folded into the convolutions, so its statistics stay as
    they are, and without them a lower rate is needed.
    """
    phases = tuple(
        replace(phase, learning_rate=phase.learning_rate / 2, trainable_from=UPPER_B0, freeze_batch_norm=True)
        for phase in recipe.phases
    )
    return replace(recipe, phases=phases)


RECIPES = {
    "efficientnetb0_frozen": _notebook("efficientnetb0_frozen", trainable_from="head_dense1"),
    "efficientnetb0_frozen_scaled_once": _notebook("efficientnetb0_frozen_scaled_once", trainable_from="head_dense1"),
    "custom_cnn": _notebook("custom_cnn"),
    "resnet50_scratch": _notebook("resnet50_scratch", learning_rate=1e-5, plateau=5, per_class=50),
    "resnet50v2_frozen": _notebook("resnet50v2_frozen", trainable_from="head_dense1"),
    "baseline_cnn": Recipe(
        "baseline_cnn",
        (Phase(epochs=30, learning_rate=1e-3, cosine=False),),
        batch_size=64,
        optimizer="adam",
        weight_decay=0.0,
        augmentation=APP,
        patience=30,
    ),
    "vgg16_last_block": _app("vgg16_last_block", "block5_conv1"),
    # The last two inception blocks follow mixed8, which has no weights.
    "inceptionv3_last_blocks": _app("inceptionv3_last_blocks", "mixed8"),
    # Likewise the Inception-ResNet-C blocks after mixed_7a.
    "inceptionresnetv2_c": _app("inceptionresnetv2_c", "mixed_7a"),
    "densenet201_last_block": _app("densenet201_last_block", "conv5_block1_0_bn"),
    "inceptionv3_full": _app("inceptionv3_full", None),
    "densenet201_full": _app("densenet201_full", None),
    # Ours, in two phases: the upper half on cached features of the lower half, then all layers at a low rate.
    "efficientnet_lite0": _lite(
        "efficientnet_lite0",
        Phase(epochs=6, learning_rate=1e-3, trainable_from=UPPER, cached_views=5),
        Phase(epochs=3, learning_rate=1e-4, freeze_batch_norm=True),
    ),
    "efficientnet_lite0_full": _full("efficientnet_lite0"),
    "efficientnet_lite0_milk10k": _full("efficientnet_lite0", milk10k=True),
    "efficientnet_lite0_mixed": _full("efficientnet_lite0", epochs=24, learning_rate=5e-4, milk10k=True, mix=0.7),
    "efficientnet_lite2": _lite(
        "efficientnet_lite2",
        Phase(epochs=5, learning_rate=1e-3, trainable_from=UPPER, cached_views=3),
    ),
    "efficientnet_lite2_milk10k": replace(
        _lite("efficientnet_lite2", Phase(epochs=5, learning_rate=1e-3, trainable_from=UPPER, cached_views=4)),
        milk10k=True,
    ),
    "efficientnet_lite0_large": _large("efficientnet_lite0_large"),
    "efficientnet_lite2_large": _large("efficientnet_lite2_large"),
    "efficientnet_lite0_distilled": _distilled("efficientnet_lite0", "efficientnet_lite_large_ensemble"),
    "efficientnet_lite2_distilled": _distilled("efficientnet_lite2", "efficientnet_lite_large_ensemble"),
    "efficientnet_lite2_large_distilled": _distilled(
        "efficientnet_lite2_large", "efficientnet_lite_distilled_ensemble", seed=2, epochs=8, views=4
    ),
    "efficientnet_lite0_deeply_distilled": _deeply_distilled(
        "efficientnet_lite0", "efficientnet_distilled_ensemble", seed=4
    ),
    "efficientnet_lite0_patiently_distilled": _distilled(
        "efficientnet_lite0", "efficientnet_distilled_ensemble", seed=5, epochs=16, views=13
    ),
    "efficientnet_lite0_fully_distilled": _fully_distilled(
        "efficientnet_lite0", "efficientnet_distilled_pair", "efficientnet_lite0_patiently_distilled", seed=7
    ),
    "efficientnetb0": _b0(_large("efficientnetb0")),
    "efficientnetb0_distilled": _b0(_distilled("efficientnetb0", "efficientnet_lite_distilled_ensemble", seed=3)),
    # At twice this rate it diverged in the third epoch.
    "efficientnetb0_patiently_distilled": _b0(
        _distilled("efficientnetb0", "efficientnet_distilled_pair", seed=6, epochs=12, views=13, learning_rate=5e-4)
    ),
}


def get_recipe(name: str, **changes: Any) -> Recipe:
    """Look up a recipe and replace some of its fields.

    Raises:
        UserError: Unknown name; the message lists the known ones.

    Example:
        >>> get_recipe("custom_cnn", batch_size=16).batch_size
        16
    """
    require_known("recipe", name, RECIPES)
    return replace(RECIPES[name], **changes)
