"""How much a wrong protocol, or chance, changes a score, in words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING, ONE_SIZE, ONLY_SKIN
from core.evaluation.metrics import METRICS
from core.labels import DX
from core.stats import clear_after_holm
from dashboard.text.format import change, count, figure, percent, signed
from dashboard.text.models import model_label
from dashboard.text.phrases import inside_label, listed

GUESSING = {"balanced_accuracy": 1 / len(DX), "macro_auc": 0.5}
"""What a guess is worth, by measure."""
COVERED = {
    ONLY_SKIN: "with the lesion covered to its outline",
    ONE_SIZE: "with the lesion under a box of one size",
}


def pairs_sentence(rows: pd.DataFrame, table: pd.DataFrame, kind: str, measure: str) -> str:
    """Say how two runs of one recipe differ.

    Args:
        rows: The comparisons that are drawn.
        table: As `core.evaluation.comparisons.compare` returns it.
        kind: "labels", "leak", "resampling", "cover" or "seed".
        measure: A name in METRICS that the table has; for "cover", a key of GUESSING.
    """
    label = inside_label(METRICS[measure].label)
    if kind == "labels":
        parts = [f"**{model_label(row['model'])}** {_effect(row)} in {label}" for row in rows.to_dict("records")]
        return f"If a synthetic row gets an image of any diagnosis, {listed(parts)}."
    if kind == "resampling":
        return _grouped(rows, measure, label)
    if kind == "cover":
        return _cover(rows, measure, label)
    if kind == "seed":
        return _seeds(rows, label)
    return _leak(rows, table, measure, label)


def _seeds(rows: pd.DataFrame, label: str) -> str:
    row = rows.iloc[0].to_dict()
    return (
        f"Trained once more with nothing changed but the seed, **{model_label(row['model'])}** differs by "
        f"{_change(row)} in {label}. Intervals on this page allow for chance in the test images, not for chance in "
        "training: a gap of this size between two models may come from the seed alone. One pair of seeds can't show "
        "how large such gaps get."
    )


def _cover(rows: pd.DataFrame, measure: str, label: str) -> str:
    runs = rows.to_dict("records")
    whole = figure(*(runs[0][f"right{end}"] for end in ("", "_low", "_high")))
    parts = [
        f"{figure(*(row[f'wrong{end}'] for end in ('', '_low', '_high')))} {COVERED[row['label']]}" for row in runs
    ]
    text = f"Trained and tested on whole images, the network reaches a {label} of {whole}; {listed(parts)}. "
    guess = GUESSING[measure]
    last = next((row for row in runs if row["label"] == ONE_SIZE), runs[-1])
    if not last["wrong_low"] > guess:
        return f"{text}The latter is not clearly above guessing ({guess:.3f}): what remains hardly shows the diagnosis."
    share = (last["wrong"] - guess) / (last["right"] - guess)
    return (
        f"{text}The latter is **{percent(share)}** of the way from guessing ({guess:.3f}) to whole images, without any "
        "view of the lesion: the network learned it from the rest of the image and from where the lesion lies."
    )


def _leak(rows: pd.DataFrame, table: pd.DataFrame, measure: str, label: str) -> str:
    by_set = rows.set_index("images_of").to_dict("index")
    parts = [
        f"{_change(by_set[name])} on the {count(by_set[name]['images'], 'test images')} {which}"
        for name, which in (
            (LEAKING, "whose lesion was in training or validation"),
            (CLEAN, "of lesions new to both models"),
        )
        if name in by_set
    ]
    text = f"Training on the image split changes {label} by {listed(parts)}."
    excess = table[(table["images_of"] == EXCESS) & (table["measure"] == measure)]
    if excess.empty:
        return text
    return f"{text} The leak accounts for the difference between the two: **{_change(excess.iloc[0].to_dict())}**."


def _grouped(rows: pd.DataFrame, measure: str, label: str) -> str:
    groups: dict[str, list[str]] = {"Clearly better": [], "Clearly worse": [], "No clear difference": []}
    clear_rows = clear_after_holm(rows["gap"], rows["gap_low"], rows["gap_high"]) != 0
    for row, clear in zip(rows.to_dict("records"), clear_rows, strict=True):
        better = (row["gap"] > 0) == METRICS[measure].higher_is_better
        name = ("Clearly better" if better else "Clearly worse") if clear else "No clear difference"
        groups[name].append(f"{row['label']} ({signed(row['gap'])})")
    parts = [f"**{name}**: {'; '.join(group)}." for name, group in groups.items() if group]
    return f"Change in {label} against the same network without resampling. {' '.join(parts)}"


def _effect(row: Mapping[Any, float]) -> str:
    if row["gap_low"] > 0 or row["gap_high"] < 0:
        verb = "loses" if row["gap"] < 0 else "gains"
        return f"{verb} {figure(abs(row['gap']), *sorted((abs(row['gap_low']), abs(row['gap_high']))))}"
    return f"shows no clear difference ({_change(row)})"


def _change(row: Mapping[Any, float]) -> str:
    return change(row["gap"], row["gap_low"], row["gap_high"])
