"""Paired comparisons: same images, gap with the right sign, and seen lesions apart from new ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.comparisons import CLEAN, COMPARISONS, EXCESS, LEAKING, compare, load_comparisons
from core.labels import DX
from core.store.card import write_card
from core.store.training_facts import DataFacts
from tests.cards import small_card


def half(folder: Path, rows: pd.DataFrame, right: np.ndarray, seed: int) -> None:
    """Write a run that is right on the marked rows, and says another diagnosis with the same certainty elsewhere."""
    folder.mkdir(parents=True)
    truth = rows["dx"].map(DX.index).to_numpy()
    predicted = np.where(right, truth, (truth + 1) % len(DX))
    probabilities = np.full((len(rows), len(DX)), 0.05)
    probabilities[np.arange(len(rows)), predicted] = 0.7
    order = np.random.default_rng(seed).permutation(len(rows))
    table = pd.concat([rows.reset_index(drop=True), pd.DataFrame(probabilities, columns=list(DX))], axis=1)
    table.iloc[order].to_csv(folder / "predictions.csv", index=False)
    data = DataFacts("lesion", "0", dict.fromkeys(DX, 10))
    write_card(folder, small_card(folder.name, kind="experiment", weights=None, data=data))


@pytest.fixture
def rows() -> pd.DataFrame:
    """Test images of both splits, with a made-up diagnosis for each lesion."""
    known = load_splits()
    both = known[(known["lesion"] == "test") & (known["image"] == "test")].rename_axis("image_id").reset_index()
    dx = np.array(DX)[both["group"].to_numpy() % len(DX)]
    return both[["image_id", "group"]].assign(split="test", dx=dx)


def leaking(rows: pd.DataFrame) -> np.ndarray:
    known = load_splits()
    return rows["group"].isin(known.loc[known["image"] == "train", "group"]).to_numpy()


def test_a_gain_on_seen_lesions_only_is_found_there_and_nowhere_else(rows: pd.DataFrame, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    comparison = next(c for c in COMPARISONS if c.kind == "leak")
    seen = leaking(rows)
    base = np.random.default_rng(0).random(len(rows)) < 0.6
    half(root / comparison.wrong, rows, base | seen, 1)
    half((root / comparison.right).resolve(), rows, base, 2)
    table = compare(root)
    found = table[table["measure"] == "accuracy"].set_index("images_of")
    assert found.loc[LEAKING, "wrong"] == 1
    assert found.loc[LEAKING, "gap"] == pytest.approx(1 - base[seen].mean(), abs=1e-5)
    assert found.loc[CLEAN, "gap"] == 0
    assert found.loc[EXCESS, "gap_low"] > 0
    assert found.loc["all", "images"] == found.loc[LEAKING, "images"] + found.loc[CLEAN, "images"] == len(rows)
    pd.testing.assert_frame_equal(load_comparisons(root), table)


def test_only_images_that_both_halves_have_count(rows: pd.DataFrame, tmp_path: Path) -> None:
    comparison = next(c for c in COMPARISONS if c.kind == "labels")
    everything = np.ones(len(rows), bool)
    half(tmp_path / comparison.wrong, rows, ~everything, 1)
    half(tmp_path / comparison.right, rows[:300], everything[:300], 2)
    found = compare(tmp_path).set_index("measure").loc["accuracy"]
    assert (found["images"], found["wrong"], found["right"], found["gap"]) == (300, 0, 1, -1)


def test_a_remedy_for_imbalance_is_measured_on_macro_f1_and_calibration(rows: pd.DataFrame, tmp_path: Path) -> None:
    pairs = [c for c in COMPARISONS if c.kind == "resampling"]
    for name in {each for c in pairs for each in (c.wrong, c.right)}:
        half(tmp_path / name, rows, np.arange(len(rows)) % 3 > 0, 1)
    table = compare(tmp_path)
    assert table["label"].unique().tolist() == [c.label for c in pairs]
    assert {"macro_f1", "calibration_error", "brier"} < set(table["measure"])
    assert (table["gap"] == 0).all()


def test_another_seed_is_compared_with_the_model_on_the_leaderboard(rows: pd.DataFrame, tmp_path: Path) -> None:
    root, pair = tmp_path / "experiments", next(c for c in COMPARISONS if c.kind == "seed")
    half(root / pair.wrong, rows, np.arange(len(rows)) % 4 > 0, 1)
    half(tmp_path / pair.model, rows, np.arange(len(rows)) % 2 > 0, 2)
    found = compare(root).set_index("measure").loc["accuracy"]
    assert (found["kind"], found["model"]) == ("seed", pair.model)
    assert found["gap"] == pytest.approx(0.25, abs=0.002)


def test_covered_lesions_are_compared_with_the_same_images_whole(rows: pd.DataFrame, tmp_path: Path) -> None:
    pairs = [c for c in COMPARISONS if c.kind == "cover"]
    half(tmp_path / pairs[0].right, rows, np.ones(len(rows), bool), 1)
    for pair in pairs:
        half(tmp_path / pair.wrong, rows, np.zeros(len(rows), bool), 2)
    found = compare(tmp_path).query("measure == 'balanced_accuracy'")
    assert found["label"].tolist() == ["Only the skin around it", "Box of one size"]
    assert (found["gap"] == -1).all()


def test_without_both_halves_there_is_nothing_to_say(rows: pd.DataFrame, tmp_path: Path) -> None:
    half(tmp_path / COMPARISONS[0].wrong, rows, np.ones(len(rows), bool), 1)
    with pytest.raises(UserError, match="has both models yet"):
        compare(tmp_path)
    with pytest.raises(UserError, match="python -m core compare"):
        load_comparisons(tmp_path)


def test_a_table_without_its_columns_is_named(rows: pd.DataFrame, tmp_path: Path) -> None:
    for name in (COMPARISONS[0].wrong, COMPARISONS[0].right):
        half(tmp_path / name, rows, np.ones(len(rows), bool), 1)
    path = tmp_path / COMPARISONS[0].wrong / "predictions.csv"
    pd.read_csv(path).drop(columns="mel").to_csv(path, index=False)
    with pytest.raises(UserError, match=r"smote_mismatched/predictions.csv: columns mel missing"):
        compare(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "is not a readable table"), ("image_id,group\x00\n", "columns")],
)
def test_a_damaged_table_is_one_sentence(content: str, problem: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    for name in (COMPARISONS[0].wrong, COMPARISONS[0].right):
        half(tmp_path / name, rows, np.ones(len(rows), bool), 1)
    (tmp_path / COMPARISONS[0].wrong / "predictions.csv").write_text(content)
    with pytest.raises(UserError, match=rf"^\S*smote_mismatched/predictions\.csv:? [^\n]*{problem}[^\n]*\.$"):
        compare(tmp_path)


def test_the_committed_table_is_what_the_committed_halves_give(tmp_path: Path) -> None:
    from core.config import EXPERIMENTS

    if not (EXPERIMENTS / "comparisons.csv").is_file():
        pytest.skip("no comparison is committed")
    committed = (EXPERIMENTS / "comparisons.csv").read_text()
    import shutil

    for name in {half for c in COMPARISONS for half in (c.wrong, c.right)}:
        source = (EXPERIMENTS / name).resolve()
        if source.is_dir():
            target = (tmp_path / "experiments" / name).resolve()
            target.mkdir(parents=True)
            for file in ("card.json", "predictions.csv"):
                shutil.copy(source / file, target / file)
    compare(tmp_path / "experiments")
    assert (tmp_path / "experiments" / "comparisons.csv").read_text() == committed
