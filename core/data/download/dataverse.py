"""The full HAM10000 from Harvard Dataverse, doi:10.7910/DVN/DBW86T."""

import json
import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

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
from core.data.metadata import IMAGE_SUFFIXES, load_dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.files import replacing

DATAVERSE = "https://dataverse.harvard.edu"
DOI = "10.7910/DVN/DBW86T"
METADATA = "HAM10000_metadata"
PICTURES = ("HAM10000_images_part_1", "HAM10000_images_part_2")
MASKS = "HAM10000_segmentations_lesion_tschandl"
RECORD = ".downloaded.json"
"""MD5 and number of files of each archive that was unpacked; the archives themselves are not kept."""
BY_HAND = f"fetch the files by hand from https://doi.org/{DOI}"
MARGIN = 200_000_000
"""Bytes left free beside what is downloaded; 10,015 small masks take whole disk blocks."""


def download_full(
    folder: Path,
    *,
    base_url: str = DATAVERSE,
    progress: Report,
    timeout: float = TIMEOUT,
    retries: int = RETRIES,
) -> Path:
    """Fetch the full dataset (2.8 GB) and unpack it so that `core.data.metadata.load_dataset` reads it.

    What is there already with the checksum that Dataverse lists is skipped, a cut file is resumed, and the metadata
    come last, so that an unfinished folder is never taken for a dataset. A sample in the folder is replaced.

    Args:
        folder: Where to; made if needed.
        base_url: A Dataverse server.
        progress: Called often, in this thread.
        timeout: Seconds of silence after which a connection counts as lost.
        retries: How often each file is tried again.

    Returns:
        The folder.

    Raises:
        UserError: No connection, damage, too little space, an archive that is not safe to unpack.
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
    """The metadata, the two picture archives and the lesion masks, as Dataverse lists them.

    The metadata file is "ingested": served as a table that Dataverse made of it unless asked for with
    format=original, and it is the original that the listed MD5 belongs to (IQSS/dataverse#5321, #8449).

    Raises:
        UserError: One is not listed, or the list looks unlike Dataverse's.
    """
    listing = web.json(f"{base_url}/api/datasets/:persistentId/", {"persistentId": f"doi:{DOI}"})
    try:
        files = {
            entry["dataFile"]["filename"]: entry["dataFile"] for entry in listing["data"]["latestVersion"]["files"]
        }
        table = next((name for name in files if PurePosixPath(name).stem == METADATA), METADATA)
        names = (table, *(f"{name}.zip" for name in (*PICTURES, MASKS)))
        lacking = [name for name in names if name not in files]
        if lacking:
            raise UserError(f"Dataverse no longer lists {', '.join(lacking)}; {BY_HAND}.")
        return [_remote(files[name], base_url) for name in names]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"Dataverse's list of files has a form that is not known here; {BY_HAND}.") from error


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
        return same or _has_all_pictures(folder)
    if place.name in PICTURES and _has_all_pictures(folder):
        return True
    done = _record(folder).get(remote.name, {})
    return done.get("md5") == remote.md5 and place.is_dir() and len(os.listdir(place)) >= done["files"]


def _has_all_pictures(folder: Path) -> bool:
    """True where the full set lies already, from wherever it came."""
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
    """Bytes needed at the worst moment: all is unpacked but for the largest archive, which lies beside its content."""
    if not remotes:
        return 0
    parts = sum(path.stat().st_size for path in (folder / STAGING).glob("*") if path.is_file())
    sizes = [remote.size for remote in remotes]
    return max(sum(sizes) + max(sizes) - parts, 0) + MARGIN


def unpack(archive: Path, place: Path, on_bytes: OnBytes) -> int:
    """Unpack an archive's pictures into one folder, flat, each under its final name only when whole.

    Args:
        archive: A zip; folders in it are ignored, and so is what macOS adds.
        place: Folder to write to; made if needed.

    Returns:
        The number of pictures.

    Raises:
        UserError: No zip, damaged, or with a path that leads out of its folder; then nothing is written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_picture(member, archive.name)]
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
        raise UserError(f"{archive.name} is no whole zip and was thrown away; start the download again.") from error
    return len(names)


def _is_picture(member: zipfile.ZipInfo, archive: str) -> bool:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename:
        raise UserError(f"{archive} holds {member.filename}, which leads out of its folder; do not use it, {BY_HAND}.")
    hidden = path.parts[0] == "__MACOSX" or path.name.startswith(".")
    return not member.is_dir() and not hidden and path.suffix.lower() in IMAGE_SUFFIXES


def _finish(folder: Path) -> None:
    """Put the metadata in place; from here on the folder is a dataset."""
    staged = folder / STAGING / f"{METADATA}.csv"
    if staged.is_file():
        load_dataset(staged.parent)  # refuses a faulty table while the old one still stands
        # The sample goes first: if this is cut in between, no sample's metadata can be taken for the full set's.
        shutil.rmtree(folder / SAMPLE_IMAGES, ignore_errors=True)
        staged.replace(folder / staged.name)
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    missing = load_dataset(folder).missing
    if missing:
        (folder / RECORD).unlink(missing_ok=True)
        raise UserError(f"{len(missing):,} pictures are missing after unpacking; start the download again.")
    write_attribution(folder, f"This copy: the full set, Harvard Dataverse, https://doi.org/{DOI}.")


def _summary(folder: Path) -> str:
    dataset = load_dataset(folder)
    return f"{len(dataset.images):,} pictures of {dataset.metadata['lesion_id'].nunique():,} lesions are in {folder}."
