"""Training images a second from files, ours beside source A's `ImageDataGenerator`, in the same run.

Run by hand: `python -m tests.benchmarks.bench_input`; with HAM10000_DIR on its first images, else on synthetic
lesions. Both turn by up to 20 degrees, zoom by 0.2 and flip, as source A does, to 224 x 224 in batches of 32. Ours
reads each file once and keeps it as uint8; the generator decodes it again in each epoch.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.images import load_images
from core.data.metadata import load_dataset
from core.labels import DX
from core.synthetic.lesions import write_synthetic_dataset

SIZE = (224, 224)
BATCH = 32


def timed(name: str, images: int, run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    rate = images / (time.perf_counter() - begin)
    print(f"{name:44} {rate:7.0f} images a second")
    return rate


def exhaust(batches: Iterable[object]) -> None:
    for _ in batches:
        pass


def generator(table: pd.DataFrame) -> Iterable[object]:
    """Source A's own call."""
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    ours = ImageDataGenerator(
        rescale=1.0 / 255, rotation_range=20, zoom_range=0.2, horizontal_flip=True, vertical_flip=True
    )
    return ours.flow_from_dataframe(
        table, x_col="path", y_col="dx", target_size=SIZE, batch_size=BATCH, class_mode="sparse"
    )


def compare(paths: list[Path], dx: list[str]) -> None:
    from core.training.batches import Batches
    from core.training.recipes import Augmentation

    n = len(paths)
    labels = np.array([DX.index(each) for each in dx])
    augmentation = Augmentation(flips=True, rotation=20, zoom=0.2, shift=0, color=0)
    kept: list[NDArray[np.uint8]] = []
    timed("ours, reading the files once", n, lambda: kept.append(load_images(paths, SIZE)))
    batches = Batches(kept[0], labels, batch_size=BATCH, seed=0, augmentation=augmentation)
    steps = len(batches)
    rate = timed("ours, an epoch", n, lambda: exhaust(batches[i] for i in range(steps)))
    theirs = generator(pd.DataFrame({"path": [str(path) for path in paths], "dx": dx}))
    other = timed("ImageDataGenerator, an epoch", n, lambda: exhaust(islice(theirs, steps)))
    print(f"{n:,} images; ours is {rate / other:.1f} times faster an epoch")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not os.environ.get("HAM10000_DIR"):
            write_synthetic_dataset(Path(folder), given.images // len(DX))
            os.environ["HAM10000_DIR"] = folder
        dataset = load_dataset()
        rows = dataset.with_images.head(given.images)
        compare([dataset.images[image_id] for image_id in rows["image_id"]], rows["dx"].tolist())
