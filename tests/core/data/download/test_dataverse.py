"""The full set, from a miniature Dataverse."""

import os
from pathlib import Path

import pandas as pd
import pytest

from core.data.download import dataverse as module
from core.data.download.dataverse import IMAGE_FOLDERS, MASKS, RECORD, download_full, unpack
from core.data.download.job import SAMPLE_IMAGES, STAGING, DownloadProgress
from core.data.metadata import load_dataset
from core.errors import UserError

LISTING = "/api/datasets/:persistentId/"
PART_1 = f"{IMAGE_FOLDERS[0]}.zip"


def fetch(server, folder: Path, seen: list[DownloadProgress] | None = None, **kwargs) -> Path:
    report = seen.append if seen is not None else lambda _progress: None
    return download_full(folder, base_url=server.url, progress=report, **{"timeout": 0.3, "retries": 0} | kwargs)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def check_complete(folder: Path, mini_metadata: pd.DataFrame) -> None:
    dataset = load_dataset(folder)
    pd.testing.assert_frame_equal(dataset.metadata, mini_metadata)
    assert not dataset.missing
    assert {path.parent.name for path in dataset.images.values()} == set(IMAGE_FOLDERS)
    assert sorted(os.listdir(folder)) == sorted(
        ["ATTRIBUTION.txt", "HAM10000_metadata.csv", RECORD, *IMAGE_FOLDERS, MASKS]
    )


def test_everything_lies_where_load_dataset_reads_it(dataverse, folder: Path, mini_metadata: pd.DataFrame) -> None:
    seen: list[DownloadProgress] = []
    assert fetch(dataverse, folder, seen) == folder
    check_complete(folder, mini_metadata)
    assert len(os.listdir(folder / MASKS)) == 3  # and nothing of what macOS adds
    assert {(p.step, p.steps) for p in seen} == {(step, 7) for step in range(1, 8)}
    assert all(0 <= p.done <= p.total for p in seen)
    assert seen[-1].note == f"70 images of {mini_metadata['lesion_id'].nunique()} lesions are in {folder}."
    metadata = next(
        asked for asked, _ in dataverse.requests if asked.startswith(dataverse.path_of("HAM10000_metadata.tab"))
    )
    assert metadata.endswith("?format=original")  # what the listed MD5 belongs to


def test_what_is_there_is_not_fetched_again(dataverse, folder: Path) -> None:
    fetch(dataverse, folder)
    dataverse.requests.clear()
    fetch(dataverse, folder)
    assert len(dataverse.requests) == 1  # the listing
    next((folder / IMAGE_FOLDERS[0]).iterdir()).unlink()
    fetch(dataverse, folder)
    assert dataverse.asked(dataverse.path_of(PART_1)) == [None]
    assert len(dataverse.requests) == 3
    assert not load_dataset(folder).missing


def test_no_two_archives_lie_on_the_disk(dataverse, folder: Path) -> None:
    counts = []
    report = lambda _progress: counts.append(len(list((folder / STAGING).glob("*.zip"))))  # noqa: E731
    download_full(folder, base_url=dataverse.url, progress=report)
    assert max(counts) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("cut", "HAM10000_images_part_1.zip; check the network and start the download again"),
        ("stall", "to resume it"),
        ("404", "HTTP 404 for HAM10000_images_part_1.zip; try again later"),
        ("corrupt", "HAM10000_images_part_1.zip arrived damaged"),
    ],
)
def test_fault_then_retry(dataverse, folder: Path, mini_metadata: pd.DataFrame, fault: str, message: str) -> None:
    path = dataverse.path_of(PART_1)
    dataverse.faults[path] = [fault]
    with pytest.raises(UserError, match=message) as caught:
        fetch(dataverse, folder)
    assert str(caught.value).count(". ") == 0
    assert os.listdir(folder) == [STAGING]  # nothing that could be taken for a dataset
    assert PART_1 not in os.listdir(folder / STAGING)
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)
    assert (dataverse.asked(path)[1] is not None) == (fault in ("cut", "stall"))  # resumed


@pytest.mark.parametrize(
    ("fault", "message"), [("404", "HTTP 404"), ("html", "did not send"), ("stall", "The connection to")]
)
def test_faulty_listing(dataverse, folder: Path, mini_metadata: pd.DataFrame, fault: str, message: str) -> None:
    dataverse.faults[LISTING] = [fault]
    with pytest.raises(UserError, match=message):
        fetch(dataverse, folder)
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)


