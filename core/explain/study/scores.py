"""Score the heatmaps of all test images against the lesion masks: trained_models/NAME/cam_scores.csv."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.masks import masks_folder, read_mask
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.localization import SCORES, center_heatmap, uniform_fit
from core.explain.study import arrays
from core.explain.study.explainers import BATCH, Explainer, LayerExplainer, compare_speed, in_parallel
from core.explain.study.others import with_others
from core.explain.study.pairs import speed_sample, training_center
from core.explain.study.score_rows import CENTER as CENTER
from core.explain.study.score_rows import NARROW as NARROW
from core.explain.study.score_rows import Scorer
from core.inference.heatmaps import HeatmapMethod
from core.store.card import Card, read_card, write_card
from core.store.heatmap_facts import CamScores, Center
from core.store.model_tables import CAM_SCORES, LAYER_CAM_SCORES, read_table, write_table
from core.store.provenance import check_file, current, stored_file
from core.store.stored import MadeFrom

TARGETS = ("predicted", "true")
UNIFORM = tuple(f"uniform_{name}" for name in SCORES)
COLUMNS = tuple(CAM_SCORES.columns)
DECIMALS = 4
Report = Callable[[int, int], object]


@dataclass(frozen=True)
class HeatmapScores:
    """Result of scoring a model's heatmaps.

    Attributes:
        table: Columns COLUMNS.
        left_out: One sentence for each image that couldn't be scored.
        seconds: Time spent.
        center: The center prior.
        new: Number of images scored in this run.
        tested: Number of images of the test split.
        cams: This run's heatmaps, (rows, columns) and >= 0, by image_id and target.
    """

    table: pd.DataFrame
    left_out: tuple[str, ...]
    seconds: float
    center: Center
    new: int
    tested: int
    cams: dict[tuple[str, str], NDArray[np.float32]]


def score_heatmaps(
    folder: Path,
    dataset: Dataset,
    sample: int | None = None,
    on_done: Report | None = None,
    seconds: float = inf,
    known: pd.DataFrame | None = None,
    known_cams: Mapping[tuple[str, str], NDArray[np.floating]] | None = None,
    explainer: Explainer | LayerExplainer | None = None,
) -> HeatmapScores:
    """Score a model's heatmaps of the predicted class and, where that is wrong, of the true class.

    Test images are taken in random order, so that those scored when time is up are a random sample.

    Args:
        folder: trained_models/NAME, evaluated and exported, or an ensemble of such.
        dataset: HAM10000 with masks; missing or damaged images and masks are left out and named.
        sample: Score only this many test images, drawn at random.
        on_done: Called with (images done, total).
        seconds: Stop after this time, but not before one batch.
        known: Rows of a former run; they are kept and their images not scored again.
        known_cams: Their heatmaps.
        explainer: For that folder; default: the exported graph, at the last layer with feature maps.

    Raises:
        UserError: The model's files are damaged, there are no masks, or no image could be scored.
    """
    predicted, explainer = load_scores(folder, "test"), explainer or Explainer(folder)
    masks = masks_folder(dataset)
    center = training_center(masks)
    rows = np.random.default_rng(SEED).permutation(len(predicted.truth))[:sample]
    if known is not None:
        rows = rows[~np.isin(predicted.image_id[rows], known["image_id"].to_numpy(str))]
    missing = np.array([name not in dataset.images for name in predicted.image_id[rows].tolist()], bool)
    rows = np.concatenate([rows[~missing], rows[missing]])  # else a short run might never get to one that is there
    spots = center_heatmap(center), center_heatmap(replace(center, sd_y=center.sd_y / 2, sd_x=center.sd_x / 2))
    scorer = Scorer(predicted, explainer, dataset, masks, *spots)
    start = time.perf_counter()
    found: list[dict[str, Any]] = []
    cams: dict[tuple[str, str], NDArray[np.float32]] = {}
    faults: list[str] = []
    for done, each in enumerate(in_parallel(scorer, (int(row) for row in rows)), start=1):
        if isinstance(each, str):
            faults.append(each)
        else:
            found += each[0]
            cams |= each[1]
        if on_done:
            on_done(done, len(rows))
        if done % BATCH == 0 and time.perf_counter() - start > seconds:
            break
    table = pd.DataFrame(found, columns=list(COLUMNS))
    new, parts = table["image_id"].nunique(), [each for each in (known, table) if each is not None and len(each)]
    if not parts:
        raise UserError(f"No test image of {folder.name} could be scored; the first: {faults[0]}")
    stored = zip(cams, arrays.as_stored(list(cams.values())), strict=True) if cams else ()
    whole = with_others(pd.concat(parts), {**(known_cams or {}), **dict(stored)}, lambda name: read_mask(masks, name))
    whole = whole[list(COLUMNS)].round(DECIMALS).sort_values(["image_id", "target"], ignore_index=True)
    return HeatmapScores(whole, tuple(faults), time.perf_counter() - start, center, new, len(predicted.truth), cams)


def write_layer_cam_scores(
    folder: Path, dataset: Dataset, on_done: Report | None = None, seconds: float = inf
) -> HeatmapScores:
    """Score LayerCAM on test images in one run, write the table to the model's folder and a summary to its card.

    Args:
        folder: See `score_heatmaps`; the model must offer LayerCAM.
        dataset: See `score_heatmaps`.
        on_done: See `score_heatmaps`.
        seconds: See `score_heatmaps`.

    Raises:
        UserError: See `score_heatmaps` and `Explainer`.
    """
    explainer = Explainer(folder, method="LayerCAM")
    run = score_heatmaps(folder, dataset, on_done=on_done, seconds=seconds, explainer=explainer)
    path, card = write_table(folder, LAYER_CAM_SCORES, run.table), read_card(folder)
    write_card(folder, replace(card, layer_cam_scores=_facts(card, run, path, None)))
    return run


def write_cam_scores(
    folder: Path, dataset: Dataset, on_done: Report | None = None, seconds: float = inf
) -> HeatmapScores:
    """Score test images, write the table to the model's folder and a summary to its card.

    For a single network the card also gets images per second and the largest difference from tf-keras-vis. Scores of a
    former run of the same model are kept; this run continues from there.

    Args:
        folder: See `score_heatmaps`.
        dataset: See `score_heatmaps`.
        on_done: See `score_heatmaps`.
        seconds: See `score_heatmaps`.

    Raises:
        UserError: See `score_heatmaps`.
    """
    known, cams = _known(folder) or (None, {})
    run = score_heatmaps(folder, dataset, on_done=on_done, seconds=seconds, known=known, known_cams=cams)
    path = write_table(folder, CAM_SCORES, run.table)
    card = replace(read_card(folder), heatmaps=arrays.write_arrays(folder, cams | run.cams))
    before = card.cam_scores if known is not None else None
    facts = _facts(card, run, path, before)
    write_card(folder, replace(card, cam_scores=facts))
    if not card.members and not (run.new and facts.speed):  # with nothing left to score, timed anew
        speed = compare_speed(folder, Explainer(folder), speed_sample(folder, dataset))
        write_card(folder, replace(card, cam_scores=replace(facts, speed=speed)))
    return run


def _facts(card: Card, run: HeatmapScores, path: Path, before: CamScores | None) -> CamScores:
    """Make a run's entry on the card; speeds are those of the former run if this one has none."""
    rate = before.images_per_second if before else None
    return CamScores(
        file=stored_file(path),
        made_from=sources(card),
        images=int(run.table["image_id"].nunique()),
        tested=run.tested,
        left_out=len(run.left_out),
        without_evidence=int(run.table["energy"].isna().sum()),
        images_per_second=round(run.new / run.seconds, 1) if run.new else rate,
        center=Center(*(round(value, 4) for value in vars(run.center).values())),
        speed=before.speed if before else None,
    )


