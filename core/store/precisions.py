"""What a card says of a model's exports at every precision, for a table."""

import pandas as pd

from core.store.card import Card

COLUMNS = ("precision", "megabytes", "milliseconds", "agreement", "max_difference", "accuracy")
GAP = ("accuracy_gap", "accuracy_gap_low", "accuracy_gap_high")


def precisions_of(card: Card) -> pd.DataFrame:
    """The card's entry "precisions": see `core.release.parity.measure`.

    Returns:
        One row a precision: COLUMNS (megabytes; milliseconds a picture; agreement 0-1) and GAP; empty where not
        measured, or measured on other weights.
    """
    found = card.get("precisions") or {}
    current = found.get("weights_sha256") == card.get("weights", {}).get("sha256")
    rows = [
        {key: row.get(key) for key in COLUMNS}
        | {"precision": precision, "megabytes": row["bytes"] / 1e6}
        | {key: float("nan") if end is None else end for key, end in zip(GAP, row["accuracy_gap"], strict=True)}
        for precision, row in found.items()
        if current and isinstance(row, dict)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *GAP])
