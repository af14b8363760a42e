"""Table of the Grad-CAM gallery's images: predictions, how well the heatmaps fit, and which images to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.images import Image
from core.explain.localization import SCORES, center_heatmap, fit, uniform_fit
from core.explain.study.explainers import in_parallel
from core.explain.study.others import OTHER, OTHERS, mean_fit
from core.explain.study.scores import CENTER, TARGETS, UNIFORM
from core.inference.heatmaps import HeatmapMethod
from core.inference.pipeline import Prediction
from core.labels import DX
from core.store.heatmap_facts import Center
from core.synthetic.lesions import SyntheticLesion

PERSON = ("dx_type", "age", "sex", "localization")
ALL_SHARES = (0.0, 1.0)
FITS = (*SCORES, *OTHER, *CENTER, *UNIFORM)
HEAD = ("image_id", "dx", "predicted", "p_predicted", "p_true", "right")
Predict = Callable[[Image], Prediction]


@dataclass(frozen=True)
class Wanted:
    """Which images to show; an empty choice or a full range keeps all.

    Attributes:
        dx: True classes.
        predicted: Predicted classes.
        dx_type: How the diagnosis was confirmed.
        localization: Body sites.
        right: Only where the model is right, or only where it is wrong.
        confidence: Range of the predicted class's probability.
        score: Range; images without a score are kept only if the range is full.
        age: Range in years, or None; images with unknown age are kept only with None.
    """

    dx: Sequence[str] = ()
    predicted: Sequence[str] = ()
    dx_type: Sequence[str] = ()
    localization: Sequence[str] = ()
    right: bool | None = None
    confidence: tuple[float, float] = ALL_SHARES
    score: tuple[float, float] = ALL_SHARES
    age: tuple[float, float] | None = None


def gallery_table(
    predicted: pd.DataFrame, scores: pd.DataFrame | None, metadata: pd.DataFrame | None, target: str
) -> pd.DataFrame:
    """Tabulate what is known about each test image.

    Args:
        predicted: As `core.evaluation.decisions.decisions` gives it.
        scores: As `core.explain.study.scores.read_cam_scores` gives it, or None if the model has none.
        metadata: Of the installed dataset, or None.
        target: Whose heatmap is scored, "predicted" or "true".

    Returns:
        One row per image in random order: HEAD, FITS and area (NaN without a score), PERSON (missing without a
        dataset), and a probability for each of DX.
    """
    table = predicted.assign(right=predicted["predicted"] == predicted["dx"])
    columns = ["image_id", *FITS, "area"]
    if scores is None:
        table = table.assign(**dict.fromkeys(columns[1:], np.nan))
    else:
        table = table.merge(scores.loc[scores["target"] == target, columns], on="image_id", how="left")
    if metadata is None:
        table = table.assign(**dict.fromkeys(PERSON))
    else:
        table = table.merge(metadata[["image_id", *PERSON]], on="image_id", how="left")
    return table[[*HEAD, *FITS, "area", *PERSON, *DX]].sample(frac=1, random_state=SEED, ignore_index=True)


def synthetic_table(
    lesions: Sequence[SyntheticLesion],
    predict: Predict,
    center: Center | None,
    target: str,
    method: HeatmapMethod = "Grad-CAM",
) -> pd.DataFrame:
    """Make the same table for synthetic lesions: the model predicts them now, and their masks are known.

    Args:
        lesions: Drawn lesions.
        predict: Of `core.inference.pipeline.Pipeline`; the table shows uncalibrated probabilities, as of test images.
        center: The center prior; None leaves its scores NaN.
        target: As in `gallery_table`.
        method: By which the heatmaps are computed.

    Returns:
        As `gallery_table`, in the order given.
    """
    return table_of(lesions, predict_all(lesions, predict), center, target, method)


def predict_all(lesions: Sequence[SyntheticLesion], predict: Predict) -> list[Prediction]:
    """Predict synthetic lesions; of LayerCAM, the heatmaps of the predicted and the true class stay."""
    return list(in_parallel(lambda lesion: _explained(predict(lesion.image), lesion.dx), lesions))


def table_of(
    lesions: Sequence[SyntheticLesion],
    predictions: Sequence[Prediction],
    center: Center | None,
    target: str,
    method: HeatmapMethod,
) -> pd.DataFrame:
    """Make the same table from predictions that `predict_all` made."""
    spot = None if center is None else center_heatmap(center)
    shows = [each.heatmap(_predicted(each), method) for each in predictions]
    fits = []
    for i, (each, prediction) in enumerate(zip(lesions, predictions, strict=True)):
        shown = _predicted(prediction) if target == TARGETS[0] else each.dx
        own = fit(prediction.heatmap(shown, method), each.mask)
        other = mean_fit((shows[i + 1 :] + shows[:i])[:OTHERS], each.mask)
        middle = fit(spot, each.mask) if spot is not None else [np.nan] * len(CENTER)
        fits.append([*own, *other, *middle, *uniform_fit(float(each.mask.mean()))])
    names, truth = [each.name for each in lesions], [each.dx for each in lesions]
    probabilities = np.stack([each.raw_probabilities for each in predictions])
    return assemble(names, truth, probabilities, np.array(fits, float), [float(each.mask.mean()) for each in lesions])


def assemble(
    names: Sequence[str],
    truth: Sequence[str],
    probabilities: NDArray[np.float64],
    fits: NDArray[np.float64],
    area: Sequence[float] | NDArray[np.float64],
) -> pd.DataFrame:
    """Put the table of synthetic lesions together.

    Args:
        names: image_id of n lesions.
        truth: What each was drawn for.
        probabilities: (n, 7), uncalibrated.
        fits: (n, len(FITS)), in the order of FITS.
        area: Share of each image inside the lesion.

    Returns:
        As `gallery_table`, in the order given.
    """
    predicted, drawn = probabilities.argmax(axis=1), np.array([DX.index(dx) for dx in truth])
    rows = np.arange(len(names))
    table = pd.DataFrame({"image_id": list(names), "dx": list(truth), "predicted": [DX[i] for i in predicted]})
    table["p_predicted"], table["p_true"] = probabilities[rows, predicted], probabilities[rows, drawn]
    table["right"] = predicted == drawn
    table = table.join(pd.DataFrame(fits, columns=list(FITS))).assign(area=area, **dict.fromkeys(PERSON))
    table = table.join(pd.DataFrame(probabilities, columns=list(DX)))
    return table[[*HEAD, *FITS, "area", *PERSON, *DX]]


def _predicted(prediction: Prediction) -> str:
    return DX[int(prediction.raw_probabilities.argmax())]


def _explained(prediction: Prediction, truth: str) -> Prediction:
    """Keep the heatmaps of the predicted and the true class alone."""
    return prediction.without_evidence((_predicted(prediction), truth))


def keep(table: pd.DataFrame, wanted: Wanted, score: str) -> pd.DataFrame:
    """Select the wanted rows.

    Args:
        table: As `gallery_table` returns it.
        wanted: What to keep.
        score: One of SCORES, for `wanted.score`.
    """
    stays = pd.Series(True, index=table.index)
    people = {"dx_type": wanted.dx_type, "localization": wanted.localization}
    for column, values in ({"dx": wanted.dx, "predicted": wanted.predicted} | people).items():
        if values:
            stays &= table[column].isin(list(values))
    if wanted.right is not None:
        stays &= table["right"] == wanted.right
    for column, ends in (("p_predicted", wanted.confidence), (score, wanted.score)):
        if tuple(ends) != ALL_SHARES:
            stays &= table[column].between(*ends)
    if wanted.age is not None:
        stays &= table["age"].astype(float).between(*wanted.age)
    return table[stays]


SORTS: dict[str, tuple[str | None, bool]] = {
    "at random": (None, True),
    "most confident first": ("p_predicted", False),
    "least confident first": ("p_predicted", True),
    "highest score first": ("score", False),
    "lowest score first": ("score", True),
    "furthest above another image's": ("gain", False),
    "furthest below another image's": ("gain", True),
}
"""Orders by name: the column, and whether ascending."""


def arrange(table: pd.DataFrame, order: str, score: str) -> pd.DataFrame:
    """Sort a table of images; those without a score come last.

    Args:
        table: As `gallery_table` returns it.
        order: One of SORTS.
        score: One of SCORES.
    """
    by, upwards = SORTS[order]
    if by is None:
        return table
    gain = table[score] - table[f"other_{score}"]
    keys = {"p_predicted": table["p_predicted"], "score": table[score], "gain": gain}
    return table.loc[keys[by].sort_values(ascending=upwards, kind="stable").index]


def pair_of(table: pd.DataFrame, dx: str, number: int) -> tuple[pd.Series | None, pd.Series | None]:
    """Find one rightly and one wrongly predicted image of a class.

    Args:
        table: As `gallery_table` returns it.
        dx: The true class of both.
        number: From 0; another number gives another pair; starts over if there are no more.

    Returns:
        None in place of an image that does not exist.
    """
    rows = table[table["dx"] == dx]
    outcomes = (rows[rows["right"].astype(bool)], rows[~rows["right"].astype(bool)])
    right, wrong = (each.iloc[number % len(each)] if len(each) else None for each in outcomes)
    return right, wrong
