"""A small real sample of HAM10000: thumbnails and metadata from the ISIC Archive's API, without an account.

What the API looks like: https://api.isic-archive.com/api/docs/swagger/ and github.com/ImageMarkup/isic.
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
"""HAM10000 in the archive; it also holds pictures of the 2018 challenge's test set, which are left out here."""
MAX_PAGES = 30
THUMBNAIL_BYTES = 40_000
"""Generous: 256x192 JPEG."""

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
    """Fetch some pictures of each diagnosis, 256 pixels wide, as a partial set in Kaggle's layout.

    Pictures of the canonical test split come first and one a lesion, so that the app's models have not seen them.
    The metadata are the archive's own: its lesion numbers, ages and sites are coarser than HAM10000's.

    Args:
        folder: Where to; empty, new, or an earlier sample's, which is replaced.
        per_dx: Pictures a diagnosis, at least 1.
        base_url: The API's root.
        progress: Called often, in this thread; the last call's note says what was skipped.
        timeout: Seconds of silence after which a connection counts as lost.
        retries: How often each file is tried again.

    Returns:
        The folder.

    Raises:
        UserError: A dataset that is no sample is there; no connection, damage, too little space; no picture of a dx.
    """
    if per_dx < 1:
        raise UserError(f"A sample needs at least 1 picture a diagnosis, not {per_dx}.")
    _refuse_to_clobber(folder)
    with download_job(folder), Web(timeout, retries) as web:
        check_space(folder, per_dx * len(DX) * THUMBNAIL_BYTES)
        splits, skipped, steps = load_splits(), Counter[str](), Steps(progress, len(DX))
        tables = []
        for dx in DX:
            report = steps.step(f"pictures of {dx}")
            report(0, 0)
            table = choose(_candidates(web, base_url, dx, splits, per_dx, skipped), per_dx)
            if table.empty:
                raise UserError(
                    f"The ISIC Archive lists no picture of HAM10000 under the names of {dx} that are known here; "
                    "run `python -m core download` for the full set instead."
                )
            _fetch_pictures(web, table, folder / SAMPLE_IMAGES, report)
            tables.append(table)
        note = _finish(folder, pd.concat(tables, ignore_index=True), per_dx, skipped)
        steps.finish(note)
    return folder


def choose(candidates: pd.DataFrame, per_dx: int) -> pd.DataFrame:
    """The first `per_dx` of: test before validation before train, new lesions before further pictures of one.

    In the order given otherwise, so that a larger sample holds a smaller one.

    Args:
        candidates: Columns group and split among others.
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
            f"{folder} already holds a HAM10000 ({held[0].name}), which a sample would replace; "
            "point HAM10000_DIR at another folder for the sample."
        )


def _candidates(
    web: Web, base_url: str, dx: str, splits: pd.DataFrame, per_dx: int, skipped: Counter[str]
) -> pd.DataFrame:
    """Pages of the archive's answer, until they hold enough lesions of the test split."""
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
                "The ISIC Archive's answer has a form that is not known here; "
                "run `python -m core download` for the full set instead."
            ) from error
        if not url:
            return


def _row(image: dict[str, Any], dx: str, group: int, split: str) -> dict[str, Any] | str:
    """A metadata row, or why there is none: nothing is guessed."""
    try:
        clinical, thumbnail = image["metadata"]["clinical"], image["files"]["thumbnail_256"]
        url, size = str(thumbnail["url"]), int(thumbnail["size"])
    except (KeyError, TypeError, ValueError):
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


def _fetch_pictures(web: Web, table: pd.DataFrame, folder: Path, report: OnBytes) -> None:
    total, done = int(table["size"].sum()), 0
    for image_id, url, size in zip(table["image_id"], table["url"], table["size"], strict=True):
        web.fetch(Remote(f"{image_id}.jpg", url, int(size)), folder, lambda _done, _total: None, check=_check_picture)
        done += int(size)
        report(done, total)


def _check_picture(path: Path) -> None:
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
        f"up to {per_dx} a diagnosis. Credit and licence as the archive gives them:\n{credit}",
    )
    with replacing(folder / name) as beside:
        table[list(COLUMNS)].to_csv(beside, index=False)
    tested = (table["split"] == "test").sum()
    left_out = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
    fewer = [dx for dx in DX if (table["dx"] == dx).sum() < per_dx]
    return (
        f"{len(table)} pictures are in {folder}, {tested} of them of the test split"
        + (f"; fewer than {per_dx} of {', '.join(fewer)}" if fewer else "")
        + (f"; skipped: {left_out}" if left_out else "")
        + "."
    )
