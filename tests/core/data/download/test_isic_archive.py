"""A sample, from a miniature ISIC Archive."""

import json
import os
from pathlib import Path

import cv2
import pandas as pd
import pytest

from core.data.download import isic_archive
from core.data.download.isic_archive import choose, download_sample
from core.data.download.isic_terms import DIAGNOSES, SITES, dx_of, localization_of
from core.data.download.job import SAMPLE_IMAGES, DownloadProgress
from core.data.metadata import DX_TYPES, LOCALIZATIONS, load_dataset
from core.errors import UserError
from core.labels import DX


def fetch(server, folder: Path, per_dx: int, seen: list[DownloadProgress] | None = None, **kwargs) -> Path:
    report = seen.append if seen is not None else lambda _progress: None
    return download_sample(
        folder, per_dx, base_url=server.url, progress=report, **{"timeout": 0.3, "retries": 0} | kwargs
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def of(server, image_id: str) -> dict:
    return next(image for image in server.images if image["isic_id"] == image_id)


def test_sample_is_a_partial_set_of_test_images(isic, folder: Path, mini_metadata, mini_splits) -> None:
    seen: list[DownloadProgress] = []
    assert fetch(isic, folder, 3, seen) == folder
    dataset = load_dataset(folder)
    found, known = dataset.metadata.set_index("image_id"), mini_metadata.set_index("image_id")
    assert found["dx"].value_counts().to_dict() == dict.fromkeys(DX, 3)
    assert not dataset.missing
    assert set(mini_splits.loc[found.index, "lesion"]) == {"test"}
    assert mini_splits.loc[found.index, "group"].is_unique
    for column in ("dx", "dx_type", "sex", "age"):
        pd.testing.assert_series_equal(found[column], known.loc[found.index, column])
    assert set(found["localization"]) == {"face"}
    assert found["lesion_id"].str.startswith("IL_").all()
    assert cv2.imread(str(dataset.images[found.index[0]])).shape == (48, 64, 3)
    assert seen[-1].note == f"21 images are in {folder}, 21 of them from the test split."
    assert {(p.step, p.steps) for p in seen} == {(step, 7) for step in range(1, 8)}


def test_attribution_counts_what_the_archive_says(isic, folder: Path) -> None:
    fetch(isic, folder, 2)
    text = (folder / "ATTRIBUTION.txt").read_text()
    assert "CC BY-NC 4.0" in text
    assert "14 x A university (CC-BY-NC)" in text


def test_more_than_there_are_takes_all_and_says_so(isic, folder: Path, mini_metadata) -> None:
    seen: list[DownloadProgress] = []
    fetch(isic, folder, 11, seen)
    assert sorted(load_dataset(folder).metadata["image_id"]) == sorted(mini_metadata["image_id"])
    assert seen[-1].note.endswith(
        "28 of them from the test split; fewer than 11 of akiec, bcc, bkl, df, mel, nv, vasc."
    )


def test_unknown_values_are_skipped_and_counted(isic, folder: Path, mini_metadata, mini_splits) -> None:
    nv = [
        i for i in mini_metadata.loc[mini_metadata["dx"] == "nv", "image_id"] if mini_splits.loc[i, "lesion"] == "test"
    ]
    of(isic, nv[0])["metadata"]["clinical"]["diagnosis_confirm_type"] = "somebody guessed it"
    of(isic, nv[1])["metadata"]["clinical"]["diagnosis_2"] = DIAGNOSES["mel"][0][1]  # found as nv, and mel by its words
    del of(isic, nv[2])["files"]["thumbnail_256"]
    of(isic, nv[3])["metadata"]["clinical"] |= {"age_approx": "old", "sex": "other", "anatom_site_3": None}
    seen: list[DownloadProgress] = []
    fetch(isic, folder, 4, seen)
    found = load_dataset(folder).metadata.set_index("image_id")
    assert not set(nv[:3]) & set(found.index)
    assert found.loc[nv[3], ["sex", "localization"]].tolist() == ["unknown", "unknown"]
    assert pd.isna(found.loc[nv[3], "age"])
    assert "1 with an unknown way of confirmation" in seen[-1].note
    assert "2 with an unknown diagnosis" in seen[-1].note  # it is found under both, and stands under neither
    assert "1 without metadata or thumbnail" in seen[-1].note


def test_diagnosis_that_the_archive_files_otherwise(isic, folder: Path) -> None:
    for image in isic.images:
        clinical = image["metadata"]["clinical"]
        if dx_of(clinical) == "vasc":
            clinical["diagnosis_2"] = "Blood vessels"
    with pytest.raises(UserError, match=r"no HAM10000 image of vasc; .*python -m core download"):
        fetch(isic, folder, 2)
    assert not (folder / "HAM10000_metadata.csv").exists()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("cut", "The connection to 127.* ISIC_0000006.jpg; check the network and start the download again"),
        ("stall", "The connection to"),
        ("404", "HTTP 404 for ISIC_0000006.jpg"),
        ("html", "ISIC_0000006.jpg arrived damaged"),
    ],
)
def test_fault_of_a_thumbnail_then_retry(isic, folder: Path, fault: str, message: str) -> None:
    path = "/thumbnails/ISIC_0000006"
    isic.faults[path] = [fault]
    with pytest.raises(UserError, match=message):
        fetch(isic, folder, 3)
    assert not list(folder.rglob("ISIC_0000006.jpg"))
    assert not (folder / "HAM10000_metadata.csv").exists()
    fetch(isic, folder, 3)
    assert len(load_dataset(folder).images) == 21
    assert isic.asked(path) == [None, None]  # no checksum, so never pieced together


