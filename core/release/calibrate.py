"""Everything that is fitted on validation data for a trained model: temperature, conformal sets, OOD detector."""

from collections.abc import Callable
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
from core.inference.ood import FILE, OODDetector, write_detector
from core.inference.pool import Pool
from core.inference.quality import fit_limits
from core.labels import DX
from core.release import fit_ood
from core.release.fit_ood import Features
from core.release.ood_samples import ood_samples
from core.store.card import Card, file_facts, read_card, write_card
from core.store.predictions import Scores
from core.synthetic.lesions import synthetic_test_set

SYNTHETIC_PER_DX = 10
NOT_TRIED = "photographs of skin taken without a dermatoscope, and dermatoscopic pictures of other devices"
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
    of = read_card(folder)["export"]["sha256"]
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    found = {"calibration": {"export": of} | fit_calibration(validation, test)}
    temperature = found["calibration"]["temperature"]
    found["conformal"] = {"export": of} | conformal.fit(
        *(calibration.calibrated(each, temperature) for each in (validation, test))
    )
    found["guard"] = {"export": of} | _fit_detector(folder, Pool(graph), dataset, on_done or (lambda *_: None))
    write_card(folder, read_card(folder) | found)
    for line in as_lines(read_card(folder)):
        log(line)
    return read_card(folder)


def fit_calibration(validation: Scores, test: Scores) -> dict[str, Any]:
    """Temperature, and calibration before and after on both splits, as the card holds it."""
    temperature = calibration.fit_temperature(validation)
    sides = {"validation": validation, "test": test}
    return {"temperature": temperature} | {name: calibration.measure(each, temperature) for name, each in sides.items()}


def _fit_detector(folder: Path, pool: Pool, dataset: Dataset, on_done: Callable[[int, int], object]) -> dict[str, Any]:
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
    facts, detector = _choose(seen, side, labels, names, [each.report for each in samples])
    held_out = side[: len(names)] == "test"
    passed = fit_ood.passes(detector, facts, seen[np.arange(total) >= len(names)])
    real = fit_ood.passes(detector, facts, seen[side == "test"])
    report, on_samples = np.array([each.report for each in samples]), passed[: len(samples)]
    write_detector(detector, folder / FILE)
    return file_facts(folder / FILE) | facts | {
        "accepted": fit_ood.accepted(real, labels[held_out], split["group"].to_numpy()[held_out]),
        "refused": fit_ood.refused(on_samples[report], [each for each in samples if each.report]),
        "refused_while_choosing": fit_ood.refused(on_samples[~report], [x for x in samples if not x.report]),
        "synthetic_accepted": [round(float(passed[len(samples) :].mean()), 4), len(synthetic)],
        "sources": sorted({each.source for each in samples if "." in each.source}),
        "not_tried": NOT_TRIED,
    }  # fmt: skip


def _choose(
    seen: Features, side: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], names: list[str], report: list[bool]
) -> tuple[dict[str, Any], OODDetector]:
    """Fit the detector, and choose its distance and threshold for the card."""
    train, validation = side == "train", side == "validation"
    inside = len(names)
    detector = fit_ood.fit(
        seen[train], labels[train[:inside]], [n for n, yes in zip(names, train, strict=False) if yes]
    )
    to_choose = inside + np.flatnonzero(~np.array(report))
    kind, candidates = fit_ood.choose(detector, seen[validation], labels[validation[:inside]], seen[to_choose])
    limits = fit_limits(seen.quality[train])
    return {
        "kind": kind, "threshold": candidates[kind]["threshold"], "limits": limits, "candidates": candidates,
    }, detector  # fmt: skip


def as_lines(card: Card) -> list[str]:
    """Describe what `calibrate` found, for a terminal."""
    name, facts = card["name"], card["calibration"]
    lines = [f"{name}: temperature {facts['temperature']:.3f}"]
    for measure, sides in facts["test"].items():
        before, after = (f"{v:.4f} [{low:.4f}, {high:.4f}]" for v, low, high in (sides["before"], sides["after"]))
        lines.append(f"  {measure} on test: {before} before, {after} after")
    sets = card["conformal"]
    lines.append(f"Conformal sets, promised {1 - sets['alpha']:.0%} of lesions; held on test:")
    for dx, row in sets["test"].items():
        fitted = sets["fitted"].get(dx)
        few = f"; only {fitted['lesions']} to calibrate on" if fitted and fitted["lesions"] < conformal.FEW else ""
        lines.append(
            f"  {dx:6}{row['coverage']:6.1%} [{row['low']:.1%}, {row['high']:.1%}] of {row['lesions']:,} lesions, "
            f"mean size {row['size']:.2f}{few}"
        )
    guard = card["guard"]
    lines.append(f"OOD detector: {guard['kind']}, {guard['bytes']:,} bytes; candidates {guard['candidates']}")
    for title, key, unit in (("Accepted on test", "accepted", "lesions"), ("Refused", "refused", "sources")):
        lines += [f"{title}:"] + [
            f"  {each:12}{v:6.1%} [{low:.1%}, {high:.1%}] of {n:,} images, {cases:,} {unit}"
            for each, (v, low, high, n, cases) in guard[key].items()
        ]
    share, count = guard["synthetic_accepted"]
    return [*lines, f"Synthetic lesions accepted: {share:.1%} of {count}"]
