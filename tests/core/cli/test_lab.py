from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.cli.lab import lesson
from core.data.metadata import Dataset
from core.errors import UserError
from core.lab.classifiers import CLASSIFIERS
from core.lab.grid_parts import GridKey, Parts
from core.lessons import results
from core.lessons.steps import STEPS


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


@pytest.mark.parametrize("command", [["notebook-smote"], ["embed"]])
def test_what_needs_the_dataset_says_so(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path))
    with pytest.raises(UserError, match="HAM10000"):
        run(*command)


def test_heads_name_an_unknown_model(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    with pytest.raises(UserError, match=r"There is no trained model '?nothing"):
        run("heads", "nothing")


def test_the_notebooks_smote_is_counted_and_written(
    mini_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    from core.resampling.notebook import load_smote

    counts, where = load_smote(), tmp_path / "notebook_smote.csv"
    monkeypatch.setattr("core.data.metadata.load_dataset", lambda: mini_dataset)
    monkeypatch.setattr("core.resampling.notebook.count_smote", lambda _: counts.reset_index())
    monkeypatch.setattr("core.resampling.notebook.SMOTE_FILE", where)
    shown = run("notebook-smote")
    assert f"{counts['before'].sum():,} rows became {counts['after'].sum():,}" in shown
    assert pd.read_csv(where, index_col="dx").equals(counts)


def test_the_lesson_command_writes_the_table_and_prints_every_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written, table = [], results.read()
    monkeypatch.setattr(results, "compute", lambda _run, on_step: [on_step(step) for step in STEPS] and table)
    monkeypatch.setattr(results, "write", written.append)
    monkeypatch.setattr(results, "FILE", tmp_path / "lesson.csv")
    lesson()
    printed = capsys.readouterr().out
    assert written == [table]
    assert all(step.key in printed for step in STEPS)
    assert "66.92% [64.22, 69.75]" in printed and f"{len(table):,} figures written to {tmp_path}" in printed


def test_fresh_needs_something_to_train() -> None:
    for other in ("--tables", "--remeasure"):
        with pytest.raises(UserError, match="--fresh trains again"):
            run("experiment", "--fresh", other)


def test_one_classifiers_runs_do_not_replace_the_tables_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Parts] = []
    parts: Parts = {GridKey("right", "none", "knn", 0, "own"): np.zeros((2, 3), np.float32)}
    monkeypatch.setattr("core.lab.grid.run_grid", lambda *_, **__: parts)
    monkeypatch.setattr("core.lab.grid.PARTS", tmp_path / "parts.npz")
    monkeypatch.setattr("core.lab.tables.write_tables", written.append)
    shown = " ".join(run("experiment", "--classifier", "knn", "--seeds", "1").split())
    assert not written and "1 settings and seeds are in" in shown and "they would lose boosting, " in shown
    run("experiment", "--tables")
    assert written == [parts]
    parts |= {GridKey("right", "none", name, 0, "own"): np.zeros((2, 3), np.float32) for name in CLASSIFIERS}
    run("experiment", "--classifier", "knn", "--seeds", "1")
    assert written == [parts, parts]
