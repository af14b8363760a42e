"""Several images on the classify page: grid, table, files, Stop, refusals."""

import csv
import io
import zipfile

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.inference.batch import COLUMNS
from core.inference.many import Classified
from core.synthetic.lesions import sample_lesion
from dashboard.views.classify import many
from tests.dashboard.pages import checked, text_of, visit

pytestmark = pytest.mark.usefixtures("no_dataset")
MODEL = "baseline_cnn"


def png(seed: int) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(sample_lesion("nv", seed).image[..., ::-1]))[1].tobytes()


def upload(*files: tuple[str, bytes]) -> AppTest:
    page = visit("app_pages/classify", source="Several images", model=MODEL)
    return checked(page.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run())


def grid(page: AppTest) -> str:
    return "".join(each.proto.body for each in page.get("html"))


def test_all_images_are_shown_and_listed() -> None:
    page = upload(("a.png", png(0)), ("<b>x.png", png(1)), ("c.png", b"text"))
    table = page.dataframe[0].value.set_index("image")
    assert table.index.tolist() == ["a", "<b>x", "c"]
    assert "isn't a JPEG" in table["note"].iloc[2] and table["probability"].notna().sum() == 2
    assert table["probability"].max() > 1, "in percent, so that no decimals are shown"
    assert any(line.startswith("- c") and "isn't a JPEG" in line for line in page.warning[0].value.split("\n"))
    assert grid(page).count("<figure") == 2 and "<b>x" not in grid(page) and "&lt;b&gt;x" in grid(page)
    assert "the model predicts" in text_of(page) and "**1 file** could not be read" in text_of(page)
    assert not page.error


def test_an_image_that_is_refused_gets_a_prediction_only_on_request() -> None:
    grey = cv2.imencode(".png", np.full((150, 200, 3), 128, np.uint8))[1].tobytes()
    page = upload(("a.png", png(0)), ("grey.png", grey))
    table = page.dataframe[0].value.set_index("image")
    assert table["prediction"].notna().tolist() == [True, False] and "Refused: " in table.loc["grey", "note"]
    assert grid(page).count("<figure") == 2 and grid(page).count('class="heat"') == 1
    assert "**1 image** that the image check refused" in text_of(page) and not page.warning
    page = checked(page.toggle(key="many-insist").set_value(True).run())
    assert page.dataframe[0].value["prediction"].notna().all() and grid(page).count('class="heat"') == 2
    assert "Refused: " in page.dataframe[0].value.set_index("image").loc["grey", "note"]


def test_a_zip_is_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("spots/a.png", png(0))
        made.writestr("notes.txt", b"")
    page = upload(("spots.zip", stream.getvalue()))
    assert page.dataframe[0].value["image"].tolist() == ["a"] and "left out" in text_of(page)


def test_a_bomb_is_one_sentence() -> None:
    page = upload(("bomb.zip", b"PK\x05\x06" + bytes(8) + b"\xff" * 4 + bytes(6)))
    assert [each.value for each in page.error] == [
        "bomb.zip holds too many files. Make a ZIP that contains only the images."
    ]


def test_stop_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    classify = many.classify_one

    def stop_at_the_second(pipeline, waiting):  # type: ignore[no-untyped-def]
        if waiting.name == "1":
            many.st.session_state[many.MANY].stop(True)
            many.st.rerun()
        found: Classified = classify(pipeline, waiting)
        return found

    monkeypatch.setattr(many, "classify_one", stop_at_the_second)
    page = upload(*[(f"{i}.png", png(i)) for i in range(4)])
    assert page.button(key="many-continue").label == "Continue with the remaining 3"
    assert page.dataframe[0].value["image"].tolist() == ["0"]
    monkeypatch.setattr(many, "classify_one", classify)
    page = checked(page.button(key="many-continue").click().run())
    assert page.dataframe[0].value["image"].tolist() == ["0", "1", "2", "3"]
    monkeypatch.setattr(many, "classify_one", None)  # nothing is classified twice
    monkeypatch.setattr(many, "wait_list", None)  # nor unpacked again
    checked(page.run())


def test_an_image_waits_while_the_server_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    classify, busy = many.classify_one, [True, True]

    def later(pipeline, waiting):  # type: ignore[no-untyped-def]
        return None if waiting.name == "1" and busy and busy.pop() else classify(pipeline, waiting)

    monkeypatch.setattr(many, "classify_one", later)
    page = upload(*[(f"{i}.png", png(i)) for i in range(3)])
    assert page.dataframe[0].value["image"].tolist() == ["0", "1", "2"] and not busy
    assert not page.warning and "could not be read" not in text_of(page)


def test_an_image_that_two_runs_of_the_page_classify_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    classify = many.classify_one

    def overtaken(pipeline, waiting):  # type: ignore[no-untyped-def]
        found: Classified = classify(pipeline, waiting)
        many.st.session_state[many.MANY].done[waiting.key] = found  # by a run that a click has started meanwhile
        return found

    monkeypatch.setattr(many, "classify_one", overtaken)
    page = upload(*[(f"{i}.png", png(i)) for i in range(2)])
    assert page.dataframe[0].value["image"].tolist() == ["0", "1"]


def test_without_files_nothing_is_kept() -> None:
    page = upload(("a.png", png(0)))
    assert many.MANY in page.session_state
    checked(page.file_uploader[0].set_value([]).run())
    assert many.MANY not in page.session_state


def test_another_source_forgets_them() -> None:
    page = upload(("a.png", png(0)))
    checked(page.segmented_control(key="source").set_value("synthetic").run())
    assert many.MANY not in page.session_state


def test_the_files_hold_every_image(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(many.st, "download_button", lambda _, data, *__, key, **___: given.update({key: data}))
    upload(("a.png", png(0)), ("b.png", png(1)))
    rows = list(csv.reader(io.StringIO(given["many-csv"]().decode())))  # type: ignore[operator]
    assert tuple(rows[0]) == COLUMNS and [row[0] for row in rows[1:]] == ["a", "b"]
    report = given["many-report"]()  # type: ignore[operator]
    assert report.startswith("<!doctype html>") and report.count("<img") == 2 and "not a diagnosis" in report
