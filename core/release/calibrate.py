"""Everything that is fitted for a trained model on data it hasn't seen: temperature, conformal sets, OOD detector."""

from collections.abc import Callable, Iterator
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
from core.inference.fitted import fit_conformal
from core.inference.model import read_export
from core.inference.ood import OODDetector, write_detector
from core.inference.pool import Pool
from core.inference.quality import fit_limits
from core.labels import DX
from core.release import fit_ood
from core.release.fit_ood import Features, Rule
from core.release.ood_samples import ood_samples
from core.store.card import Card, read_card, write_card
from core.store.fitted_facts import Calibration, Candidate, Conformal, OodDetectorFacts, SyntheticRate
from core.store.names import CARD, OOD_DETECTOR
from core.store.predictions import Scores
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import synthetic_test_set

SYNTHETIC_PER_DX = 10
NOT_TRIED = "photographs of skin taken without a dermatoscope, and dermatoscopic images of other devices"
Log = Callable[[str], object]


def calibrate(
    folder: Path, dataset: Dataset, log: Log = print, on_done: Callable[[int, int], object] | None = None
) -> Card:
    """Fit temperature, conformal sets and OOD detector, measure them, and write them onto the card.

    Args:
        folder: trained_models/NAME, evaluated and exported.
        dataset: All of HAM10000.
        log: Called with what was found, line by line.
        on_done: Called with (images done, of how many).

    Returns:
        The card as written.

    Raises:
        UserError: Not evaluated or exported, an image is missing, or scikit-image is.
    """
    graph = read_export(folder)
    of = MadeFrom(export=read_card(folder).files.export)
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    scaling = fit_calibration(of, validation, test)
    sets = fit_conformal(of, calibration.calibrated(test, scaling.temperature))
    detector = _fit_detector(of, folder, Pool(graph), dataset, on_done or (lambda *_: None))
    write_card(folder, replace(read_card(folder), calibration=scaling, conformal=sets, ood_detector=detector))
    for line in as_lines(read_card(folder)):
        log(line)
    return read_card(folder)


def fit_calibration(of: MadeFrom, validation: Scores, test: Scores) -> Calibration:
    """Temperature, and calibration before and after on both splits, as the card holds it."""
    temperature = calibration.fit_temperature(validation)
    measured = (calibration.measure(each, temperature) for each in (validation, test))
    return Calibration(of, temperature, *measured)


def _fit_detector(
    of: MadeFrom, folder: Path, pool: Pool, dataset: Dataset, on_done: Callable[[int, int], object]
) -> OodDetectorFacts:
    split = load_splits()
    missing = [name for name in split.index if name not in dataset.images]
    if missing:
        raise UserError(f"The OOD detector is fitted on all of HAM10000, but {name_offenders(missing)} are missing.")
    samples = ood_samples()
    synthetic, _ = synthetic_test_set(SYNTHETIC_PER_DX)
    names = split.index.tolist()
    extra: list[Image] = [each.image for each in samples] + list(synthetic)
    total = len(names) + len(extra)

    def image(i: int) -> Image:
        return read_image(dataset.images[names[i]]) if i < len(names) else extra[i - len(names)]

    seen = fit_ood.describe(pool, total, image, lambda done: on_done(done, total))
    side = np.array([*split["lesion"].astype(str), *["none"] * len(extra)])
    dx = dataset.metadata.set_index("image_id")["dx"].loc[names]
    labels = np.array([DX.index(each) for each in dx])
    rule, candidates, detector = _choose(seen, side, labels, names, [each.report for each in samples])
    held_out = side[: len(names)] == "test"
    passed = fit_ood.passes(detector, rule, seen[np.arange(total) >= len(names)])
    real = fit_ood.passes(detector, rule, seen[side == "test"])
    report, on_samples = np.array([each.report for each in samples]), passed[: len(samples)]
    write_detector(detector, folder / OOD_DETECTOR)
    return OodDetectorFacts(
        made_from=of,
        file=stored_file(folder / OOD_DETECTOR),
        kind=rule.kind,
        threshold=rule.threshold,
        limits=rule.limits,
        candidates=candidates,
        accepted=fit_ood.accepted(real, labels[held_out], split["group"].to_numpy()[held_out]),
        rejected=fit_ood.refused(on_samples[report], [each for each in samples if each.report]),
        rejected_while_choosing=fit_ood.refused(on_samples[~report], [x for x in samples if not x.report]),
        synthetic_accepted=SyntheticRate(round(float(passed[len(samples) :].mean()), 4), len(synthetic)),
        sources=tuple(sorted({each.source for each in samples if "." in each.source})),
        not_tried=NOT_TRIED,
    )


def _choose(
    seen: Features, side: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], names: list[str], report: list[bool]
) -> tuple[Rule, dict[str, Candidate], OODDetector]:
    """Fit the detector, and choose its distance and threshold; return these, the candidates and the detector."""
    train, validation = side == "train", side == "validation"
    inside = len(names)
    detector = fit_ood.fit(
        seen[train], labels[train[:inside]], [n for n, yes in zip(names, train, strict=False) if yes]
    )
    to_choose = inside + np.flatnonzero(~np.array(report))
    kind, candidates = fit_ood.choose(detector, seen[validation], labels[validation[:inside]], seen[to_choose])
    rule = Rule(kind, candidates[kind].threshold, fit_limits(seen.quality[train]))
    return rule, candidates, detector


def as_lines(card: Card) -> list[str]:
    """Describe what `calibrate` found, for a terminal.

    Raises:
        UserError: The model isn't calibrated.
    """
    scaling, sets, detector = card.calibration, card.conformal, card.ood_detector
    if scaling is None or sets is None or detector is None:
        raise UserError(f"{card.name}/{CARD} has no calibration; run `python -m core calibrate {card.name}`.")
    lines = [f"{card.name}: temperature {scaling.temperature:.3f}"]
    for measure, each in scaling.test.items():
        before, after = (f"{v.value:.4f} [{v.low:.4f}, {v.high:.4f}]" for v in (each.before, each.after))
        lines.append(f"  {measure} on test: {before} before, {after} after")
    return [*lines, *_conformal_lines(sets), *_detector_lines(detector)]


def _conformal_lines(sets: Conformal) -> Iterator[str]:
    yield f"Conformal sets, promised {1 - sets.alpha:.0%} of lesions; held on test, by folds:"
    for dx, row in sets.test.items():
        fitted, share = sets.classes.get(dx), row.coverage
        few = f"; only {fitted.lesions} to calibrate on" if fitted and fitted.lesions < conformal.FEW else ""
        yield (
            f"  {dx:6}{share.value:6.1%} [{share.low:.1%}, {share.high:.1%}] of {row.lesions:,} lesions, "
            f"mean size {row.size:.2f}{few}"
        )


def _detector_lines(detector: OodDetectorFacts) -> Iterator[str]:
    found = {name: vars(each) for name, each in detector.candidates.items()}
    yield f"OOD detector: {detector.kind}, {detector.file.bytes:,} bytes; candidates {found}"
    for title, rates, unit in (
        ("Accepted on test", detector.accepted, "lesions"),
        ("Refused", detector.rejected, "sources"),
    ):
        yield f"{title}:"
        for name, each in rates.items():
            share = each.share
            yield (
                f"  {name:12}{share.value:6.1%} [{share.low:.1%}, {share.high:.1%}] of {each.images:,} images, "
                f"{each.cases:,} {unit}"
            )
    yield f"Synthetic lesions accepted: {detector.synthetic_accepted.share:.1%} of {detector.synthetic_accepted.images}"
