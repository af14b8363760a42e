"""The source projects' transfer models, a keras.applications network with a small head, and our EfficientNetB0.

The network is inlined, not nested, because heatmaps and partial unfreezing need all layers in one functional graph.
The layer "rescale" scales the input as each project did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.models.registry import register

if TYPE_CHECKING:
    import keras

NOTEBOOK, APP, OURS = "Notebook (A)", "App project (B)", "This project"
SCALED_ONCE = "A, scaled once"
"""The notebook's network and head, without its /255 in front of a network that scales its input itself."""
SOURCES = {"A": NOTEBOOK, "B": APP, SCALED_ONCE: OURS}


def _scaled(inputs: Any, application: str, project: str) -> Any:
    """Scale images like the source project: A always divides by 255, B scales as the network was pretrained.

    EfficientNetB0 scales its input itself; in A only the row "scaled once" leaves it at that.
    """
    from keras import layers

    if project == SCALED_ONCE:
        return inputs
    if project == "A":
        return layers.Rescaling(1 / 255, name="rescale")(inputs)
    if application == "VGG16":  # caffe's: BGR, mean subtracted
        means = [103.939, 116.779, 123.68]
        return layers.Normalization(mean=means, variance=[1.0] * 3, name="rescale")(inputs[..., ::-1])
    if application == "DenseNet201":  # torch's
        means, deviations = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
        return layers.Normalization(mean=means, variance=[d * d for d in deviations], name="rescale")(inputs)
    return layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(inputs)


def _head(x: Any, project: str) -> Any:
    from keras import layers

    if project != "B":
        x = layers.GlobalAveragePooling2D(name="embedding")(x)
        for i, units in enumerate((256, 128), start=1):
            x = layers.Dense(units, activation="relu", name=f"head_dense{i}")(x)
            x = layers.Dropout(0.5, name=f"head_dropout{i}")(x)
        return x
    x = layers.GlobalMaxPooling2D(name="embedding")(x)
    x = layers.Dense(512, activation="relu", name="head_dense")(x)
    return layers.Dropout(0.5, name="head_dropout")(x)


def _transfer(name: str, application: str, project: str, size: tuple[int, int], classes: int) -> keras.Model:
    from keras import Model, applications, layers

    inputs = layers.Input((*size, 3), name="image")
    build = getattr(applications, application)
    x = build(include_top=False, weights=None, input_tensor=_scaled(inputs, application, project)).output
    x = _head(x, project)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(inputs, outputs, name=name)


def _register(
    name: str, application: str, project: str, parameters: int, trainable_parameters: int, layers: int, text: str
) -> None:
    def build(size: tuple[int, int], classes: int) -> keras.Model:
        return _transfer(name, application, project, size, classes)

    register(
        name=name,
        input_size=(192, 256) if project == "B" else (224, 224),
        parameters=parameters,
        trainable_parameters=trainable_parameters,
        layers=layers,
        source=SOURCES[project],
        text=text,
        imagenet=application,
    )(build)


_register(
    "efficientnetb0_frozen",
    "EfficientNetB0",
    "A",
    4_411_306,
    361_735,
    243,
    "Frozen ImageNet EfficientNetB0; its own rescaling after the notebook's /255 shows it nearly black images.",
)
_register(
    "efficientnetb0_frozen_scaled_once",
    "EfficientNetB0",
    SCALED_ONCE,
    4_411_306,
    361_735,
    243,
    "The notebook's frozen EfficientNetB0 without the /255 in front: the network scales images by itself.",
)


@register(
    name="efficientnetb0",
    input_size=(168, 224),
    parameters=4_058_538,
    trainable_parameters=3_674_031,
    layers=240,
    source=OURS,
    text="EfficientNetB0 with ImageNet weights, fine-tuned.",
    imagenet="EfficientNetB0",
)
def efficientnetb0(size: tuple[int, int], classes: int) -> keras.Model:
    """Build EfficientNetB0 with global average pooling and one dense layer, as our EfficientNet-Lite."""
    from keras import Model, applications, layers

    inputs = layers.Input((*size, 3), name="image")
    x = applications.EfficientNetB0(include_top=False, weights=None, input_tensor=inputs).output
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(inputs, outputs, name="efficientnetb0")


_register(
    "resnet50v2_frozen",
    "ResNet50V2",
    "A",
    24_123_143,
    558_343,
    196,
    "Frozen ImageNet ResNet50V2 with two dense layers.",
)
_register("vgg16_last_block", "VGG16", "B", 14_980_935, 7_345_671, 23, "VGG16, trained from block5.")
_register(
    "inceptionv3_last_blocks",
    "InceptionV3",
    "B",
    22_855_463,
    12_167_559,
    315,
    "Inception V3, last two inception blocks trained.",
)
_register(
    "inceptionresnetv2_c",
    "InceptionResNetV2",
    "B",
    55_127_271,
    24_332_551,
    784,
    "Inception-ResNet V2, trained from the C blocks.",
)
_register(
    "densenet201_last_block",
    "DenseNet201",
    "B",
    19_309_127,
    7_969_543,
    711,
    "DenseNet 201, last dense block trained.",
)
_register("inceptionv3_full", "InceptionV3", "B", 22_855_463, 22_821_031, 315, "Inception V3, all layers trained.")
_register("densenet201_full", "DenseNet201", "B", 19_309_127, 19_080_071, 711, "DenseNet 201, all layers trained.")


@register(
    name="resnet50_scratch",
    input_size=(224, 224),
    parameters=23_602_055,
    trainable_parameters=23_548_935,
    layers=177,
    source=NOTEBOOK,
    text="ResNet50 without ImageNet weights, on 50 images a diagnosis.",
)
def resnet50_scratch(size: tuple[int, int], classes: int) -> keras.Model:
    """Build the notebook's ResNet50, trained from scratch."""
    from keras import Model, applications, layers

    inputs = layers.Input((*size, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(inputs)
    x = applications.ResNet50(include_top=False, weights=None, input_tensor=x).output
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(inputs, outputs, name="resnet50_scratch")
