"""Scores laid out for a terminal, each with its interval."""

import numpy as np
import pandas as pd

from core.errors import UserError
from core.evaluation.leaderboard import AGAIN, OTHER, Leaderboard
from core.evaluation.metrics import METRICS
from core.stats import DRAWS, Estimate
from core.store.card import Card
from core.store.model_selection import SELECTED_BY
from core.store.predictions import SPLITS


def as_text(board: Leaderboard) -> str:
    """Lay the leaderboard out for a terminal: each score with its interval, then the models that can't be shown."""
    lines = []
    if len(board.rows):
        shown = ("balanced_accuracy", "accuracy", "macro_f1", "macro_auc", "melanoma_sensitivity", "calibration_error")
        table = board.rows[["name"]].copy()
        for name in shown:
            ends = board.rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
            table[METRICS[name].label] = [format_estimate(Estimate(*row)) for row in ends]
        for name in shown[:2]:
            ends = board.rows[[f"{OTHER}{name}{end}" for end in ("", "_low", "_high")]].itertuples(index=False)
            table[f"{METRICS[name].label}, MILK10k"] = [format_estimate(Estimate(*row)) for row in ends]
        table["parameters"] = board.rows["parameters"].map("{:,.0f}".format, na_action="ignore").fillna("")
        lines.append(table.to_string(index=False))
        intervals = f"95% intervals from {DRAWS:,} resamples of lesions."
        chosen = METRICS[SELECTED_BY].label.lower()
        lines.append(f"Best on the validation splits first (mean {chosen} of HAM10000 and MILK10k). {intervals}")
    else:
        lines.append("No model is trained and evaluated yet; run `python -m core train NAME`.")
    return "\n".join([*lines, *board.faults.values()])


def card_as_text(card: Card) -> str:
    """Lay a card's scores out for a terminal, validation next to test.

    Raises:
        UserError: It has no scores yet.
    """
    table = pd.DataFrame(index=[metric.label for metric in METRICS.values()])
    if card.evaluation is None:
        raise UserError(f"{card.name} has no scores yet; {AGAIN} {card.name}`.")
    for split in SPLITS:
        found = card.evaluation.of(split)
        column = f"{split} ({found.images:,} images, {found.lesions:,} lesions)"
        table[column] = [format_estimate(found.metrics[name]) for name in METRICS]
    return f"{table.to_string()}\n95% intervals from {card.evaluation.draws:,} resamples of lesions."


def format_estimate(estimate: Estimate) -> str:
    """Format a score with its interval: 0.712 [0.671, 0.750]; "undefined" if NaN."""
    if np.isnan(estimate.value):
        return "undefined"
    ends = "no interval" if np.isnan(estimate.low) else f"{estimate.low:.3f}, {estimate.high:.3f}"
    return f"{estimate.value:.3f} [{ends}]"
