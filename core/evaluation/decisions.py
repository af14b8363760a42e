"""Picture by picture: what a model said at an operating point, and which pictures stand behind a figure."""

import numpy as np
import pandas as pd

from core.evaluation.metrics import Point, decide
from core.labels import DX
from core.store.predictions import Scores


def decisions(scores: Scores, point: Point) -> pd.DataFrame:
    """What a model said of each picture of a split.

    Returns:
        One row a picture: image_id, group, dx (true), said, p_said and p_true (their probabilities), then one
        probability column for each of core.labels.DX.
    """
    said = decide(scores.probabilities, scores.prior, point)
    rows = np.arange(len(said))
    codes = np.array(DX)
    table = {
        "image_id": scores.image_id,
        "group": scores.group,
        "dx": codes[scores.truth],
        "said": codes[said],
        "p_said": scores.probabilities[rows, said],
        "p_true": scores.probabilities[rows, scores.truth],
    }
    return pd.DataFrame(table | {dx: scores.probabilities[:, i] for i, dx in enumerate(DX)})


def confusion_table(said: pd.DataFrame) -> pd.DataFrame:
    """How often each diagnosis was called what.

    Args:
        said: As `decisions` returns it.

    Returns:
        49 rows: dx, said, pictures, lesions, share (of the true diagnosis's pictures; NaN where it has none).
    """
    cells = pd.MultiIndex.from_product([DX, DX], names=["dx", "said"])
    groups = said.groupby(["dx", "said"])["group"]
    table = pd.DataFrame({"pictures": groups.size(), "lesions": groups.nunique()}).reindex(cells, fill_value=0)
    total = table.groupby("dx")["pictures"].transform("sum")
    return table.assign(share=table["pictures"] / total.where(total > 0)).reset_index()


def confusion_difference(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Cell by cell, how much more often one model says so than another.

    Args:
        a: As `confusion_table` returns it.
        b: Of the other model, on the same pictures.

    Returns:
        49 rows: dx, said, pictures and pictures_b, share and share_b, difference of the shares; NaN where the true
        diagnosis has no picture.
    """
    both = a.merge(b, on=["dx", "said"], suffixes=("", "_b"), validate="one_to_one")
    both = both.assign(difference=both["share"] - both["share_b"])
    return both[["dx", "said", "pictures", "pictures_b", "share", "share_b", "difference"]]


def in_cell(said: pd.DataFrame, dx: str, called: str) -> pd.DataFrame:
    """The pictures of one cell of the confusion matrix, the surest first.

    Args:
        said: As from `decisions`.
        dx: True diagnosis.
        called: What the model said.
    """
    rows = said[(said["dx"] == dx) & (said["said"] == called)]
    return rows.sort_values("p_said", ascending=False, ignore_index=True)


def largest_confusion(table: pd.DataFrame) -> tuple[str, str]:
    """True and said diagnosis of the mistake that meets most pictures.

    Args:
        table: As `confusion_table` returns it.
    """
    wrong = table[table["dx"] != table["said"]]
    row = wrong.sort_values("pictures", ascending=False, kind="stable").iloc[0]
    return str(row["dx"]), str(row["said"])
