"""The leaderboard: every figure from the predictions, every fault one line, the rest works."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import config
from core.cli import main
from core.cli.score_tables import as_text, format_estimate
from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation import leaderboard
from core.evaluation.leaderboard import (
    MAJORITY,
    evaluate,
    figures,
    load_scores,
    majority,
    read_leaderboard,
    with_floor,
)
from core.evaluation.metrics import METRICS
from core.labels import DX
from core.models.registry import all_models
from core.stats import Estimate
from core.store.card import card_text, read_card
from core.store.evaluation_facts import SyntheticScore
from core.store.folders import model_folders
from core.store.names import PREDICTIONS
from core.store.predictions import SPLITS, read_predictions, scores
from core.store.provenance import check_file
from core.store.stored import MadeFrom, Member
from tests.cards import change, exported

WriteModel = Callable[..., Path]
COMMITTED = list(model_folders().values())


@pytest.fixture(scope="module")
def committed() -> Mapping[str, pd.DataFrame]:
    """Both leaderboards of the committed models, indexed by name."""
    boards = {split: read_leaderboard(split) for split in SPLITS}
    assert not any(board.faults for board in boards.values())
    return {split: board.rows.set_index("name") for split, board in boards.items()}


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda path: path.name)
def test_leaderboard_says_what_the_predictions_say(folder: Path, committed: Mapping[str, pd.DataFrame]) -> None:
    """Every figure, interval and size of every committed card and row, recomputed from the predictions table."""
    card, table = read_card(folder), read_predictions(folder / PREDICTIONS)
    assert card.evaluation
    for split in SPLITS:
        predicted, row = scores(table, split, card.prior), committed[split].loc[folder.name]
        recomputed = figures(predicted)
        found = card.evaluation.of(split)
        assert set(found.metrics) == set(recomputed)
        for name, figure in recomputed.items():
            values = astuple(figure)
            assert astuple(found.metrics[name]) == pytest.approx(values, abs=2e-5, nan_ok=True), f"card, {split} {name}"
            shown = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            assert shown == pytest.approx(values, abs=2e-5, nan_ok=True), f"row, {split} {name}"
        rows = table[table["split"] == split]
        sizes = {"images": len(rows), "lesions": rows["group"].nunique()}
        assert sizes == {"images": found.images, "lesions": found.lesions} == {key: row[key] for key in sizes}
        assert row["parameters"] == card.parameters
        if card.architecture in all_models():
            assert card.parameters == all_models()[card.architecture].parameters
        parts = (card.export, card.slices, card.ood_detector, card.heatmaps, card.layer_maps, card.cam_scores)
        parts = (*parts, card.cam_checks, card.cam_methods, card.layer_cam_scores, card.layer_cam_checks)
        for stored in (card.weights, card.predictions, *(part.file for part in parts if part)):
            assert stored is None or check_file(folder, stored).stat().st_size == stored.bytes
        if card.export:
            assert row["megabytes"] == (folder / card.export.file.name).stat().st_size / 1e6


def test_committed_models_hold_the_whole_test_split(committed: Mapping[str, pd.DataFrame]) -> None:
    rows, splits = committed["test"], load_splits()
    assert set(rows.index) == {folder.name for folder in COMMITTED}
    assert (rows["images"] == (splits["lesion"] == "test").sum()).all()
    assert (rows["lesions"] == splits.loc[splits["lesion"] == "test", "group"].nunique()).all()
    assert rows["validation_score"].is_monotonic_decreasing  # validation chooses
    found = committed["validation"][["balanced_log_loss", "milk10k_balanced_log_loss"]]
    both = found.fillna(math.log(7)).mean(axis=1)  # what isn't scored on MILK10k counts as a guess there
    assert rows["validation_score"].tolist() == pytest.approx((-both).tolist())


def test_rows_hold_the_figures_of_the_cards_best_first(write_model: WriteModel) -> None:
    write_model("weak", 1.0)
    strong = write_model("strong", 3.0)
    board = read_leaderboard()
    assert board.rows["name"].tolist() == ["strong", "weak"]
    card = read_card(strong)
    assert board.rows.loc[0, "accuracy"] == card.figure("accuracy").value
    assert board.rows.loc[0, "accuracy_high"] == card.figure("accuracy").high
    assert board.rows.loc[0, "parameters"] == 2_124_839
    assert board.rows.loc[0, "megabytes"] == (strong / "weights.npz").stat().st_size / 1e6
    assert board.rows.loc[0, "images"] == 300
    validation = read_leaderboard("validation").rows.set_index("name")
    assert validation.loc["strong", "accuracy"] == card.figure("accuracy", "validation").value


def test_evaluate_keeps_what_else_the_card_says(write_model: WriteModel) -> None:
    folder = write_model("m")
    card = change(folder, synthetic_score=SyntheticScore(10, Estimate(0.5, 0.4, 0.6)))
    assert evaluate(folder) == card
    assert read_card(folder) == card


def test_evaluate_keeps_what_another_command_writes_meanwhile(
    write_model: WriteModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, score = write_model("m"), SyntheticScore(10, Estimate(0.5, 0.4, 0.6))

    def slow(*_: object) -> dict[str, Estimate]:
        change(folder, synthetic_score=score)
        return {}

    monkeypatch.setattr(leaderboard, "figures", slow)
    assert evaluate(folder).synthetic_score == score


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def drop_last_row(folder: Path) -> None:
    path = folder / PREDICTIONS
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def flatter(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["evaluation"]["test"]["metrics"]["accuracy"]["value"] += 0.01
    (folder / "card.json").write_text(json.dumps(card))


def export(folder: Path) -> None:
    (folder / "model.tflite").write_bytes(b"a graph")
    change(folder, export=exported(folder))
    cut(folder / "model.tflite")


def lose_member(folder: Path) -> None:
    change(folder, members=(Member("gone", MadeFrom("0")),))


def change_member(folder: Path) -> None:
    change(folder, members=(Member("sound", MadeFrom("0")),))


def forget_figure(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    del card["evaluation"]["test"]["metrics"]["calibration_error"]
    (folder / "card.json").write_text(json.dumps(card))


def rename(old: str, new: str) -> Callable[[Path], None]:
    """Misspell a field of the card."""

    def damage(folder: Path) -> None:
        (folder / "card.json").write_text(card_text(read_card(folder)).replace(f'"{old}":', f'"{new}":'))

    return damage


FAULTS = {
    "card missing": (lambda f: (f / "card.json").unlink(), "faulty/card.json is missing"),
    "card cut": (lambda f: cut(f / "card.json"), "faulty/card.json is cut short"),
    "card flattered": (flatter, "faulty/card.json: the predictions give another accuracy"),
    "figure gone": (forget_figure, "faulty/card.json: calibration_error missing in evaluation"),
    "field misspelt": (rename("train_counts", "train_count"), "faulty/card.json: data.train_count is unknown"),
    "schema unknown": (rename("schema", "scheme"), "faulty/card.json: model is missing"),
    "predictions missing": (lambda f: (f / PREDICTIONS).unlink(), "faulty/predictions.csv is missing"),
    "predictions cut": (lambda f: cut(f / PREDICTIONS), "faulty/predictions.csv is not the file"),
    "a row gone": (drop_last_row, "faulty/predictions.csv is not the file"),
    "weights missing": (lambda f: (f / "weights.npz").unlink(), "faulty/weights.npz is missing"),
    "weights cut": (lambda f: cut(f / "weights.npz"), "faulty/weights.npz is not the file"),
    "export cut": (export, "faulty/model.tflite is not the file"),
    "member gone": (lose_member, "faulty/card.json: its member gone is missing"),
    "member changed": (change_member, "faulty/card.json: its member sound has been trained again"),
    "weights altered": (lambda f: (f / "weights.npz").write_bytes(b"x"), "faulty/weights.npz is not the file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_model_is_one_line_and_the_rest_works(fault: str, write_model: WriteModel) -> None:
    write_model("sound", 1.0)
    damage, message = FAULTS[fault]
    damage(write_model("faulty"))
    board = read_leaderboard()
    assert board.rows["name"].tolist() == ["sound"]
    assert list(board.faults) == ["faulty"]
    assert board.faults["faulty"].startswith(message)
    assert "\n" not in board.faults["faulty"]
    assert board.faults["faulty"] in as_text(board)


def test_baselines_and_ensembles_stand_among_the_models(write_model: WriteModel) -> None:
    sizes = {}
    for name in ("one", "two"):
        sizes[name] = (write_model(name, 1.0) / "weights.npz").stat().st_size / 1e6
    members = tuple(
        Member(name, MadeFrom(weights=read_card(config.TRAINED_MODELS / name).files.weights)) for name in sizes
    )
    for name, facts in {"both": {"kind": "ensemble", "members": members}, "floor": {"kind": "baseline"}}.items():
        folder = write_model(name, 2.0)
        change(folder, weights=None, **facts)
        (folder / "weights.npz").unlink()
    board = read_leaderboard()
    assert not board.faults
    rows = board.rows.set_index("name")
    assert rows.loc["both", "megabytes"] == pytest.approx(sum(sizes.values()))
    assert np.isnan(rows.loc["floor", "megabytes"])
    assert rows["kind"].dropna().to_dict() == {"both": "ensemble", "floor": "baseline"}


def test_an_unevaluated_model_names_the_command(write_model: WriteModel) -> None:
    folder = write_model("fresh", evaluated=False)
    assert "python -m core evaluate fresh" in read_leaderboard().faults["fresh"]
    with pytest.raises(UserError, match="evaluate fresh"):
        load_scores(folder, "test")
    evaluate(folder)
    assert not read_leaderboard().faults
    assert len(load_scores(folder, "test").truth) == 300


def test_predictions_of_another_split_are_refused(write_model: WriteModel) -> None:
    folder = write_model("m", evaluated=False)
    table = pd.read_csv(folder / PREDICTIONS)
    table["split"] = table["split"].map({"validation": "test", "test": "validation"})
    table.to_csv(folder / PREDICTIONS, index=False)
    with pytest.raises(UserError, match=r"m/predictions\.csv: [^;]* differ from the committed lesion split"):
        evaluate(folder)


def test_majority_is_the_floor(write_model: WriteModel) -> None:
    predicted = load_scores(write_model("m"), "test")
    row = majority(predicted, 100)
    nv = (predicted.truth == DX.index("nv")).mean()
    assert row["accuracy"] == pytest.approx(nv, abs=1e-5)
    assert row["balanced_accuracy"] == row["balanced_accuracy_argmax"] == pytest.approx(1 / 7, abs=1e-5)
    assert row["macro_auc"] == 0.5
    assert row["melanoma_sensitivity"] == 0
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    assert row["source"] == "Always nv"


def test_the_floor_stands_last_and_needs_a_model(write_model: WriteModel) -> None:
    assert with_floor(read_leaderboard()).rows.empty
    write_model("m")
    rows = with_floor(read_leaderboard()).rows
    assert rows["name"].tolist() == ["m", MAJORITY]
    assert rows["accuracy"].dtype == float
    assert rows.loc[1, "images"] == rows.loc[0, "images"]


def test_an_empty_folder_says_what_to_do(write_model: WriteModel) -> None:  # noqa: ARG001, points at an empty folder
    board = read_leaderboard()
    assert board.rows.empty
    assert {f"{name}_low" for name in METRICS} <= set(board.rows.columns)
    assert "python -m core train" in as_text(board)


def test_commands_print_tables_and_name_what_is_unknown(
    write_model: WriteModel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model("m", evaluated=False)
    monkeypatch.setattr("core.data.metadata.find_dataset", lambda: None)  # its images are not those of this table

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["core", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    code, out, _ = run("evaluate", "m")
    assert code == 0
    assert "test (300 images" in out
    assert all(metric.label in out for metric in METRICS.values())
    code, out, _ = run("leaderboard")
    assert format_estimate(read_card(folder).figure("balanced_accuracy")) in out
    code, _, err = run("evaluate", "nope")
    assert code == 1
    assert (
        err == "Error: There is no trained model 'nope'; the trained models are m. "
        "Train one with `python -m core train NAME`.\n"
    )
    code, _, err = run("leaderboard", "--split", "train")
    assert (code, err.count("\n")) == (1, 1)


def test_the_folder_is_looked_up_when_asked(write_model: WriteModel) -> None:
    write_model("m")
    assert read_leaderboard(root=config.ROOT / "nowhere").rows.empty
