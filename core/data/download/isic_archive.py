"""Download a small sample of HAM10000, thumbnails and metadata, from the ISIC Archive's public API.

API documentation: https://api.isic-archive.com/api/docs/swagger/ and github.com/ImageMarkup/isic.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.download.isic_terms import DIAGNOSES, dx_of, localization_of
from core.data.download.job import SAMPLE_IMAGES, Report, Steps, check_space, download_job, write_attribution
from core.data.download.web import RETRIES, TIMEOUT, OnBytes, Remote, Web
from core.data.images import read_image
from core.data.metadata import COLUMNS, CONFIRMATIONS, ISIC_TRUTH, METADATA_NAMES, SEXES, check_metadata, load_dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.files import replacing
from core.labels import DX

ISIC_API = "https://api.isic-archive.com/api/v2"
COLLECTION = "212"
"""HAM10000 in the archive; it also contains the 2018 challenge's test images, which are skipped here."""
MAX_PAGES = 30
THUMBNAIL_BYTES = 40_000
"""Upper estimate for a 256x192 JPEG."""

SPLIT_ORDER = {"test": 0, "validation": 1, "train": 2}


def download_sample(
    folder: Path,
    per_dx: int,
    *,
    base_url: str = ISIC_API,
    progress: Report,
    timeout: float = TIMEOUT,
    retries: int = RETRIES,
) -> Path:
    """Download some images of each diagnosis, 256 pixels wide, as a partial dataset in Kaggle's layout.

    Prefers images of the test split, which the app's models have not seen, and one image per lesion. The metadata
    come from the archive, whose lesion ids, ages and sites are coarser than HAM10000's.

    Args:
        folder: Target folder; new, empty, or with an earlier sample, which is replaced.
        per_dx: Images per diagnosis, at least 1.
        base_url: Root of the API.
        progress: Called often, in this thread; the note of the last call lists what was skipped.
        timeout: Seconds without data after which a connection counts as lost.
        retries: Number of retries per file.

    Returns:
        The folder.

    Raises:
        UserError: The folder contains a dataset that isn't a sample; no connection, damaged files, too little disk
            space, or no image of a diagnosis.
    """
    if per_dx < 1:
        raise UserError(f"A sample needs at least 1 image per diagnosis, not {per_dx}.")
    _refuse_to_clobber(folder)
    with download_job(folder), Web(timeout, retries) as web:
        check_space(folder, per_dx * len(DX) * THUMBNAIL_BYTES)
        splits, skipped, steps = load_splits(), Counter[str](), Steps(progress, len(DX))
        tables = []
        for dx in DX:
            report = steps.step(f"images of {dx}")
            report(0, 0)
            table = choose(_candidates(web, base_url, dx, splits, per_dx, skipped), per_dx)
            if table.empty:
                raise UserError(
                    f"The ISIC Archive lists no HAM10000 image of {dx}; "
                    "run `python -m core download` for the full dataset instead."
                )
            _fetch_images(web, table, folder / SAMPLE_IMAGES, report)
            tables.append(table)
        note = _finish(folder, pd.concat(tables, ignore_index=True), per_dx, skipped)
        steps.finish(note)
    return folder


def choose(candidates: pd.DataFrame, per_dx: int) -> pd.DataFrame:
    """Choose the first `per_dx` rows: test before validation before train, new lesions before repeated ones.

    Otherwise keeps the order, so that a larger sample contains the smaller one.

    Args:
        candidates: Has the columns group and split.
    """
    ordered = candidates.assign(rank=candidates["split"].map(SPLIT_ORDER)).sort_values("rank", kind="stable")
    ordered["again"] = ordered.duplicated("group")
    return ordered.sort_values(["rank", "again"], kind="stable").head(per_dx).drop(columns=["rank", "again"])


def _refuse_to_clobber(folder: Path) -> None:
    held = [path for name in (*METADATA_NAMES, ISIC_TRUTH, f"*/{ISIC_TRUTH}") for path in folder.glob(name)]
    if not held:
        return
    try:
        dataset = load_dataset(folder)
        places = {path.parent.name for path in dataset.images.values()}
        sample = places == {SAMPLE_IMAGES} and not dataset.missing
    except UserError:
        sample = False
    if not sample:
        raise UserError(
            f"{folder} already contains a HAM10000 dataset ({held[0].name}), which a sample would replace; "
            "point HAM10000_DIR at another folder for the sample."
        )


