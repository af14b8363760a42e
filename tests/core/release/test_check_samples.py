"""What the image check is measured on took no part in fitting it: no lesion and no source is in two parts."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import SEED
from core.data.metadata import Dataset, load_dataset
from core.data.milk10k import CLINICAL as CLOSE_UP
from core.data.milk10k import DERMATOSCOPIC, Milk10k, load_split
from core.data.splits import load_splits
from core.errors import UserError
from core.release import check_samples as module
from core.release.alterations import ALTERATIONS
from core.release.check_samples import CLINICAL, HAM, OTHER_CLINICS, SYNTHETIC, CheckSample, check_samples
from core.release.ood_samples import OODSample

FLAT = [OODSample(np.full((30, 40, 3), 40 * i, np.uint8), "plain", f"plain {i // 2}", i > 2) for i in range(4)]


@pytest.fixture(scope="module")
def milk() -> Milk10k:
    split = load_split().iloc[::40]
    rows = [
        (f"{image}{end}", row.lesion_id, kind, "BCC", "bcc")
        for image, row in zip(split.index, split.itertuples(), strict=True)
        for end, kind in (("", DERMATOSCOPIC), ("c", CLOSE_UP))
    ]
    table = pd.DataFrame(rows, columns=["image_id", "lesion_id", "kind", "diagnosis", "dx"])
    return Milk10k(Path("milk"), table, {name: Path(name) for name in table["image_id"]})


@pytest.fixture(scope="module")
def samples(milk: Milk10k) -> list[CheckSample]:
    split = load_splits()
    names = split.index.tolist()
    metadata = pd.DataFrame({"image_id": names, "dx": "nv"})
    return check_samples(Dataset(Path("ham"), metadata, {name: Path(name) for name in names}, ()), milk, FLAT)


def test_no_lesion_and_no_source_is_in_two_parts(samples: list[CheckSample]) -> None:
    for kinds in ((HAM,), (OTHER_CLINICS, CLINICAL)):
        parts: dict[str, set[str]] = {}
        for each in samples:
            if each.kind in kinds:
                parts.setdefault(each.case, set()).add(each.part)
        assert len(parts) > 50 and all(len(found) == 1 for found in parts.values())


def test_every_kind_has_its_label_and_altered_images_are_for_fitting_and_report(samples: list[CheckSample]) -> None:
    kinds = {(each.kind, each.dermatoscopic) for each in samples}
    assert kinds == {(HAM, True), (OTHER_CLINICS, True), (SYNTHETIC, True), (CLINICAL, False), ("plain", False)}
    counts = Counter((each.alteration, each.part) for each in samples if each.kind == HAM and each.alteration)
    assert counts == {(name, part): module.ALTERED for name in ALTERATIONS for part in ("fit", "report")}
    assert Counter(each.file for each in samples if each.kind == "plain") == dict.fromkeys(
        ("", "jpeg", "webp", "small"), 4
    )


def test_near_duplicates_of_a_later_split_are_left_out(samples: list[CheckSample]) -> None:
    split = load_splits()
    known = {each.image_id for each in samples if each.image_id}
    assert known == set(split.index[~split["near_duplicate"]])


def test_a_sample_is_loaded_altered_and_compressed_the_same_each_time() -> None:
    image = np.random.default_rng(SEED).integers(0, 256, (300, 400, 3), np.uint8)
    plain = CheckSample(image, True, "fit", HAM)
    assert plain.load(1) is image
    small = CheckSample(image, True, "fit", HAM, alteration="zoom", file="small")
    np.testing.assert_array_equal(small.load(1), small.load(1))
    assert small.load(1).shape == (150, 200, 3)


def test_a_part_of_the_dataset_is_not_enough(mini_ham: Path, milk: Milk10k) -> None:
    with pytest.raises(UserError, match="fitted on all of HAM10000"):
        check_samples(load_dataset(mini_ham), milk, FLAT)
