"""A small model with an export, and a few images with masks, for tests of heatmaps."""

from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd

from core.data.masks import MASKS
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.evaluation.leaderboard import load_scores
from core.models.cam_heads import with_cams
from core.models.litert import convert
from core.models.registry import get_model
from core.models.weights import save_weights
from core.store.card import read_card
from core.store.provenance import stored_file
from core.store.stored import MadeFrom, Member
from tests.cards import change, exported

GRAPHS: dict[str, bytes] = {}


def equip(folder: Path) -> Path:
    """Random weights at a small size, and their export."""
    keras.utils.set_random_seed(1)  # the same weights in every run
    model = get_model("baseline_cnn").build((16, 16), 7)
    save_weights(model, folder / "weights.npz")
    if "graph" not in GRAPHS:
        GRAPHS["graph"] = convert(with_cams(model))
        GRAPHS["weights"] = (folder / "weights.npz").read_bytes()
    (folder / "weights.npz").write_bytes(GRAPHS["weights"])
    (folder / "model.tflite").write_bytes(GRAPHS["graph"])
    change(folder, input_size=(16, 16), weights=stored_file(folder / "weights.npz"), export=exported(folder))
    return folder


def ensemble(folder: Path, *members: Path) -> Path:
    """Turn a folder with predictions into an ensemble of networks."""
    parts = tuple(Member(each.name, MadeFrom(read_card(each).files.weights)) for each in members)
    change(folder, kind="ensemble", members=parts)
    return folder


def small_dataset(folder: Path, tmp_path: Path, metadata: pd.DataFrame) -> Dataset:
    """Noise and a centred box as mask for 40 test images and some training masks."""
    rng, mask = np.random.default_rng(0), np.zeros((150, 200), np.uint8)
    mask[50:100, 50:150] = 255
    (tmp_path / MASKS).mkdir()
    images = {}
    for name in load_scores(folder, "test").image_id.tolist()[:40]:
        images[name] = tmp_path / f"{name}.png"
        cv2.imwrite(str(images[name]), rng.integers(0, 256, (150, 200, 3), np.uint8))
        cv2.imwrite(str(tmp_path / MASKS / f"{name}_segmentation.png"), mask)
    split = load_splits()["lesion"]
    for name in split.index[split == "train"][:3]:
        cv2.imwrite(str(tmp_path / MASKS / f"{name}_segmentation.png"), mask)
    return Dataset(tmp_path, metadata, images, ())
