"""The images that the image check is fitted, chosen and measured on: dermatoscopic ones of many devices, and others.

Lesions and sources keep their part: what is reported took no part in fitting or choosing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core.config import SEED
from core.data.images import Image, read_image
from core.data.metadata import Dataset
from core.data.milk10k import DERMATOSCOPIC, Milk10k, load_split
from core.data.splits import load_splits
from core.errors import UserError, name_offenders
from core.inference.crop import prepare
from core.release.alterations import ALTERATIONS, as_file
from core.release.ood_samples import OODSample
from core.synthetic.lesions import synthetic_test_set

Part = Literal["fit", "choose", "report"]
PARTS: dict[str, Part] = {"train": "fit", "validation": "choose", "test": "report"}
ALTERED = 600
"""Images per alteration, for fitting and again for the report."""
SYNTHETIC_PER_DX = 10
HAM, OTHER_CLINICS, CLINICAL, SYNTHETIC = "HAM10000", "MILK10k", "clinical close-up", "synthetic"


@dataclass(frozen=True)
class CheckSample:
    """An image, or how to get it, and what it is for.

    Attributes:
        source: Path of a file, or pixels.
        dermatoscopic: Whether the check must accept it.
        part: What it is for.
        kind: HAM, OTHER_CLINICS, CLINICAL, SYNTHETIC, or the kind of an OOD sample.
        dx: Diagnosis, or "".
        case: Lesion or source; images of one case are not independent.
        alteration: Key of ALTERATIONS, or "".
        file: "" as it is; "jpeg" and "webp" after compression; "small" after compression at the size that models see.
        image_id: Of an image of HAM10000, else "".
    """

    source: Path | Image
    dermatoscopic: bool
    part: Part
    kind: str
    dx: str = ""
    case: str = ""
    alteration: str = ""
    file: str = ""
    image_id: str = ""

    def load(self, seed: int) -> Image:
        """Read, alter and compress the image."""
        rng = np.random.default_rng((SEED, seed))
        image = read_image(self.source) if isinstance(self.source, Path) else self.source
        if self.alteration:
            image = ALTERATIONS[self.alteration](image, rng)
        if self.file == "small":
            return as_file(prepare(image).pixels, "jpeg", rng)
        return as_file(image, self.file, rng) if self.file else image


def check_samples(dataset: Dataset, milk: Milk10k, others: list[OODSample]) -> list[CheckSample]:
    """List all samples.

    Args:
        dataset: All of HAM10000.
        milk: MILK10k.
        others: OOD samples.

    Raises:
        UserError: Images of HAM10000 are missing.
    """
    rng = np.random.default_rng(SEED)
    real = [*_ham(dataset), *_milk10k(milk)]
    drawn, dx = synthetic_test_set(SYNTHETIC_PER_DX)
    synthetic = [CheckSample(image, True, "report", SYNTHETIC, each) for image, each in zip(drawn, dx, strict=True)]
    return [*real, *_altered(real, rng), *_others(others), *synthetic]


def _ham(dataset: Dataset) -> Iterator[CheckSample]:
    split = load_splits()
    missing = [name for name in split.index if name not in dataset.images]
    if missing:
        raise UserError(f"The image check is fitted on all of HAM10000, but {name_offenders(missing)} are missing.")
    dx = dataset.metadata.set_index("image_id")["dx"]
    for row in split[~split["near_duplicate"]].itertuples():
        part, name = PARTS[str(row.lesion)], str(row.Index)
        yield CheckSample(dataset.images[name], True, part, HAM, dx[name], f"ham {row.group}", image_id=name)


def _milk10k(milk: Milk10k) -> Iterator[CheckSample]:
    split_of = load_split().set_index("lesion_id")["split"]
    rows = milk.metadata[milk.metadata["lesion_id"].isin(split_of.index)]
    for image_id, lesion, kind, diagnosis in zip(
        *(rows[column].astype(str) for column in ("image_id", "lesion_id", "kind", "diagnosis")), strict=True
    ):
        part, path, case = PARTS[str(split_of[lesion])], milk.images[image_id], f"milk {lesion}"
        if kind == DERMATOSCOPIC:
            yield CheckSample(path, True, part, OTHER_CLINICS, diagnosis.lower(), case)
        else:
            for file in ("", "jpeg"):
                yield CheckSample(path, False, part, CLINICAL, "", case, file=file)


def _altered(real: list[CheckSample], rng: np.random.Generator) -> Iterator[CheckSample]:
    for part in ("fit", "report"):
        known = [each for each in real if each.part == part and each.kind == HAM]
        for name in ALTERATIONS:
            for i in rng.permutation(len(known))[:ALTERED]:
                yield _with(known[i], name)
    names = list(ALTERATIONS)
    known = [each for each in real if each.part == "fit" and each.kind == OTHER_CLINICS]
    for i in rng.permutation(len(known))[:ALTERED]:
        yield _with(known[i], names[int(rng.integers(len(names)))])


def _with(sample: CheckSample, alteration: str) -> CheckSample:
    return CheckSample(sample.source, True, sample.part, sample.kind, sample.dx, sample.case, alteration)


def _others(others: list[OODSample]) -> Iterator[CheckSample]:
    for each in others:
        for file in ("", "jpeg", "webp", "small"):
            part: Part = "report" if each.report else "fit"
            yield CheckSample(each.image, False, part, each.kind, "", each.source, file=file)
