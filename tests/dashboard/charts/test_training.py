"""Learning curves: each column a line, the kept epoch and the phases marked."""

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.training import learning_curves

HISTORY = pd.DataFrame(
    {
        "epoch": [0, 1, 2, 3],
        "phase": [0, 0, 1, 1],
        "loss": [1.0, 0.5, 0.4, 0.3],
        "val_loss": [0.9, 0.6, 0.7, 0.8],
        "val_accuracy": [0.5, 0.6, 0.65, 0.6],
        "val_balanced_accuracy": [0.3, 0.55, 0.5, 0.45],
    }
)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("loss", {"training loss": "loss", "validation loss": "val_loss"}),
        ("score", {"validation accuracy": "val_accuracy", "validation balanced accuracy": "val_balanced_accuracy"}),
    ],
)
def test_each_column_is_a_line_over_epochs_from_one(kind: str, lines: dict[str, str]) -> None:
    fig, table, _ = learning_curves(HISTORY, kind, 1)
    assert {trace.name: list(trace.y) for trace in fig.data} == {n: HISTORY[c].tolist() for n, c in lines.items()}
    assert all(list(trace.x) == [1, 2, 3, 4] for trace in fig.data)
    assert list(table.columns) == ["epoch", "phase", *lines.values()]
    assert [shape.x0 for shape in fig.layout.shapes] == [2, 2.5]


def test_a_measure_has_one_color_and_each_line_its_own_dashes() -> None:
    both = HISTORY.assign(val_milk10k_accuracy=0.4, val_milk10k_balanced_accuracy=0.3)
    lines = {trace.name: (trace.line.color, trace.line.dash) for trace in learning_curves(both, "score", 1).figure.data}
    assert lines["MILK10k: validation accuracy"][0] == lines["validation accuracy"][0]
    assert lines["MILK10k: validation balanced accuracy"][0] == lines["validation balanced accuracy"][0]
    assert len(set(lines.values())) == len({dash for _, dash in lines.values()}) == 4


def test_sentences_name_the_kept_and_the_best_epoch() -> None:
    score = learning_curves(HISTORY, "score", 1).sentence
    assert all(part in score for part in ("epoch 2 of 4", "0.550", "0.450"))
    assert "2 phases" in score
    loss = learning_curves(HISTORY, "loss", 1).sentence
    assert all(part in loss for part in ("epoch 2", "0.60", "1.00 to 0.30"))
    assert "phase" not in learning_curves(HISTORY.assign(phase=0), "score", 1).sentence


@pytest.mark.parametrize("kind", ["loss", "score"])
def test_a_history_with_little_in_it_is_drawn(kind: str) -> None:
    bare = HISTORY[["epoch", "phase"]].assign(phase=0)
    assert learning_curves(bare, kind, None).sentence.startswith("4 epochs")
    assert learning_curves(HISTORY[:1], kind, 7).sentence
    assert learning_curves(HISTORY.assign(val_loss=np.nan), kind, 1).sentence