def _candidates(
    web: Web, base_url: str, dx: str, splits: pd.DataFrame, per_dx: int, skipped: Counter[str]
) -> pd.DataFrame:
    """Read search results until they contain enough lesions of the test split."""
    rows: dict[str, dict[str, Any]] = {}
    unseen_lesions: set[int] = set()
    for image in _search(web, base_url, dx):
        image_id = image["isic_id"]
        if image_id not in splits.index or image_id in rows:
            continue
        group, split = splits.loc[image_id, ["group", "lesion"]]
        row = _row(image, dx, int(group), str(split))
        if isinstance(row, str):
            skipped[row] += 1
            continue
        rows[image_id] = row
        if split == "test":
            unseen_lesions.add(group)
        if len(unseen_lesions) >= per_dx:
            break
    return pd.DataFrame(list(rows.values()), columns=[*COLUMNS, "group", "split", "url", "size", "credit"])


def _search(web: Web, base_url: str, dx: str) -> Iterator[dict[str, Any]]:
    query = " OR ".join(f'{level}:"{name}"' for level, name in DIAGNOSES[dx])
    url, params = f"{base_url}/images/search/", {"query": query, "collections": COLLECTION, "limit": "100"}
    for _ in range(MAX_PAGES):
        page = web.json(url, params)
        try:
            yield from [image | {"isic_id": str(image["isic_id"])} for image in page["results"]]
            url, params = page["next"], {}
        except (KeyError, TypeError) as error:
            raise UserError(
                "The ISIC Archive's response has an unknown format; "
                "run `python -m core download` for the full dataset instead."
            ) from error
        if not url:
            return


def _row(image: dict[str, Any], dx: str, group: int, split: str) -> dict[str, Any] | str:
    """Make a metadata row from a search result, or say why not."""
    try:
        clinical, thumbnail = image["metadata"]["clinical"], image["files"]["thumbnail_256"]
        url, size = str(thumbnail["url"]), int(thumbnail["size"])
    except (KeyError, TypeError, ValueError):
        return "without metadata or thumbnail"
    if not isinstance(clinical, dict):
        return "without metadata or thumbnail"
    confirmation = CONFIRMATIONS.get(str(clinical.get("diagnosis_confirm_type")))
    if dx_of(clinical) != dx:
        return "with an unknown diagnosis"
    if confirmation is None:
        return "with an unknown way of confirmation"
    age, sex = clinical.get("age_approx"), clinical.get("sex")
    return {
        "lesion_id": str(clinical.get("lesion_id") or f"group_{group}"),
        "image_id": image["isic_id"],
        "dx": dx,
        "dx_type": confirmation,
        "age": float(age) if isinstance(age, int | float) and 0 <= age <= 120 else math.nan,
        "sex": sex if sex in SEXES else "unknown",
        "localization": localization_of(clinical),
        "group": group,
        "split": split,
        "url": url,
        "size": size,
        "credit": f"{image.get('attribution') or 'no attribution given'} ({image.get('copyright_license') or '?'})",
    }


def _fetch_images(web: Web, table: pd.DataFrame, folder: Path, report: OnBytes) -> None:
    total, done = int(table["size"].sum()), 0
    for image_id, url, size in zip(table["image_id"], table["url"], table["size"], strict=True):
        web.fetch(Remote(f"{image_id}.jpg", url, int(size)), folder, lambda _done, _total: None, check=_check_image)
        done += int(size)
        report(done, total)


def _check_image(path: Path) -> None:
    try:
        read_image(path)
    except UserError as error:
        raise ValueError from error


def _finish(folder: Path, table: pd.DataFrame, per_dx: int, skipped: Counter[str]) -> str:
    name = METADATA_NAMES[0]
    check_metadata(table, "The sample from the ISIC Archive")
    credit = "\n".join(f"- {count} x {text}" for text, count in table["credit"].value_counts().items())
    write_attribution(
        folder,
        f"This copy: {len(table)} thumbnails and their metadata from the ISIC Archive, https://www.isic-archive.com,\n"
        f"up to {per_dx} per diagnosis. Credit and licence as stated by the archive:\n{credit}",
    )
    with replacing(folder / name) as beside:
        table[list(COLUMNS)].to_csv(beside, index=False)
    tested = (table["split"] == "test").sum()
    left_out = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
    fewer = [dx for dx in DX if (table["dx"] == dx).sum() < per_dx]
    return (
        f"{len(table)} images are in {folder}, {tested} of them from the test split"
        + (f"; fewer than {per_dx} of {', '.join(fewer)}" if fewer else "")
        + (f"; skipped: {left_out}" if left_out else "")
        + "."
    )