def _known(folder: Path) -> tuple[pd.DataFrame, dict[tuple[str, str], NDArray[np.floating]]] | None:
    """Read table and heatmaps of a former run of the same model; None if they aren't valid."""
    card = read_card(folder)
    try:
        facts = current(card, card.cam_scores)
        if facts is None:
            return None
        check_file(folder, facts.file)
        table = read_table(folder, CAM_SCORES)
        cams = dict(arrays.read_arrays(folder))
        return (table, cams) if set(cams) == set(zip(table["image_id"], table["target"], strict=True)) else None
    except UserError:
        return None


def read_cam_scores(folder: Path, method: HeatmapMethod = "Grad-CAM") -> pd.DataFrame | None:
    """Read the scores of a model, checked against its card; None if there are none.

    Args:
        folder: trained_models/NAME.
        method: Whose heatmaps were scored.

    Returns:
        Columns COLUMNS, `right`, and UNIFORM: both targets of every image.

    Raises:
        UserError: The file is missing or altered, or was computed from other predictions.
    """
    card = read_card(folder)
    fine = method == "LayerCAM"
    facts, schema = (card.layer_cam_scores, LAYER_CAM_SCORES) if fine else (card.cam_scores, CAM_SCORES)
    if facts is None:
        return None
    path = check_file(folder, facts.file)
    if not current(card, facts):
        again = f"run `python -m core {schema.made_by.format(name=folder.name)}`"
        raise UserError(f"{folder.name}/{path.name} was computed for a former model; {again}.")
    return complete(read_table(folder, schema))


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Add what the file leaves out: the true class's rows where the prediction is right, and the uniform baseline."""
    right = table[table["predicted"] == table["dx"]].assign(target="true")
    whole = pd.concat([table, right], ignore_index=True)
    uniform = zip(UNIFORM, uniform_fit(whole["area"].to_numpy(float)), strict=True)
    return whole.assign(right=whole["predicted"] == whole["dx"], **dict(uniform))


def sources(card: Card) -> MadeFrom:
    """Hashes of what scores and checks were computed from; an ensemble's predictions stand for its members."""
    return replace(card.files, weights=None)
