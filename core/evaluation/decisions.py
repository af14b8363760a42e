"""Predictions image by image at an operating point, and the confusion table made from them."""

import numpy as np
import pandas as pd

from core.evaluation.metrics import Point, decide
from core.labels import DX
from core.store.predictions import Scores


def decisions(scores: Scores, point: Point) -> pd.DataFrame:
    """Tabulate the predicted class of each image of a split.

    Returns:
        One row per image: image_id, group, dx (true class), predicted (class), p_predicted and p_true (their
        probabilities), then one probability column for each of core.labels.DX.
    """
    predicted = decide(scores.probabilities, scores.prior, point)
    rows = np.arange(len(predicted))
    codes = np.array(DX)
    table = {
        "image_id": scores.image_id,
        "group": scores.group,
        "dx": codes[scores.truth],
        "predicted": codes[predicted],
        "p_predicted": scores.probabilities[rows, predicted],
        "p_true": scores.probabilities[rows, scores.truth],
    }
    return pd.DataFrame(table | {dx: scores.probabilities[:, i] for i, dx in enumerate(DX)})


def confusion_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Count how often each class was predicted as which.

    Args:
        predictions: As `decisions` returns it.

    Returns:
        49 rows: dx (true class), `predicted` (predicted class), images, lesions, share (of the true class's images; NaN
        if it has none).
    """
    cells = pd.MultiIndex.from_product([DX, DX], names=["dx", "predicted"])
    groups = predictions.groupby(["dx", "predicted"])["group"]
    table = pd.DataFrame({"images": groups.size(), "lesions": groups.nunique()}).reindex(cells, fill_value=0)
    total = table.groupby("dx")["images"].transform("sum")
    return table.assign(share=table["images"] / total.where(total > 0)).reset_index()


def confusion_difference(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Compare two confusion tables cell by cell.

    Args:
        a: As `confusion_table` returns it.
        b: The other model's, for the same images.

    Returns:
        49 rows: dx, `predicted`, images and `images_b`, share and share_b, difference (share minus share_b); NaN if
        the true class has no image.
    """
    both = a.merge(b, on=["dx", "predicted"], suffixes=("", "_b"), validate="one_to_one")
    both = both.assign(difference=both["share"] - both["share_b"])
    return both[["dx", "predicted", "images", "images_b", "share", "share_b", "difference"]]


def in_cell(predictions: pd.DataFrame, dx: str, predicted: str) -> pd.DataFrame:
    """Select the images of one cell of the confusion matrix, most confident first.

    Args:
        predictions: As `decisions` returns it.
        dx: True class.
        predicted: Predicted class.
    """
    rows = predictions[(predictions["dx"] == dx) & (predictions["predicted"] == predicted)]
    return rows.sort_values("p_predicted", ascending=False, ignore_index=True)


def largest_confusion(table: pd.DataFrame) -> tuple[str, str]:
    """Find the most frequent mistake.

    Args:
        table: As `confusion_table` returns it.

    Returns:
        True and predicted class.
    """
    images = table["images"].where(table["dx"] != table["predicted"], -1)
    row = int(images.to_numpy().argmax())
    return str(table["dx"].iloc[row]), str(table["predicted"].iloc[row])
