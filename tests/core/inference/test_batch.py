"""Predicting files: the format of the ISIC challenge, reasons for refusals, nothing half-written."""

import csv
import errno
import io
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import UserError
from core.inference import batch as module
from core.inference.batch import COLUMNS, find_images, isic_csv, predict_files
from core.inference.pipeline import Pipeline
from core.labels import DX, ISIC
from core.synthetic.lesions import sample_lesion


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "deeper").mkdir(parents=True)
    for i, name in enumerate(("a.png", "deeper/b.JPG", "deeper/twin.png", "twin.png")):
        cv2.imwrite(str(folder / "x.png"), np.ascontiguousarray(sample_lesion("mel", i).image[..., ::-1]))
        (folder / "x.png").rename(folder / name)
    (folder / "text.jpg").write_text("not an image")
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("not looked at")
    cv2.imwrite(str(folder / "plain.png"), np.full((150, 200, 3), 128, np.uint8))
    return folder


def test_a_folder_becomes_a_table_and_refusals_stop_nothing(calibrated_folder, images, tmp_path):
    pipeline, done = Pipeline(calibrated_folder), []
    out, json_lines, rejected = (tmp_path / "out" / name for name in ("a.csv", "b.jsonl", "c.csv"))
    found = find_images([images])
    count = predict_files(pipeline, found, out, json_lines, rejected, done.append)
    assert (count.predicted, count.refused, done) == (5, 2, [1, 2, 3, 4, 5, 6, 7])
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert (
        tuple(rows[0]) == COLUMNS == ("image", "MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC", "class_mix", "doubt")
    )
    assert {row["class_mix"] for row in rows} == {"ham10000"}
    twins = [str(images / "deeper" / "twin.png"), str(images / "twin.png")]
    assert [row["image"] for row in rows] == ["a", "b", twins[0], "plain", twins[1]]
    found_lines = [json.loads(line) for line in json_lines.read_text().splitlines()]
    for row, each in zip(rows, found_lines, strict=True):
        assert sum(float(row[name]) for name in ISIC) == pytest.approx(1, abs=1e-5)
        assert {name: float(row[name]) for name in ISIC} == {n: each["probabilities"][dx] for n, dx in ISIC.items()}
        assert each["conformal_set"] and len(each["neighbours"]) == 3
        assert each["calibrated"] and each["raw_probabilities"] != each["probabilities"]
        assert (each["ood_score"] < 1) == (row["image"] != "plain")
        assert all(low <= each["probabilities"][dx] <= high for dx, (low, high) in each["over_flips"].items())
    reasons = {Path(row["path"]).name: row["reason"] for row in csv.DictReader(rejected.read_text().splitlines())}
    assert set(reasons) == {"text.jpg", "empty.png"}
    assert "isn't a JPEG" in reasons["text.jpg"] and "empty" in reasons["empty.png"]
    doubts = {row["image"]: row["doubt"] for row in rows}
    assert "nothing in the middle" in doubts["plain"] and doubts["a"] == doubts["b"] == ""
    assert [each["doubt"] for each in found_lines] == list(doubts.values())


def test_another_class_mix_is_in_the_table_and_named_there(calibrated_folder, images, tmp_path):
    pipeline, image = Pipeline(calibrated_folder), images / "a.png"
    for mix in ("ham10000", "equal"):
        predict_files(pipeline, [image], tmp_path / f"{mix}.csv", tmp_path / f"{mix}.jsonl", mix=mix)
    (natural,), (equal,) = (
        csv.DictReader((tmp_path / f"{mix}.csv").read_text().splitlines()) for mix in ("ham10000", "equal")
    )
    prior = dict(zip(DX, pipeline.fitted.prior, strict=True))
    ratios = {name: float(natural[name]) / prior[dx] for name, dx in ISIC.items()}
    for name in ISIC:
        assert float(equal[name]) == pytest.approx(ratios[name] / sum(ratios.values()), abs=1e-4)
    assert equal["class_mix"] == json.loads((tmp_path / "equal.jsonl").read_text())["class_mix"] == "equal"


def test_probabilities_are_those_of_the_model(calibrated_folder, images, tmp_path):
    pipeline = Pipeline(calibrated_folder)
    predict_files(pipeline, [images / "a.png"], tmp_path / "a.csv")
    (row,) = csv.DictReader((tmp_path / "a.csv").read_text().splitlines())
    expected = pipeline.predict(sample_lesion("mel", 0).image).flip_range("mel").value
    assert float(row["MEL"]) == pytest.approx(expected, abs=1e-6)


