"""`python -m core score`: the same figures as text, Markdown and JSON."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.cli.score_tables import format_estimate
from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.metrics import METRICS
from core.labels import NAMES
from core.store.card import read_card

MODEL = "baseline_cnn"


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, ["score", *arguments], catch_exceptions=False).stdout


def test_a_model_against_itself_differs_by_nothing() -> None:
    text = " ".join(run(str(TRAINED_MODELS / MODEL / "predictions.csv"), "--against", MODEL).split())
    card = read_card(TRAINED_MODELS / MODEL)
    for name in ("accuracy", "macro_f1", "brier"):
        assert f"{format_estimate(card.figure(name))} +0.000 [no interval]" in text
    assert text.count(NAMES["vasc"]) == 3  # recall at both operating points, and curves


def test_json_and_markdown_hold_the_same() -> None:
    file = str(TRAINED_MODELS / MODEL / "predictions.csv")
    found = json.loads(run(file, "--json"))
    assert found["images"] == 2004 and set(found["metrics"]) == set(METRICS) and found["against"] is None
    assert len(found["areas"]) == 7 and len(found["per_diagnosis"]["balanced"]) == 7
    markdown = run(file, "--markdown")
    accuracy = found["metrics"]["accuracy"]
    assert f"| Accuracy | {accuracy['value']:.3f} [{accuracy['low']:.3f}, {accuracy['high']:.3f}] |" in markdown
    with pytest.raises(UserError, match="Choose one of"):
        run(file, "--json", "--markdown")


def test_labels_say_what_they_lack(tmp_path: Path) -> None:
    table = pd.read_csv(TRAINED_MODELS / MODEL / "predictions.csv").query("split == 'test'")
    table[["image_id", "dx"]].to_csv(tmp_path / "labels.csv", index=False)
    text = run(str(tmp_path / "labels.csv"))
    (line,) = [each for each in text.splitlines() if each.startswith("Macro AUC")]
    assert line.endswith("needs probabilities")
    assert text.count("By diagnosis") == 1 and "against the rest" not in text
