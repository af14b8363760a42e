"""How a network is trained, as data; a model's card contains its recipe."""

from dataclasses import dataclass, fields
from typing import Literal, get_args

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
        crop: Least share of the image's area that a random crop keeps; 1 does not crop.
        shear: Largest shear in degrees, either way.
        contrast: Largest relative change of contrast.
        gamma: Largest relative change of the exponent that brightness is raised to.
        saturation: Largest relative change of saturation.
        hue: Largest turn of the hue in degrees, either way.
        cutout: Probability that a grey rectangle hides a part of the image.
        scope: Probability of the black surround of a dermatoscope.
        vignette: Probability that the image darkens towards its corners.
    """

    flips: bool = True
    rotation: float = 180.0
    zoom: float = 0.2
    shift: float = 0.05
    color: float = 0.1
    crop: float = 1.0
    shear: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    cutout: float = 0.0
    scope: float = 0.0
    vignette: float = 0.0


@dataclass(frozen=True)
class Phase:
    """A stretch of training with one set of trainable layers and one learning-rate curve.

    Attributes:
        epochs: At most this many; early stopping may end the run before.
        learning_rate: Peak; linear warm-up over the first 5% of steps, cosine to zero if `cosine`.
        trainable_from: Name of the first trainable layer; None trains all.
        cached_views: If not 0, the layers before `trainable_from` run once over each image and this many
            augmented views of it, and training reads those features.
        cosine: False keeps the learning rate constant, without warm-up.
        plateau: If not 0, halve the rate after so many epochs without a better validation accuracy (Keras'
            ReduceLROnPlateau with factor 0.5 and least rate 1e-7); goes with `cosine=False`.
        steps: Batches an epoch; 0 takes every row once.
        freeze_batch_norm: Batch normalization keeps its statistics, scale and shift, and works as at inference: on
            CPU cores about twice as fast, and small batches cannot disturb it.
    """

    epochs: int
    learning_rate: float
    trainable_from: str | None = None
    cached_views: int = 0
    cosine: bool = True
    plateau: int = 0
    steps: int = 0
    freeze_batch_norm: bool = False


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, except the data and the machine.

    Attributes:
        model: Registry name.
        phases: In order.
        batch_size: Images per step.
        optimizer: "adam" or "adamw".
        weight_decay: For AdamW.
        logit_adjustment: tau of the logit-adjusted cross-entropy (Menon et al. 2021, arXiv:2007.07314); 0 is plain.
            With two datasets each image counts by the class shares of its own.
        focal_gamma: Exponent of the focal loss (Lin et al. 2017, arXiv:1708.02002); 0 is plain cross-entropy.
        class_weights: Weight each image by the inverse frequency of its class.
        sampling: "natural" takes each row once per epoch; "balanced" draws as many, each class equally often.
        rows: What one row of training is. "images": an image and its diagnosis. "smote_mismatched": the notebook's
            SMOTE, whose synthetic rows have images drawn from all classes. "smote_matched": as many rows, each
            synthetic one with an image of its own class.
        per_class: Train on at most this many images of each class; 0 takes all.
        split_scheme: "lesion", or "image" to measure the effect of leaked lesions (see core.data.splits).
        cover: If not "", train and test on images with a part covered ("traditional" covers none, for comparison), only
            on those whose lesion the box of one size covers (see core.training.covers).
        milk10k: Also learn from the training part of MILK10k, and choose on both validation parts.
        select: What the best epoch has most of on validation: "balanced_accuracy", or "log_loss" (least of it).
        ema: Momentum of an exponential moving average of the weights, which is what is validated and kept; 0 is none.
        mixed_precision: Compute in bfloat16, keep weights in float32.
        mix: Share of batches whose images are mixed in pairs, by mixup or CutMix (see core.training.mixing).
        teacher: Folder in trained_models/ of a model whose probabilities for each view are learned besides the labels
            (Hinton et al. 2015, "Distilling the knowledge in a neural network", arXiv:1503.02531); "" is none.
        teacher_weight: The teacher's share of the loss.
        augmentation: None trains on the images as they are.
        train_size: (height, width) of images in training, in place of the model's input size. A random crop shows
            things larger than they are at test time, so a smaller size brings them back to scale (Touvron et al. 2019,
            "Fixing the train-test resolution discrepancy", arXiv:1906.06423), and costs less.
        patience: Epochs without a better validation balanced accuracy before a phase ends.
        seed: Of weights, order, augmentation and dropout.
        start: Folder in trained_models/ of a model of the same network, whose weights training starts from.
    """

    model: str
    phases: tuple[Phase, ...]
    batch_size: int = 32
    optimizer: Literal["adam", "adamw"] = "adamw"
    weight_decay: float = 0.01
    logit_adjustment: float = 0.0
    focal_gamma: float = 0.0
    class_weights: bool = False
    sampling: Literal["natural", "balanced"] = "natural"
    rows: Literal["images", "smote_mismatched", "smote_matched"] = "images"
    per_class: int = 0
    split_scheme: Literal["lesion", "image"] = "lesion"
    cover: Literal["", "traditional", "only_skin", "bounding_box", "bounding_box_70"] = ""
    milk10k: bool = False
    select: Literal["balanced_accuracy", "log_loss"] = "balanced_accuracy"
    ema: float = 0.0
    mixed_precision: bool = False
    mix: float = 0.0
    teacher: str = ""
    teacher_weight: float = 0.7
    augmentation: Augmentation | None = Augmentation()
    train_size: tuple[int, int] | None = None
    patience: int = 5
    seed: int = SEED
    start: str | None = None

    def __post_init__(self) -> None:
        """Raise a UserError that lists the choices if a value is none of them."""
        for each in fields(self):
            choices = get_args(each.type)
            if choices and isinstance(choices[0], str) and getattr(self, each.name) not in choices:
                raise UserError(
                    f"{each.name} {getattr(self, each.name)!r} is not one of {', '.join(filter(None, choices))}."
                )
