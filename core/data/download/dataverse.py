"""Download all of HAM10000 from Harvard Dataverse, doi:10.7910/DVN/DBW86T."""

import json
import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from core.data.download import DOI
from core.data.download.job import (
    SAMPLE_IMAGES,
    STAGING,
    Report,
    Steps,
    check_space,
    download_job,
    write_attribution,
)
from core.data.download.web import RETRIES, TIMEOUT, OnBytes, Remote, Web
from core.data.folder import IMAGE_SUFFIXES
from core.data.masks import MASKS
from core.data.metadata import load_dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.files import replacing

DATAVERSE = "https://dataverse.harvard.edu"
METADATA = "HAM10000_metadata"
IMAGE_FOLDERS = ("HAM10000_images_part_1", "HAM10000_images_part_2")
RECORD = ".downloaded.json"
"""Stores MD5 and number of files of each unpacked archive; the archives themselves are deleted."""
BY_HAND = f"download the files by hand from https://doi.org/{DOI}"
MARGIN = 200_000_000
"""Extra free bytes required: each of the 10,015 small masks takes whole disk blocks."""


def download_full(
    folder: Path,
    *,
    base_url: str = DATAVERSE,
    progress: Report,
    timeout: float = TIMEOUT,
    retries: int = RETRIES,
) -> Path:
    """Download the full dataset (2.8 GB) and unpack it for `core.data.metadata.load_dataset`.

    Skips files that already have the right checksum, resumes partial files, and moves the metadata in place last, so
    that an unfinished folder is never mistaken for a dataset. Replaces a sample in the folder.

    Args:
        folder: Target folder; created if needed.
        base_url: Dataverse server.
        progress: Called often, in this thread.
        timeout: Seconds without data after which a connection counts as lost.
        retries: Number of retries per file.

    Returns:
        The folder.

    Raises:
        UserError: No connection, damaged files, too little disk space, or an archive that isn't safe to unpack.
    """
    with download_job(folder), Web(timeout, retries) as web:
        remotes = [remote for remote in list_files(web, base_url) if not _is_there(folder, remote)]
        check_space(folder, _space(folder, remotes))
        report = Steps(progress, sum(1 + remote.name.endswith(".zip") for remote in remotes))
        for remote in remotes:
            path = web.fetch(remote, folder / STAGING, report.step(remote.name))
            if remote.name.endswith(".zip"):
                count = unpack(path, folder / path.stem, report.step(f"unpacking {remote.name}"))
                _write_record(folder, remote, count)
                path.unlink()
        if remotes:
            _finish(folder)
        report.finish(_summary(folder))
    return folder


def list_files(web: Web, base_url: str) -> list[Remote]:
    """List the metadata, the two image archives and the lesion masks as Dataverse has them.

    The metadata file is "ingested": Dataverse serves a converted table unless the request has format=original, but
    the listed MD5 is that of the original (IQSS/dataverse#5321, #8449).

    Raises:
        UserError: A file is not listed, or the response has an unknown format.
    """
    response = web.json(f"{base_url}/api/datasets/:persistentId/", {"persistentId": f"doi:{DOI}"})
    try:
        files = {
            entry["dataFile"]["filename"]: entry["dataFile"] for entry in response["data"]["latestVersion"]["files"]
        }
        table = next((name for name in files if PurePosixPath(name).stem == METADATA), METADATA)
        names = (table, *(f"{name}.zip" for name in (*IMAGE_FOLDERS, MASKS)))
        lacking = [name for name in names if name not in files]
        if lacking:
            raise UserError(f"Dataverse no longer lists {', '.join(lacking)}; {BY_HAND}.")
        return [_remote(files[name], base_url) for name in names]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"Dataverse's list of files has an unknown format; {BY_HAND}.") from error


def _remote(file: dict[str, Any], base_url: str) -> Remote:
    url = f"{base_url}/api/access/datafile/{int(file['id'])}"
    if file["filename"].endswith(".zip"):
        return Remote(file["filename"], url, int(file["filesize"]), file["md5"])
    size = int(file.get("originalFileSize") or file["filesize"])
    return Remote(f"{METADATA}.csv", f"{url}?format=original", size, file["md5"])


