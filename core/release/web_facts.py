"""What the static page needs to know of a network, from its card and its stored predictions."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from core.config import MAX_BYTES, SOURCE_SIZE
from core.inference.crop import SMALLEST
from core.inference.decode import LONGEST_SIDE, MAX_ASPECT, MIN_SIDE
from core.inference.fitted import CHECK_MODEL
from core.inference.ood import MAX_REFUSED, read_detector
from core.labels import DIAGNOSES, DX, PLURALS
from core.release.web_texts import CHECK_COLUMNS, CHECK_KINDS, MEGAPIXELS, MIXES, NOTICE, PROBLEMS, SENTENCES, WARNINGS
from core.store.card import Card, read_card
from core.store.model_selection import validation_mean
from core.store.names import CARD
from core.store.provenance import current

Facts = dict[str, Any]
DIGITS = 6


def shared_facts() -> Facts:
    """Collect what holds for every network: labels, limits, texts."""
    from core.evaluation.proper_scores import FLOOR

    return {
        "labels": [_label(each.dx) for each in DIAGNOSES],
        "source_size": list(SOURCE_SIZE),
        "smallest_crop": SMALLEST,
        "floor": FLOOR,
        "limits": {
            "bytes": MAX_BYTES,
            "megapixels": MEGAPIXELS,
            "min_side": MIN_SIDE,
            "max_aspect": MAX_ASPECT,
            "longest_side": LONGEST_SIDE,
        },
        "mixes": MIXES,
        "warnings": {name: vars(each) for name, each in WARNINGS.items()},
        "texts": SENTENCES | {"notice": NOTICE},
        "problems": PROBLEMS,
        "check_kinds": CHECK_KINDS,
        "check_columns": CHECK_COLUMNS,
        "refused": MAX_REFUSED,
    }


def _label(dx: str) -> Facts:
    each = next(label for label in DIAGNOSES if label.dx == dx)
    inline = each.name[0].lower() + each.name[1:]
    return {"dx": dx, "name": each.name, "inline": inline, "plural": PLURALS[dx], "malignant": each.malignant,
            "color": each.color}  # fmt: skip


def network_facts(folder: Path) -> Facts:
    """Collect what was fitted and measured for one network.

    Args:
        folder: trained_models/NAME.

    Raises:
        UserError: The card or the predictions are missing or altered.
    """
    card = read_card(folder)
    scaling, sets = current(card, card.calibration), current(card, card.conformal)
    return {
        "temperature": scaling.temperature if scaling else None,
        "prior": rounded(card.prior),
        "thresholds": [sets.classes[dx].threshold for dx in DX] if sets else None,
        "alpha": sets.alpha if sets else None,
        "check": check_of(folder, card),
        "balanced_accuracy": _plain(validation_mean(card, "balanced_accuracy")),
        "record": {mix: _record(folder, point) for mix, point in (("ham10000", "accuracy"), ("equal", "balanced"))},
    }


def _record(folder: Path, point: Any) -> list[Facts]:
    """How often a network found each class on the test split, and was right when it predicted it."""
    from core.evaluation.bootstrap import report
    from core.evaluation.served import served_scores

    table = report(served_scores(folder, "test"), point)
    columns = [
        "images",
        "lesions",
        *(f"{name}{end}" for name in ("recall", "precision") for end in ("", "_low", "_high")),
    ]
    return [{name: _plain(row[name]) for name in columns} for row in table.to_dict("records")]


def check_of(folder: Path, card: Card) -> str | None:
    """Name the network whose embedding the image check of a network uses; None without a check.

    The same choice as in `core.inference.fitted.read_fitted`.
    """
    for each in (folder, folder.parent / CHECK_MODEL):
        if (each / CARD).is_file():
            found = card if each == folder else read_card(each)
            if current(found, found.ood_detector):
                return each.name
    return None


def check_facts(folder: Path) -> Facts:
    """Collect the parameters of the image check on a network's embedding, and the rates measured.

    Args:
        folder: Of a network with a check: see `check_of`.

    Raises:
        UserError: Its file is missing, altered or damaged.
        ValueError: The network has no check.
    """
    card = read_card(folder)
    detector, facts = read_detector(folder, card), card.ood_detector
    if detector is None or facts is None:
        raise ValueError(f"{folder.name} has no image check")
    rates = {"accepted": facts.accepted["all"], "elsewhere": facts.other_clinics["all"], "clinical": facts.clinical,
             "others": facts.rejected["all"]}  # fmt: skip
    return {
        "weights": [float(f"{value:.9g}") for value in detector.weights],
        "offset": float(detector.offset[0]),
        "threshold": facts.threshold,
        "limits": facts.limits,
        "rates": {name: {"images": rate.images, "cases": rate.cases, **{
            end: _plain(getattr(rate.share, end)) for end in ("value", "low", "high")
        }} for name, rate in rates.items()},
    }  # fmt: skip


def as_json(facts: Facts) -> bytes:
    """Write facts compactly, always in the same way."""
    return json.dumps(facts, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def rounded(values: np.ndarray[Any, Any]) -> list[float]:
    """Round numbers to twelve digits, so that they are the same on every machine."""
    return [float(f"{value:.12g}") for value in values]


def _plain(value: Any) -> Any:
    """A number for JSON; None where it is undefined."""
    if isinstance(value, int | np.integer):
        return int(value)
    return None if math.isnan(value) else round(float(value), DIGITS)