def test_listing_of_another_form(dataverse, folder: Path) -> None:
    dataverse.files[LISTING] = b'{"status": "OK", "data": []}'
    with pytest.raises(UserError, match=r"unknown format; download the files by hand from https://doi\.org"):
        fetch(dataverse, folder)
    dataverse.put({"HAM10000_metadata.tab": None, f"{IMAGE_FOLDERS[1]}.zip": None})
    with pytest.raises(UserError, match=r"no longer lists HAM10000_metadata, HAM10000_images_part_2\.zip"):
        fetch(dataverse, folder)


def test_too_little_space_is_reported_before_anything_is_fetched(
    dataverse, folder: Path, monkeypatch: pytest.MonkeyPatch, mini_metadata: pd.DataFrame
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
        with pytest.raises(UserError, match=r"MB are needed and .* has 1 kB free"):
            fetch(dataverse, folder)
    assert len(dataverse.requests) == 1
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)


@pytest.mark.parametrize("name", ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "C:evil.jpg"])
def test_archive_with_a_path_that_leads_out(tmp_path: Path, name: str, zipped) -> None:
    archive = tmp_path / "in" / "a.zip"
    archive.parent.mkdir()
    archive.write_bytes(zipped({"good.jpg": b"1", name: b"2"}))
    with pytest.raises(UserError, match="leads out of its folder; don't use it, download the files by hand"):
        unpack(archive, tmp_path / "out", lambda _done, _total: None)
    assert not list(tmp_path.rglob("*.jpg"))


def test_unsafe_archive_then_a_good_one(dataverse, folder: Path, mini_metadata: pd.DataFrame, zipped) -> None:
    good = dataverse.catalogue[PART_1]
    dataverse.put({PART_1: zipped({"../evil.jpg": b"2"})})
    with pytest.raises(UserError, match="leads out"):
        fetch(dataverse, folder)
    assert not list(folder.parent.rglob("evil*"))
    dataverse.put({PART_1: good})
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)


def test_archive_that_is_no_zip(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"no zip")
    with pytest.raises(UserError, match="is damaged and was deleted; start the download again"):
        unpack(archive, tmp_path / "out", lambda _done, _total: None)
    assert not archive.exists()


def test_interrupted_unpacking_goes_on_without_fetching(
    dataverse, folder: Path, mini_metadata: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfileobj", stop)
        with pytest.raises(KeyboardInterrupt):
            fetch(dataverse, folder)
    assert not list(folder.rglob("*.jpg"))
    dataverse.requests.clear()
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)
    assert dataverse.asked(dataverse.path_of(PART_1)) == []


def test_sample_is_replaced(dataverse, folder: Path, mini_metadata: pd.DataFrame) -> None:
    (folder / SAMPLE_IMAGES).mkdir(parents=True)
    mini_metadata.head(3).to_csv(folder / "HAM10000_metadata.csv", index=False)
    for image_id in mini_metadata["image_id"].head(3):
        (folder / SAMPLE_IMAGES / f"{image_id}.jpg").write_bytes(b"thumbnail")
    fetch(dataverse, folder)
    check_complete(folder, mini_metadata)


def test_faulty_metadata_leave_the_old_ones(dataverse, folder: Path, mini_metadata: pd.DataFrame) -> None:
    (folder / SAMPLE_IMAGES).mkdir(parents=True)
    mini_metadata.head(3).to_csv(folder / "HAM10000_metadata.csv", index=False)
    dataverse.put({"HAM10000_metadata.tab": b"lesion_id,image_id\n1,2\n"})
    with pytest.raises(UserError, match="lacks the column"):
        fetch(dataverse, folder)
    assert len(load_dataset(folder).metadata) == 3


def test_archives_that_lack_images(dataverse, folder: Path, zipped) -> None:
    good = dataverse.catalogue[PART_1]
    dataverse.put({PART_1: zipped({"x.jpg": b"1"})})
    for _ in range(2):  # the second run does not take it for done
        with pytest.raises(UserError, match="35 images are missing after unpacking; start the download again"):
            fetch(dataverse, folder)
    dataverse.put({PART_1: good})
    fetch(dataverse, folder)
    assert not load_dataset(folder).missing


def test_full_set_from_elsewhere_lacks_only_its_masks(
    dataverse, mini_ham: Path, mini_splits: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_splits", lambda: mini_splits)
    table = mini_ham / "HAM10000_metadata.csv"
    pd.read_csv(table).iloc[::-1].to_csv(table, index=False)  # Kaggle's is not Dataverse's, byte by byte
    fetch(dataverse, mini_ham)
    assert {path for path, _ in dataverse.requests if "datafile" in path} == {dataverse.path_of(f"{MASKS}.zip")}
    assert len(os.listdir(mini_ham / MASKS)) == 3
