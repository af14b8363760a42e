"""A trained model as one LiteRT graph: what the app serves, and what a phone could load."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.images import load_images
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.cards import PREDICTIONS, file_facts, read_card, write_card
from core.evaluation.predictions import read_predictions
from core.files import replacing
from core.serving.pool import Pool
from core.serving.trained import input_size, load_trained

if TYPE_CHECKING:
    import keras

EXPORT = "model.tflite"
MIN_AGREEMENT = 0.995
BATCH = 32
INT8_FROM = 10_000_000
"""Networks of more parameters are served with int8 weights: half the size, under the same check of agreement."""


@dataclass(frozen=True)
class Parity:
    """How an export compares with the Keras model it was made from.

    Attributes:
        pictures: Validation pictures compared.
        agreement: Share of them with the same most probable diagnosis.
        max_difference: Largest difference between two probabilities.
        max_cam_difference: Largest difference between two heatmaps of the most probable diagnosis, as a share of the
            heatmap's maximum. (Where next to nothing speaks for a diagnosis, its heatmap is mostly rounding.)
    """

    pictures: int
    agreement: float
    max_difference: float
    max_cam_difference: float


def export(folder: Path, dataset: Dataset, log: Callable[[str], object] = print) -> Path:
    """Write a model's LiteRT graph beside its weights, and what was measured of it on its card.

    Args:
        folder: trained_models/NAME.
        dataset: HAM10000 or a part of it; its validation pictures decide whether the export is fit to serve.
        log: Told the parity.

    Returns:
        The file written.

    Raises:
        UserError: No weights, a head without closed form, no validation picture, or too little agreement.
    """
    from core.explain.closed_form import with_cams

    card = read_card(folder)
    images = validation_images(folder, dataset, input_size(card))
    model = with_cams(load_trained(folder))
    int8 = card["parameters"] > INT8_FROM
    graph = convert(model, int8)
    parity = compare(model, graph, images)
    log(
        f"{folder.name}: same answer for {parity.agreement:.2%} of {parity.pictures:,} validation pictures, "
        f"probabilities differ by at most {parity.max_difference:.5f}, heatmaps by {parity.max_cam_difference:.5f}; "
        f"{len(graph):,} bytes."
    )
    if not parity.agreement >= MIN_AGREEMENT:
        raise UserError(
            f"The export of {folder.name} agrees with the trained model on only {parity.agreement:.2%} of pictures "
            f"({MIN_AGREEMENT:.1%} are needed); it was not written."
        )
    path = folder / EXPORT
    with replacing(path) as beside:
        beside.write_bytes(graph)
    write_card(
        folder,
        read_card(folder)
        | {"export": file_facts(path) | {"weights": "int8" if int8 else "float16", "parity": asdict(parity)}},
    )
    return path


def validation_images(folder: Path, dataset: Dataset, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The validation pictures of a model that are on disk.

    Returns:
        (n, *size, 3).

    Raises:
        UserError: None is.
    """
    table = read_predictions(folder / PREDICTIONS)
    wanted = table.loc[table["split"] == "validation", "image_id"]
    paths = [dataset.images[image_id] for image_id in wanted if image_id in dataset.images]
    if not paths:
        raise UserError(f"{dataset.folder} holds no validation picture of {folder.name}; an export must be compared.")
    return load_images(paths, size)


def convert(model: keras.Model, int8: bool = False) -> bytes:
    """Convert a model of `with_cams` to LiteRT.

    Args:
        model: Pictures in; probabilities, embedding and heatmaps out.
        int8: Hold the weights of large kernels as int8 instead of float16.

    Returns:
        The .tflite file: one signature, input "image" float32 (1, height, width, 3) 0-255, outputs by name.
    """
    import tensorflow as tf

    module = tf.Module()
    # Tracking the Keras model alone leaves the weights out of the saved graph, without an error.
    module.weights = [weight.value for weight in model.weights]
    spec = tf.TensorSpec((1, *model.input.shape[1:]), tf.float32, name="image")
    serve = tf.function(lambda image: model(image, training=False), input_signature=[spec])
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if not int8:
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def compare(model: keras.Model, graph: bytes, images: NDArray[np.uint8]) -> Parity:
    """Run both on the same pictures.

    Args:
        model: Of `with_cams`.
        graph: What `convert` made of it.
        images: (n, height, width, 3).
    """
    pool = Pool(graph, interpreters=1)
    same, differences, cam_differences = [], [], []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH].astype(np.float32)
        expected = {name: np.asarray(value) for name, value in model(batch, training=False).items()}
        for i, picture in enumerate(batch):
            got = pool.run(picture[None])
            want, have = expected["probabilities"][i], got["probabilities"][0]
            same.append(want.argmax() == have.argmax() and bool(np.isfinite(have).all()))
            differences.append(np.abs(want - have).max())
            cam, got_cam = (cams[..., want.argmax()] for cams in (expected["cams"][i], got["cams"][0]))
            cam_differences.append(np.abs(cam - got_cam).max() / (cam.max() or 1))
    return Parity(len(images), float(np.mean(same)), float(np.max(differences)), float(np.max(cam_differences)))
