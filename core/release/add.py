"""Add a model that was made elsewhere: find how it wants its input, score it, calibrate it, write its card."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import config
from core.config import SEED
from core.data.images import load_images
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.errors import UserError, require_known
from core.evaluation.leaderboard import evaluate
from core.inference.adapter import as_probabilities, scaled
from core.inference.model import Network
from core.inference.pool import Pool
from core.labels import DX, ISIC
from core.release.calibrate import calibrate
from core.release.ensemble import WAIT, predict_paths
from core.release.foreign import Foreign, Graph, Size
from core.release.synthetic_score import score_synthetic
from core.store.card import Card, write_card
from core.store.export_facts import Adapter, Export, Parity, Precision, Scaling
from core.store.folders import model_folders
from core.store.names import EXPORT
from core.store.provenance import stored_file
from core.store.results import write_results
from core.store.training_facts import TrainingFacts
from core.training.card_facts import data_facts, versions

SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
ISIC_ORDER = tuple(ISIC[code] for code in ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC"))
ORDERS = {"alphabetical": DX, "ISIC": ISIC_ORDER}
"""Usual orders of the seven classes."""
SIZES: tuple[Size, ...] = ((224, 224), (168, 224), (150, 200), (75, 100), (28, 28))
"""Usual sizes, tried for a model that takes any."""
SAMPLE = 30
"""Validation images of each class on which the ways are compared."""
WARNING = (
    "Add only files that you made yourself: loading a model file made by somebody else can run their code, "
    "even in Keras' safe mode."
)
Log = Callable[[str], object]


@dataclass(frozen=True)
class Way:
    """A way to feed a model and to read its output, with its result on the sample of validation images.

    Attributes:
        graph: For this size.
        adapter: Scaling and order of classes.
        balanced_accuracy: On the sample.
    """

    graph: Graph
    adapter: Adapter
    balanced_accuracy: float


def add(
    name: str,
    path: Path,
    dataset: Dataset,
    scaling: str | None = None,
    size: Size | None = None,
    log: Log = print,
    root: Path | None = None,
) -> Path:
    """Add a model file to trained_models/.

    Args:
        name: Folder name.
        path: A .keras or .tflite file: RGB images in, seven probabilities or logits out.
        dataset: HAM10000 or a part of it; the model must not have been trained on its validation and test images.
        scaling: One of SCALINGS; default: the best on validation.
        size: (height, width) in pixels, for a model that takes any; default: the best of SIZES on validation.
        log: Called with one line per step.
        root: Default `core.config.TRAINED_MODELS`.

    Returns:
        The new folder; nothing is left behind if anything fails.

    Raises:
        UserError: The name is taken or odd, the file is no such model, or the scaling is unknown.
    """
    where = root or config.TRAINED_MODELS
    _check_name(name, where)
    if scaling is not None:
        require_known("scaling", scaling, SCALINGS)
    log(WARNING)
    foreign, split = Foreign(path), split_for(dataset)
    tried = [each for each in SCALINGS if scaling in (None, each)]
    sizes = [foreign.size] if foreign.size else [size] if size else list(SIZES)
    best = max(_ways(foreign, tried, sizes, dataset, split), key=lambda way: way.balanced_accuracy)
    log(describe(best))
    where.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=where, prefix=".adding-") as beside:
        folder = Path(beside) / name
        _write(folder, path.name, best, dataset, split, log)
        shutil.move(folder, where / name)
    return where / name


def describe(way: Way) -> str:
    """Say in one line which way was found."""
    order = next(label for label, classes in ORDERS.items() if classes == way.adapter.classes)
    height, width = way.graph.size
    return (
        f"Input {height} x {width} pixels (height x width) scaled {way.adapter.scaling}; classes in {order} order; "
        f"output is {'logits' if way.adapter.logits else 'probabilities'}; "
        f"{'with' if way.adapter.heatmaps else 'without'} heatmaps "
        f"(balanced accuracy {way.balanced_accuracy:.3f} on a sample of validation)."
    )


def _check_name(name: str, where: Path) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", name):
        raise UserError(f"{name!r} can't be a model's name; use letters, digits and _ . + - only.")
    if name in model_folders(where) or (where / name).exists():
        raise UserError(f"There is a model {name!r} already; choose another name.")


def _ways(
    foreign: Foreign, scalings: Sequence[Scaling], sizes: Sequence[Size], dataset: Dataset, split: pd.DataFrame
) -> Iterator[Way]:
    """Try all ways on a sample of the validation images; of equally good ones the first counts."""
    rows = split[split["split"] == "validation"]
    rows = rows.sample(frac=1, random_state=SEED).groupby("dx").head(SAMPLE)
    truth = rows["dx"].map(DX.index).to_numpy(np.int64)
    for size in sizes:
        graph = foreign.graph(size)
        images = load_images([dataset.images[each] for each in rows.index], graph.size).astype(np.float32)
        pool = Pool(graph.data, 1)
        for scaling in scalings:
            raw = np.concatenate([pool.run(scaled(image[None], scaling))["probabilities"] for image in images])
            logits = bool((raw < 0).any() or (np.abs(raw.sum(axis=1) - 1) > 0.05).any())
            for classes in ORDERS.values():
                adapter = Adapter(scaling, classes, logits, graph.heatmaps)
                yield Way(graph, adapter, _mean_recall(truth, as_probabilities(raw, adapter).argmax(axis=1)))


def _mean_recall(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return float(np.mean([np.mean(predicted[truth == each] == each) for each in np.unique(truth)]))


def _write(folder: Path, file_name: str, way: Way, dataset: Dataset, split: pd.DataFrame, log: Log) -> None:
    """Write a complete folder."""
    folder.mkdir()
    (folder / EXPORT).write_bytes(way.graph.data)
    precision: Precision = "int8" if way.graph.quantized else "float32"
    parity = Parity(0, 1.0, 0.0, 0.0)  # the app serves the very graph that is scored
    card = Card(
        name=folder.name,
        kind="added",
        architecture=folder.name,
        parameters=way.graph.parameters,
        data=data_facts(split, "lesion", dataset),
        training=TrainingFacts(0, 0, versions=versions("ai-edge-litert", "numpy")),
        text=f"Added from {file_name}. The person who added it confirms that it saw no validation or test image in "
        "training. "
        f"{describe(way)}",
        source="Added from a file",
        input_size=way.graph.size,
        export=Export(stored_file(folder / EXPORT), precision, parity, way.adapter),
    )  # fmt: skip
    write_card(folder, card)
    network, held_out = Network(folder, WAIT), {}
    for part in ("validation", "test"):
        paths = [dataset.images[each] for each in split.index[split["split"] == part]]
        held_out[part] = predict_paths(network, paths)
        log(f"{part}: {len(paths):,} images")
    write_results(folder, card, held_out, split)
    evaluate(folder)
    calibrate(folder, log)
    score_synthetic(folder)