def test_a_run_that_breaks_leaves_the_old_table(calibrated_folder, images, tmp_path):
    pipeline, out = Pipeline(calibrated_folder), tmp_path / "a.csv"
    out.write_text("old")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_files(pipeline, [images / "a.png"], out, on_done=stop)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_bad_arguments_are_one_sentence(calibrated_folder, images, tmp_path):
    with pytest.raises(UserError, match="doesn't exist"):
        find_images([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="no images here"):
        find_images([images / "deeper" / ".."][:0])
    with pytest.raises(UserError, match="its own file"):
        predict_files(Pipeline(calibrated_folder), [images / "a.png"], tmp_path / "a.csv", rejected=tmp_path / "a.csv")
    with pytest.raises(UserError, match=r"Can't write .*out\.csv: .* is not a folder"):
        predict_files(Pipeline(calibrated_folder), [images / "a.png"], images / "a.png" / "out.csv")


def test_a_table_of_refusals_alone_still_has_its_header(calibrated_folder, images, tmp_path):
    predict_files(Pipeline(calibrated_folder), [images / "text.jpg"], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_an_ensemble_predicts_files_with_all_flips(tmp_path):
    image = sample_lesion("nv", 0).image
    cv2.imwrite(str(tmp_path / "a.png"), np.ascontiguousarray(image[..., ::-1]))
    pipeline = Pipeline.load("efficientnet_lite_ensemble")
    predict_files(pipeline, [tmp_path / "a.png"], tmp_path / "a.csv")
    (row,) = csv.DictReader((tmp_path / "a.csv").read_text().splitlines())
    assert float(row["NV"]) == pytest.approx(pipeline.predict(image).flip_range("nv").value, abs=1e-5)


def test_a_file_beyond_the_limit_is_not_even_read(calibrated_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    for size in (100, 101):
        (tmp_path / f"{size}.png").write_bytes(bytes(size))
    rejected = tmp_path / "rejected.csv"
    paths = [tmp_path / "100.png", tmp_path / "101.png"]
    predict_files(Pipeline(calibrated_folder), paths, tmp_path / "a.csv", rejected=rejected)
    reasons = [row["reason"] for row in csv.DictReader(rejected.read_text().splitlines())]
    assert "larger" not in reasons[0] and "larger" in reasons[1]


@pytest.mark.skipif(os.name == "nt", reason="names are text there, and there are no pipes")
def test_odd_names_and_odd_files_cost_nothing_else(calibrated_folder, images, tmp_path):
    odd, pipe, heic = images / os.fsdecode(b"L\xe4sion.png"), images / "pipe.png", images / "photo.HEIC"
    (images / "a.png").rename(odd)
    os.mkfifo(pipe)
    heic.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    found = find_images([images])
    assert odd in found and heic in found and pipe not in found
    out, json_lines, rejected = (tmp_path / name for name in ("a.csv", "b.jsonl", "c.csv"))
    count = predict_files(Pipeline(calibrated_folder), [odd, pipe, heic], out, json_lines, rejected)
    assert (count.predicted, count.refused) == (1, 2)
    assert "L\\udce4sion," in out.read_text()
    assert json.loads(json_lines.read_text())["path"] == str(odd)
    reasons = [row["reason"] for row in csv.DictReader(rejected.read_text().splitlines())]
    assert reasons[0] == "This isn't a file." and reasons[1].startswith("HEIC images aren't supported")


@pytest.mark.parametrize("broken", range(3))
def test_the_result_that_cannot_be_written_is_the_one_that_is_named(
    calibrated_folder, images, tmp_path, monkeypatch, broken
):
    targets = [tmp_path / name for name in ("a.csv", "b.jsonl", "c.csv")]
    real = module._open

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(stack, path, header):
        result = real(stack, path, header)
        return result._replace(stream=Full()) if path == targets[broken] else result

    monkeypatch.setattr(module, "_open", opened)
    with pytest.raises(UserError) as caught:
        predict_files(Pipeline(calibrated_folder), [images / "a.png", images / "text.jpg"], *targets)
    assert str(caught.value).startswith(f"Can't write {targets[broken]}: the disk is full")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_an_unreadable_file_costs_itself_alone(calibrated_folder, images, tmp_path):
    gone, rejected = images / "gone.png", tmp_path / "rejected.csv"
    count = predict_files(Pipeline(calibrated_folder), [gone, images / "a.png"], tmp_path / "a.csv", rejected=rejected)
    assert (count.predicted, count.refused) == (1, 1)
    assert "can't be read" in rejected.read_text()


def test_no_name_becomes_a_formula() -> None:
    rows = list(csv.reader(isic_csv([['=HYPERLINK("http://evil","x")', "1"], ["spot=1", "2"]]).splitlines()))
    assert [row[0] for row in rows[1:]] == ['\'=HYPERLINK("http://evil","x")', "spot=1"]
