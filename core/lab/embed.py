"""Compute the embeddings: features of a frozen ImageNet network at several depths, reduced by PCA.

The network is never trained here, so it has seen no lesion of HAM10000. Standardisation and PCA are fitted on the
training rows of the split by lesion; depths and number of dimensions are chosen on its validation rows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.images import load_images
from core.data.metadata import Dataset
from core.data.splits import SPLITS_FILE, load_splits
from core.errors import UserError
from core.files import replacing, sha256
from core.lab.embeddings import FOLDER
from core.lab.reduction import COMBINATIONS, DEPTHS, Array, choose, compare, feature_columns, fit_reduction
from core.labels import DX
from core.models.pretrained import LITE_FILES, load_imagenet
from core.models.registry import get_model
from core.store.arrays import write_arrays
from core.store.embeddings_card import (
    Candidate,
    EmbeddingsCard,
    FeatureSelection,
    FrozenWeights,
    write_embeddings_card,
)
from core.store.names import EMBEDDINGS, EMBEDDINGS_MAP
from core.store.provenance import stored_file

if TYPE_CHECKING:
    import keras

NETWORK = "efficientnet_lite0"
LICENCE = (
    "Derived from HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.7910/DVN/DBW86T) and under its licence, "
    "CC BY-NC 4.0: for teaching and research, not for commercial use, no medical device. ImageNet weights: Apache 2.0."
)
CHUNK = 256
"""Number of images decoded at once."""


def pooling_network() -> keras.Model:
    """Build the frozen network that outputs all features, (n, 6144): by `DEPTHS`, then by `STATISTICS`."""
    import keras
    from keras import ops

    spec = get_model(NETWORK)
    network = spec.build(spec.input_size, len(DX))
    load_imagenet(network, str(spec.imagenet))
    names = [layer.name for layer in network.layers]
    last = {d: [n for n in names if n.startswith(f"{d}_")][-1] for d in DEPTHS if d != "top"} | {"top": "top_relu6"}
    pooled = []
    for depth in DEPTHS:
        maps = network.get_layer(last[depth]).output
        pooled += [ops.mean(maps, (1, 2)), ops.std(maps, (1, 2)), ops.max(maps, (1, 2))]
    return keras.Model(network.input, ops.concatenate(pooled, axis=1))


def pooled_features(
    images: Mapping[str, Path], names: Sequence[str], cache: Path, on_done: Callable[[int], object] | None = None
) -> NDArray[np.float16]:
    """Run the frozen network over images, and keep the result in a file because it takes minutes.

    Args:
        images: Path of each image by image_id.
        names: image_ids in the order wanted.
        cache: The file; if it exists, it is read and nothing is computed.
        on_done: Called with the number of images done.

    Returns:
        (n, 6144).

    Raises:
        UserError: An image can't be read, or the weights aren't installed.
    """
    if not cache.exists():
        from core.training.features import frozen

        run, parts = frozen(pooling_network()), []
        size = get_model(NETWORK).input_size
        for start in range(0, len(names), CHUNK):
            chunk = load_images([images[name] for name in names[start : start + CHUNK]], size)
            parts.append(run(chunk).astype(np.float16))
            if on_done:
                on_done(min(start + CHUNK, len(names)))
        with replacing(cache) as beside, beside.open("wb") as stream:
            np.save(stream, np.concatenate(parts))
    try:
        features: NDArray[np.float16] = np.load(cache)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{cache} can't be read as features; delete it, or name another file with --cache.") from error
    return features


def embed(
    dataset: Dataset, cache: Path, folder: Path = FOLDER, on_done: Callable[[int], object] | None = None
) -> EmbeddingsCard:
    """Compute and write the committed embeddings: features, map and card.

    Args:
        dataset: All of HAM10000.
        cache: File for the pooled features, as for `pooled_features`.
        folder: Folder to write to.
        on_done: Called with the number of images done.

    Returns:
        The card.

    Raises:
        UserError: An image of the split is missing or can't be read, or the weights aren't installed.
    """
    splits = load_splits()
    names = splits.index.tolist()
    missing = [name for name in names if name not in dataset.images]
    if missing:
        raise UserError(f"{len(missing):,} images of the split are missing; `embed` needs all of HAM10000.")
    pooled = pooled_features(dataset.images, names, cache, on_done)
    dx = dataset.metadata.set_index("image_id")["dx"].reindex(names).to_numpy(str)
    split = splits["lesion"].astype(str).mask(splits["near_duplicate"], "near duplicate").to_numpy(str)
    compared = compare(pooled, dx, split)
    chosen, dimensions = choose(compared)
    columns = feature_columns(*COMBINATIONS[chosen])
    reduction = fit_reduction(pooled[split == "train"][:, columns].astype(np.float32), dimensions)
    features = reduction(pooled[:, columns].astype(np.float32))
    labels = np.array([DX.index(each) for each in dx], np.int8)
    arrays = {"image_id": np.array(names), "group": splits["group"].to_numpy(np.int16), "dx": labels}
    write_arrays(folder / EMBEDDINGS, arrays | {"features": features.astype(np.float16)})
    write_arrays(folder / EMBEDDINGS_MAP, {"map": flatten(features).astype(np.float16)})
    card = make_card(folder, compared, reduction.explained)
    write_embeddings_card(folder, card)
    return card


def flatten(features: Array) -> Array:
    """Compute a t-SNE map of all images, (n, 2); nothing is trained on it."""
    from sklearn.manifold import TSNE

    return np.asarray(TSNE(perplexity=40, init="pca", random_state=SEED).fit_transform(features), np.float32)


def make_card(folder: Path, compared: pd.DataFrame, explained: Array) -> EmbeddingsCard:
    """Describe how the embeddings were made, and how depths and dimensions were selected."""
    chosen, dimensions = choose(compared)
    depths, statistics = COMBINATIONS[chosen]
    spec = get_model(NETWORK)
    return EmbeddingsCard(
        network=NETWORK,
        weights=FrozenWeights(str(spec.imagenet), LITE_FILES[str(spec.imagenet)][1], "ImageNet"),
        input_size=spec.input_size,
        depths=tuple(depths),
        statistics=tuple(statistics),
        dimensions=dimensions,
        fitted_on="training rows of the lesion split without near duplicates (standardisation and PCA)",
        explained_variance=tuple(round(float(share), 5) for share in explained),
        selection=FeatureSelection(
            "validation balanced accuracy of a logistic regression with balanced class weights",
            "the fewest dimensions within one standard error of the best, and the best depths there",
            tuple(_candidate(row) for row in compared.to_dict("records")),
        ),
        split_scheme="lesion",
        split_sha256=sha256(SPLITS_FILE),
        seed=SEED,
        arrays=stored_file(folder / EMBEDDINGS),
        map=stored_file(folder / EMBEDDINGS_MAP),
        map_text="t-SNE of all images, perplexity 40; nothing is trained on it",
        licence=LICENCE,
        has_seen_test_lesions=False,
        fine_tuned=False,
    )


def _candidate(row: dict[Hashable, Any]) -> Candidate:
    measured = (round(float(row[name]), 4) for name in ("explained", "balanced_accuracy", "error"))
    return Candidate(str(row["features"]), int(row["dimensions"]), *measured)