def _is_there(folder: Path, remote: Remote) -> bool:
    place = folder / Path(remote.name).stem
    if remote.name.endswith(".csv"):
        import pooch

        path = folder / remote.name
        same = path.is_file() and pooch.file_hash(str(path), "md5") == remote.md5
        return same or _has_all_images(folder)
    if place.name in IMAGE_FOLDERS and _has_all_images(folder):
        return True
    done = _record(folder).get(remote.name, {})
    return done.get("md5") == remote.md5 and place.is_dir() and len(os.listdir(place)) >= done["files"]


def _has_all_images(folder: Path) -> bool:
    """Return whether all images are there, whatever their source."""
    try:
        images = load_dataset(folder).images
    except UserError:
        return False
    full = [image_id for image_id, path in images.items() if path.parent.name != SAMPLE_IMAGES]
    return bool(load_splits().index.isin(full).all())


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(folder: Path, remote: Remote, count: int) -> None:
    record = _record(folder) | {remote.name: {"md5": remote.md5, "files": count}}
    with replacing(folder / RECORD) as beside:
        beside.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _space(folder: Path, remotes: list[Remote]) -> int:
    """Return the peak number of bytes needed: everything unpacked, plus the largest archive."""
    if not remotes:
        return 0
    parts = sum(path.stat().st_size for path in (folder / STAGING).glob("*") if path.is_file())
    sizes = [remote.size for remote in remotes]
    return max(sum(sizes) + max(sizes) - parts, 0) + MARGIN


def unpack(archive: Path, place: Path, on_bytes: OnBytes) -> int:
    """Unpack an archive's images into one flat folder; each gets its final name only when complete.

    Args:
        archive: A zip file; its folders and the files that macOS adds are ignored.
        place: Target folder; created if needed.

    Returns:
        The number of images.

    Raises:
        UserError: Not a zip file, damaged, or with a path that leads out of the folder; then nothing is written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_image(member, archive.name)]
            total, done = sum(member.file_size for member in members), 0
            check_space(archive.parent, total)
            names = {PurePosixPath(member.filename).name for member in members}
            for member in members:
                final = place / PurePosixPath(member.filename).name
                with replacing(final) as beside, opened.open(member) as source, beside.open("wb") as target:
                    shutil.copyfileobj(source, target)
                done += member.file_size
                on_bytes(done, total)
    except (zipfile.BadZipFile, zlib.error) as error:
        archive.unlink()
        raise UserError(f"{archive.name} is damaged and was deleted; start the download again.") from error
    return len(names)


def _is_image(member: zipfile.ZipInfo, archive: str) -> bool:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename:
        raise UserError(
            f"{archive} contains {member.filename}, which leads out of its folder; don't use it, {BY_HAND}."
        )
    hidden = path.parts[0] == "__MACOSX" or path.name.startswith(".")
    return not member.is_dir() and not hidden and path.suffix.lower() in IMAGE_SUFFIXES


def _finish(folder: Path) -> None:
    """Move the metadata in place, which makes the folder a dataset."""
    staged = folder / STAGING / f"{METADATA}.csv"
    if staged.is_file():
        load_dataset(staged.parent)  # raises for a faulty table before the old one is replaced
        # Delete the sample first, so that its metadata can't be mistaken for the full dataset's if this is interrupted.
        shutil.rmtree(folder / SAMPLE_IMAGES, ignore_errors=True)
        staged.replace(folder / staged.name)
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    missing = load_dataset(folder).missing
    if missing:
        (folder / RECORD).unlink(missing_ok=True)
        raise UserError(f"{len(missing):,} images are missing after unpacking; start the download again.")
    write_attribution(folder, f"This copy: the full dataset, Harvard Dataverse, https://doi.org/{DOI}.")


def _summary(folder: Path) -> str:
    dataset = load_dataset(folder)
    return f"{len(dataset.images):,} images of {dataset.metadata['lesion_id'].nunique():,} lesions are in {folder}."
