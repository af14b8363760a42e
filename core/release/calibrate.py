"""What is fitted for a trained model on predictions for images that it hasn't seen: temperature, conformal sets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from core.errors import UserError
from core.evaluation import calibration, conformal
from core.evaluation.leaderboard import load_scores
from core.inference.fitted import fit_conformal
from core.inference.model import read_export
from core.store.card import Card, read_card, write_card
from core.store.fitted_facts import Calibration, Conformal
from core.store.names import CARD
from core.store.predictions import Scores
from core.store.provenance import check_members, predictor
from core.store.stored import MadeFrom

Log = Callable[[str], object]


def calibrate(folder: Path, log: Log = print) -> Card:
    """Fit temperature and conformal sets on the predictions, measure them, and write them onto the card.

    Args:
        folder: trained_models/NAME, evaluated and exported, or an ensemble.
        log: Called with what was found, line by line.

    Returns:
        The card as written.

    Raises:
        UserError: Not evaluated or exported, or an ensemble's member was retrained.
    """
    card = read_card(folder)
    if not check_members(folder, card):
        read_export(folder)
    of = predictor(card)
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    scaling = fit_calibration(of, validation, test)
    sets = fit_conformal(of, calibration.calibrated(test, scaling.temperature))
    write_card(folder, replace(read_card(folder), calibration=scaling, conformal=sets))
    for line in as_lines(read_card(folder)):
        log(line)
    return read_card(folder)


def fit_calibration(of: MadeFrom, validation: Scores, test: Scores) -> Calibration:
    """Temperature, and calibration before and after on both splits, as the card holds it."""
    temperature = calibration.fit_temperature(validation)
    measured = (calibration.measure(each, temperature) for each in (validation, test))
    return Calibration(of, temperature, *measured)


def as_lines(card: Card) -> list[str]:
    """Describe what `calibrate` found, for a terminal.

    Raises:
        UserError: The model isn't calibrated.
    """
    scaling, sets = card.calibration, card.conformal
    if scaling is None or sets is None:
        raise UserError(f"{card.name}/{CARD} has no calibration; run `python -m core calibrate {card.name}`.")
    lines = [f"{card.name}: temperature {scaling.temperature:.3f}"]
    for measure, each in scaling.test.items():
        before, after = (f"{v.value:.4f} [{v.low:.4f}, {v.high:.4f}]" for v in (each.before, each.after))
        lines.append(f"  {measure} on test: {before} before, {after} after")
    return [*lines, *_conformal_lines(sets)]


def _conformal_lines(sets: Conformal) -> Iterator[str]:
    yield f"Conformal sets, promised {1 - sets.alpha:.0%} of lesions; held on test, by folds:"
    for dx, row in sets.test.items():
        fitted, share = sets.classes.get(dx), row.coverage
        few = f"; only {fitted.lesions} to calibrate on" if fitted and fitted.lesions < conformal.FEW else ""
        yield (
            f"  {dx:6}{share.value:6.1%} [{share.low:.1%}, {share.high:.1%}] of {row.lesions:,} lesions, "
            f"mean size {row.size:.2f}{few}"
        )
