from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.data.masks import MASKS
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.localization import center_heatmap, fit
from core.explain.study.explainers import Explainer
from core.explain.study.pairs import read_pair
from core.explain.study.scores import (
    TARGETS,
    read_cam_scores,
    score_heatmaps,
    write_cam_scores,
    write_layer_cam_scores,
)
from core.labels import DX
from core.store.card import read_card
from core.store.names import CAM_SCORES
from core.store.provenance import stored_file
from tests.cards import change, other_export


def test_missing_images_and_faulty_masks_are_named_and_the_run_goes_on(folder, dataset):
    names = list(dataset.images)
    (dataset.folder / MASKS / f"{names[0]}_segmentation.png").unlink()
    cv2.imwrite(str(dataset.folder / MASKS / f"{names[1]}_segmentation.png"), np.full((100, 100), 255, np.uint8))
    dataset.images[names[2]].write_bytes(b"cut")
    progress: list[tuple[int, int]] = []
    run = score_heatmaps(folder, dataset, on_done=lambda done, total: progress.append((done, total)))
    tested = len(load_scores(folder, "test").truth)
    assert run.table["image_id"].nunique() == 37
    assert len(run.left_out) == tested - 37
    for reason in ("is missing", "doesn't fit", "not a readable"):
        assert sum(reason in line for line in run.left_out) == 1
    assert progress[-1] == (tested, tested)
    assert not set(names[:3]) & set(run.table["image_id"])


def test_what_is_written_is_read_complete_and_belongs_to_the_predictions(folder, dataset):
    run = write_cam_scores(folder, dataset)
    facts = read_card(folder).cam_scores
    assert facts.images == run.new == 40 < len(run.table)
    assert facts.left_out == len(run.left_out) == facts.tested - 40
    assert facts.images_per_second == pytest.approx(run.new / run.seconds, abs=0.051)
    assert facts.speed.litert > facts.speed.tf_keras_vis > 0
    assert facts.speed.max_difference < 0.1
    assert facts.center.sd_x == pytest.approx(0.5 / 12**0.5, rel=1e-2)
    table = read_cam_scores(folder)
    assert table.groupby("image_id")["target"].apply(set).map(set(TARGETS).__eq__).all()
    assert len(table) == 80
    assert (table["area"] == round(1 / 6, 4)).all()
    assert (table["uniform_energy"] == table["area"]).all()
    assert table["narrow_energy"].between(0, 1).all()
    shown = table.loc[table["target"] == "predicted", ["energy", "other_energy"]].dropna()
    assert len(shown) and shown["other_energy"].between(0, 1).all()
    assert table.loc[table["right"], "energy"].groupby(table["image_id"]).nunique(dropna=False).max() == 1
    predicted = load_scores(folder, "test")
    labels = dict(
        zip(predicted.image_id.tolist(), np.array(DX)[predicted.probabilities.argmax(1)].tolist(), strict=True)
    )
    assert (table["image_id"].map(labels) == table["predicted"]).all()
    assert facts.without_evidence == int(run.table["energy"].isna().sum())
    change(folder, export=other_export(read_card(folder)))
    with pytest.raises(UserError, match=r"for a former model; run `python -m core explain heatmaps small`"):
        read_cam_scores(folder)


def test_scores_of_the_true_diagnosis_are_those_of_its_own_heatmap(folder, dataset):
    run = score_heatmaps(folder, dataset)
    explainer = Explainer(folder)
    wrong = run.table[run.table["target"] == "true"]
    assert (wrong["predicted"] != wrong["dx"]).all()
    row = wrong.dropna().iloc[0]
    image, mask = read_pair(dataset, dataset.folder / MASKS, row["image_id"])
    _, cams = explainer.predict_and_explain(image)
    np.testing.assert_allclose(
        row[["energy", "pointing", "iou"]].to_numpy(float),
        fit(cams[..., DX.index(row["dx"])], mask),
        atol=1e-4,
    )


