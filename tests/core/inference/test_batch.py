"""Classifying files: the ISIC challenge's format, reasons for refusals, nothing half-written."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import UserError
from core.inference.batch import ISIC_COLUMNS, find_pictures, predict
from core.inference.pipeline import Judge
from core.labels import ISIC
from core.synthetic.lesions import sample_lesion


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    for i, name in enumerate(("a.png", "deeper/b.JPG", "deeper/twin.png", "twin.png")):
        cv2.imwrite(str(folder / "x.png"), np.ascontiguousarray(sample_lesion("mel", i).image[..., ::-1]))
        (folder / "x.png").rename(folder / name)
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("not looked at")
    cv2.imwrite(str(folder / "plain.png"), np.full((150, 200, 3), 128, np.uint8))
    return folder


def test_a_folder_becomes_a_table_and_refusals_stop_nothing(calibrated_folder, pictures, tmp_path):
    judge, done = Judge(calibrated_folder), []
    out, lines, rejected = (tmp_path / "out" / name for name in ("a.csv", "b.jsonl", "c.csv"))
    found = find_pictures([pictures])
    count = predict(judge, found, out, lines, rejected, done.append)
    assert (count.answered, count.refused, done) == (4, 3, [1, 2, 3, 4, 5, 6, 7])
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert tuple(rows[0]) == ISIC_COLUMNS == ("image", "MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
    twins = [str(pictures / "deeper" / "twin.png"), str(pictures / "twin.png")]
    assert [row["image"] for row in rows] == ["a", "b", *twins]
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    for row, each in zip(rows, said, strict=True):
        assert sum(float(row[name]) for name in ISIC) == pytest.approx(1, abs=1e-5)
        assert {name: float(row[name]) for name in ISIC} == {n: each["probabilities"][dx] for n, dx in ISIC.items()}
        assert each["conformal_set"] and len(each["neighbours"]) == 3
    reasons = {Path(row["path"]).name: row["reason"] for row in csv.DictReader(rejected.read_text().splitlines())}
    assert set(reasons) == {"text.jpg", "empty.png", "plain.png"}
    assert "unsupported" in reasons["text.jpg"] and "empty" in reasons["empty.png"]
    assert "nothing in its middle" in reasons["plain.png"]


def test_probabilities_are_those_of_the_model(calibrated_folder, pictures, tmp_path):
    judge = Judge(calibrated_folder)
    predict(judge, [pictures / "a.png"], tmp_path / "a.csv")
    (row,) = csv.DictReader((tmp_path / "a.csv").read_text().splitlines())
    expected = judge.judge(sample_lesion("mel", 0).image).over_flips("mel").value
    assert float(row["MEL"]) == pytest.approx(expected, abs=1e-6)


def test_a_run_that_breaks_leaves_the_old_table(calibrated_folder, pictures, tmp_path):
    judge, out = Judge(calibrated_folder), tmp_path / "a.csv"
    out.write_text("old")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(judge, [pictures / "a.png"], out, on_done=stop)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_bad_arguments_are_one_sentence(calibrated_folder, pictures, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        find_pictures([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="no picture here"):
        find_pictures([pictures / "deeper" / ".."][:0])
    with pytest.raises(UserError, match="file of its own"):
        predict(Judge(calibrated_folder), [pictures / "a.png"], tmp_path / "a.csv", rejected=tmp_path / "a.csv")
    with pytest.raises(UserError, match="cannot be written"):
        predict(Judge(calibrated_folder), [pictures / "a.png"], pictures / "a.png" / "out.csv")


def test_a_table_of_refusals_alone_still_has_its_header(calibrated_folder, pictures, tmp_path):
    predict(Judge(calibrated_folder), [pictures / "text.jpg"], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == ",".join(ISIC_COLUMNS) + "\n"