@pytest.mark.parametrize(("fault", "message"), [("404", "HTTP 404"), ("stall", "The connection to")])
def test_fault_of_a_search_then_retry(isic, folder: Path, fault: str, message: str) -> None:
    isic.faults["/images/search/"] = [fault]
    with pytest.raises(UserError, match=message):
        fetch(isic, folder, 1)
    fetch(isic, folder, 1)
    assert len(load_dataset(folder).images) == 7


@pytest.mark.parametrize("answer", [[], {"results": None, "next": None}, {"results": [{}], "next": None}])
def test_answer_of_another_form(isic, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr(isic, "search", lambda _query: json.loads(json.dumps(answer)))
    with pytest.raises(UserError, match="unknown format"):
        fetch(isic, folder, 1)


def test_too_little_space(isic, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    with pytest.raises(UserError, match=r"2\.8 MB are needed and .* has 1 kB free"):
        fetch(isic, folder, 10)
    assert not isic.requests


def test_nobodys_dataset_is_clobbered(isic, mini_ham: Path) -> None:
    before = (mini_ham / "HAM10000_metadata.csv").read_bytes()
    with pytest.raises(UserError, match=r"already contains a HAM10000 .* point HAM10000_DIR at another folder"):
        fetch(isic, mini_ham, 1)
    (mini_ham / SAMPLE_IMAGES).mkdir()  # what a sample that broke may leave
    with pytest.raises(UserError, match="already contains"):
        fetch(isic, mini_ham, 1)
    assert (mini_ham / "HAM10000_metadata.csv").read_bytes() == before
    assert not isic.requests


def test_faulty_dataset_is_not_clobbered_either(isic, folder: Path) -> None:
    folder.mkdir()
    (folder / "HAM10000_metadata.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="already contains"):
        fetch(isic, folder, 1)


def test_metadata_put_beside_a_sample_by_hand_are_not_clobbered(isic, folder: Path, mini_metadata) -> None:
    fetch(isic, folder, 1)
    mini_metadata.to_csv(folder / "HAM10000_metadata.csv", index=False)
    with pytest.raises(UserError, match="already contains"):
        fetch(isic, folder, 1)


def test_larger_sample_keeps_what_is_there(isic, folder: Path) -> None:
    fetch(isic, folder, 1)
    isic.requests.clear()
    fetch(isic, folder, 2)
    assert len(load_dataset(folder).images) == 14
    assert sum("thumbnails" in path for path, _ in isic.requests) == 7
    assert len(os.listdir(folder / SAMPLE_IMAGES)) == 14


def test_sample_of_none(folder: Path) -> None:
    with pytest.raises(UserError, match="at least 1"):
        download_sample(folder, 0, progress=lambda _progress: None)


def test_choose_prefers_test_then_new_lesions() -> None:
    candidates = pd.DataFrame(
        {
            "image_id": ["a", "b", "c", "d", "e"],
            "group": [1, 1, 2, 3, 4],
            "split": ["test", "test", "test", "train", "validation"],
        }
    )
    assert choose(candidates, 5)["image_id"].tolist() == ["a", "c", "b", "e", "d"]
    assert choose(candidates, 2)["image_id"].tolist() == ["a", "c"]


def test_vocabulary_leads_into_ours() -> None:
    assert set(DIAGNOSES) == set(DX)
    names = [name for terms in DIAGNOSES.values() for name in terms]
    assert len(names) == len(set(names))
    assert all(dx_of({level: name}) == dx for dx, terms in DIAGNOSES.items() for level, name in terms)
    assert dx_of({"diagnosis_3": "Verruca"}) is None
    assert dx_of({"diagnosis_2": "Benign soft tissue proliferations - Vascular", "diagnosis_3": "Nevus"}) is None
    assert set(SITES.values()) <= set(LOCALIZATIONS)
    assert set(DX_TYPES) == {"histo", "follow_up", "consensus", "confocal"}


@pytest.mark.parametrize(
    ("clinical", "localization"),
    [
        ({"anatom_site_1": "Trunk", "anatom_site_2": "Posterior trunk", "anatom_site_3": "Upper back"}, "back"),
        ({"anatom_site_1": "Lower extremity", "anatom_site_2": "Foot"}, "foot"),
        ({"anatom_site_general": "palms/soles"}, "acral"),
        ({"anatom_site_general": "head/neck"}, "unknown"),
        ({"anatom_site_1": None}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_localization_is_the_most_detailed_that_is_known(clinical: dict, localization: str) -> None:
    assert localization_of(clinical) == localization


def test_an_image_without_clinical_metadata_is_skipped() -> None:
    thumbnail = {"url": "https://example.org/a.jpg", "size": 9}
    image = {"metadata": {"clinical": None}, "files": {"thumbnail_256": thumbnail}}
    assert isic_archive._row(image, "nv", 0, "test") == "without metadata or thumbnail"
