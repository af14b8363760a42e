"""Everything that is fitted on validation beside a model: temperature, conformal thresholds, the guard."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.images import Image, read_image
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.errors import UserError, name_offenders
from core.evaluation import calibration, conformal
from core.evaluation.leaderboard import load_scores
from core.inference.model import read_export
from core.inference.ood import Guard, write_guard
from core.inference.pool import Pool
from core.inference.quality import fit_limits
from core.labels import DX
from core.release import fit_ood
from core.release.fit_ood import Features, Rule
from core.release.ood_samples import negatives
from core.stats import Estimate
from core.store.card import Card, read_card, write_card
from core.store.fitted_facts import (
    Calibration,
    Candidate,
    Conformal,
    ConformalClass,
    Coverage,
    OodDetectorFacts,
    Span,
    SyntheticRate,
)
from core.store.names import CARD, OOD_DETECTOR
from core.store.predictions import Scores
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import synthetic_test_set

SYNTHETIC_PER_DX = 10
NOT_TRIED = "photographs of skin taken without a dermatoscope, and dermatoscopic pictures of other devices"
Log = Callable[[str], object]


def calibrate(
    folder: Path, dataset: Dataset, log: Log = print, on_done: Callable[[int, int], object] | None = None
) -> Card:
    """Fit temperature, conformal thresholds and guard, measure them, and write them onto the card.

    Args:
        folder: trained_models/NAME, evaluated and exported.
        dataset: All of HAM10000.
        log: Told what was found, line by line.
        on_done: Told how many pictures of how many have been run through the model.

    Returns:
        The card as written.

    Raises:
        UserError: Not evaluated or exported, a picture is missing, or scikit-image is.
    """
    graph = read_export(folder)
    of = MadeFrom(export=read_card(folder).files.export)
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    tempering = fit_calibration(of, validation, test)
    sets = fit_conformal(of, *(calibration.calibrated(each, tempering.temperature) for each in (validation, test)))
    detector = _fit_guard(of, folder, Pool(graph), dataset, on_done or (lambda *_: None))
    write_card(folder, replace(read_card(folder), calibration=tempering, conformal=sets, ood_detector=detector))
    for line in as_lines(read_card(folder)):
        log(line)
    return read_card(folder)


def fit_calibration(of: MadeFrom, validation: Scores, test: Scores) -> Calibration:
    """Temperature, and calibration before and after on both splits, as the card holds it."""
    temperature = calibration.fit_temperature(validation)
    measured = (calibration.measure(each, temperature) for each in (validation, test))
    return Calibration(of, temperature, *measured)


def fit_conformal(of: MadeFrom, validation: Scores, test: Scores) -> Conformal:
    """Thresholds and the coverage found on test, as the card holds it.

    Args:
        of: The export.
        validation: Calibrated.
        test: Calibrated.
    """
    thresholds = conformal.fit_thresholds(validation)
    fitted = {}
    for i, dx in enumerate(DX):
        rows = validation.truth == i
        lesions = len(np.unique(validation.group[rows]))
        possible = Span(*(round(end, 4) for end in conformal.possible_coverage(lesions)))
        fitted[dx] = ConformalClass(round(float(thresholds[i]), 6), int(rows.sum()), lesions, possible)
    table = conformal.coverage(test, np.array([each.threshold for each in fitted.values()])).round(4)
    return Conformal(of, conformal.ALPHA, fitted, {row["dx"]: _coverage(row) for row in table.to_dict("records")})


def _coverage(row: dict[Hashable, Any]) -> Coverage:
    return Coverage(row["pictures"], row["lesions"], Estimate(row["coverage"], row["low"], row["high"]), row["size"])


def _fit_guard(
    of: MadeFrom, folder: Path, pool: Pool, dataset: Dataset, on_done: Callable[[int, int], object]
) -> OodDetectorFacts:
    split = load_splits()
    missing = [name for name in split.index if name not in dataset.images]
    if missing:
        raise UserError(f"The guard is fitted on all of HAM10000; {name_offenders(missing)} are missing.")
    shown = negatives()
    synthetic, _ = synthetic_test_set(SYNTHETIC_PER_DX)
    names = split.index.tolist()
    extra: list[Image] = [each.image for each in shown] + list(synthetic)
    total = len(names) + len(extra)

    def picture(i: int) -> Image:
        return read_image(dataset.images[names[i]]) if i < len(names) else extra[i - len(names)]

    seen = fit_ood.describe(pool, total, picture, lambda done: on_done(done, total))
    side = np.array([*split["lesion"].astype(str), *["none"] * len(extra)])
    dx = dataset.metadata.set_index("image_id")["dx"].loc[names]
    labels = np.array([DX.index(each) for each in dx])
    rule, candidates, guard = _choose(seen, side, labels, names, [each.report for each in shown])
    held_out = side[: len(names)] == "test"
    passed = fit_ood.passes(guard, rule, seen[np.arange(total) >= len(names)])
    real = fit_ood.passes(guard, rule, seen[side == "test"])
    report = np.array([each.report for each in shown])
    write_guard(guard, folder / OOD_DETECTOR)
    return OodDetectorFacts(
        made_from=of,
        file=stored_file(folder / OOD_DETECTOR),
        kind=rule.kind,
        threshold=rule.threshold,
        limits=rule.limits,
        candidates=candidates,
        accepted=fit_ood.accepted(real, labels[held_out], split["group"].to_numpy()[held_out]),
        rejected=fit_ood.refused(passed[: len(shown)][report], [each for each in shown if each.report]),
        rejected_while_choosing=fit_ood.refused(passed[: len(shown)][~report], [n for n in shown if not n.report]),
        synthetic_accepted=SyntheticRate(round(float(passed[len(shown) :].mean()), 4), len(synthetic)),
        sources=tuple(sorted({each.source for each in shown if "." in each.source})),
        not_tried=NOT_TRIED,
    )


def _choose(
    seen: Features, side: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], names: list[str], report: list[bool]
) -> tuple[Rule, dict[str, Candidate], Guard]:
    """How the guard decides, what it was chosen from, and the guard."""
    train, validation = side == "train", side == "validation"
    inside = len(names)
    guard = fit_ood.fit(seen[train], labels[train[:inside]], [n for n, yes in zip(names, train, strict=False) if yes])
    to_choose = inside + np.flatnonzero(~np.array(report))
    kind, candidates = fit_ood.choose(guard, seen[validation], labels[validation[:inside]], seen[to_choose])
    rule = Rule(kind, candidates[kind].threshold, fit_limits(seen.quality[train]))
    return rule, candidates, guard


def as_lines(card: Card) -> list[str]:
    """What `calibrate` found, for a terminal.

    Raises:
        UserError: The model is not calibrated.
    """
    tempering, sets, detector = card.calibration, card.conformal, card.ood_detector
    if tempering is None or sets is None or detector is None:
        raise UserError(f"{card.name}/{CARD} has no calibration; run `python -m core calibrate {card.name}`.")
    lines = [f"{card.name}: temperature {tempering.temperature:.3f}"]
    for measure, each in tempering.test.items():
        before, after = (f"{v.value:.4f} [{v.low:.4f}, {v.high:.4f}]" for v in (each.before, each.after))
        lines.append(f"  {measure} on test: {before} before, {after} after")
    return [*lines, *_conformal_lines(sets), *_detector_lines(detector)]


def _conformal_lines(sets: Conformal) -> Iterator[str]:
    yield f"Conformal sets, promised {1 - sets.alpha:.0%} of lesions; held on test:"
    for dx, row in sets.test.items():
        fitted, share = sets.classes.get(dx), row.coverage
        few = f"; only {fitted.lesions} to calibrate on" if fitted and fitted.lesions < conformal.FEW else ""
        yield (
            f"  {dx:6}{share.value:6.1%} [{share.low:.1%}, {share.high:.1%}] of {row.lesions:,} lesions, "
            f"mean size {row.size:.2f}{few}"
        )


def _detector_lines(detector: OodDetectorFacts) -> Iterator[str]:
    found = {name: vars(each) for name, each in detector.candidates.items()}
    yield f"Guard: {detector.kind}, {detector.file.bytes:,} bytes; candidates {found}"
    for title, rates, unit in (
        ("Accepted on test", detector.accepted, "lesions"),
        ("Refused", detector.rejected, "sources"),
    ):
        yield f"{title}:"
        for name, each in rates.items():
            share = each.share
            yield (
                f"  {name:12}{share.value:6.1%} [{share.low:.1%}, {share.high:.1%}] of {each.images:,} pictures, "
                f"{each.cases:,} {unit}"
            )
    yield f"Synthetic lesions accepted: {detector.synthetic_accepted.share:.1%} of {detector.synthetic_accepted.images}"