def test_the_central_spot_is_scored_as_fitted_and_at_half_its_width_and_height(folder, dataset):
    run = score_heatmaps(folder, dataset, 60)
    row, half = run.table.iloc[0], replace(run.center, sd_y=run.center.sd_y / 2, sd_x=run.center.sd_x / 2)
    _, mask = read_pair(dataset, dataset.folder / MASKS, row["image_id"])
    whole = row[["center_energy", "center_pointing", "center_iou"]].to_numpy(float)
    np.testing.assert_allclose(whole, fit(center_heatmap(run.center), mask), atol=1e-4)
    assert row["narrow_energy"] == pytest.approx(fit(center_heatmap(half), mask).energy, abs=1e-4)


def test_time_up_leaves_a_random_part_and_the_next_run_goes_on(folder, dataset):
    write_cam_scores(folder, dataset)
    whole = (folder / CAM_SCORES).read_text()
    change(folder, cam_scores=None)
    names = load_scores(folder, "test").image_id.tolist()
    done = {names[0]}
    runs, speeds = 0, set()
    while len(done) < 40:
        run = write_cam_scores(folder, dataset, seconds=0)
        speeds.add(read_card(folder).cam_scores.speed)
        assert done - {names[0]} <= set(run.table["image_id"])
        done = set(run.table["image_id"])
        runs += 1
        assert runs < 30
    assert runs > 1 and len(speeds) == 1  # measured once, then kept
    assert (folder / CAM_SCORES).read_text() == whole
    facts = read_card(folder).cam_scores
    assert facts.images == 40
    assert facts.tested == len(names)
    change(folder, export=replace(read_card(folder).export, precision="int8"))
    assert write_cam_scores(folder, dataset).new == 0
    again = read_card(folder).cam_scores
    assert again.images_per_second == facts.images_per_second and again.speed not in speeds


def test_a_sample_is_drawn_from_all_test_images(folder, dataset):
    run = score_heatmaps(folder, dataset, sample=100)
    assert run.table["image_id"].nunique() + len(run.left_out) == 100


def test_no_image_at_all_is_one_sentence(folder, dataset):
    with pytest.raises(UserError, match="No test image of small could be scored; the first:"):
        score_heatmaps(folder, Dataset(dataset.folder, dataset.metadata, {}, ()))


def test_models_without_scores_or_images(folder, write_model):
    assert read_cam_scores(folder) is None
    table = write_model("table")
    change(table, kind="baseline")
    with pytest.raises(UserError, match="table doesn't use images"):
        Explainer(table)


def test_a_damaged_table_is_named(folder, dataset):
    write_cam_scores(folder, dataset)
    (folder / "cam_scores.csv").write_text("image_id\n")
    with pytest.raises(UserError, match=r"small/cam_scores.csv is not the file that its card describes"):
        read_cam_scores(folder)
    facts = replace(read_card(folder).cam_scores, file=stored_file(folder / "cam_scores.csv"))
    change(folder, cam_scores=facts)
    with pytest.raises(UserError, match=r"small/cam_scores.csv is damaged: column group is missing"):
        read_cam_scores(folder)


def test_layer_cam_is_scored_beside_grad_cam_in_a_table_of_its_own(folder, dataset):
    run = write_layer_cam_scores(folder, dataset)
    card = read_card(folder)
    assert card.layer_cam_scores.images == run.table["image_id"].nunique() == 40
    assert card.cam_scores is None and read_cam_scores(folder) is None
    table = read_cam_scores(folder, "LayerCAM")
    explainer = Explainer(folder, method="LayerCAM")
    row = table[(table["target"] == "predicted")].dropna().iloc[0]
    image, mask = read_pair(dataset, dataset.folder / MASKS, row["image_id"])
    heat = explainer.explain(image, [DX.index(row["predicted"])])[..., 0]
    assert row["energy"] == pytest.approx(fit(heat, mask).energy, abs=1e-4)
    change(folder, export=other_export(read_card(folder)))
    with pytest.raises(UserError, match=r"run `python -m core explain heatmaps small --method LayerCAM`"):
        read_cam_scores(folder, "LayerCAM")


def test_a_model_that_cannot_be_explained_by_layer_cam_says_so():
    with pytest.raises(UserError, match="custom_cnn offers Grad-CAM only"):
        Explainer(TRAINED_MODELS / "custom_cnn", method="LayerCAM")
