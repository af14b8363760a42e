"""Several images: names, limits, refused ones first, and room for other visitors."""

import io
import threading
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import MOST_UPLOADS
from core.errors import BusyError, UserError
from core.inference.class_mix import assume
from core.inference.many import Classified, Waiting, classify_one, refused_first, short_names, wait_list
from core.inference.pipeline import Pipeline
from core.synthetic.lesions import sample_lesion


def png(seed: int = 0) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(sample_lesion("mel", seed).image[..., ::-1]))[1].tobytes()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.load("baseline_cnn")


def test_uploads_and_archives_are_one_list() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a/x.png", b"1")
        made.writestr("b/x.png", b"2")
        made.writestr("read.me", b"")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    waiting, notes = wait_list(
        [("1", "y.jpg", lambda: b"0"), ("2", "z.ZIP", stream.getvalue), ("3", "e.zip", empty.getvalue)]
    )
    assert [each.name for each in waiting] == ["y", "a/x.png", "b/x.png"]
    assert [each.key for each in waiting] == ["1", "2/a/x.png", "2/b/x.png"]
    assert [each.read() for each in waiting] == [b"0", b"1", b"2"]
    assert len(notes) == 2 and notes[0].startswith("z.ZIP") and notes[1] == "e.zip contains no JPEG, PNG or WebP image."


def test_no_more_than_the_most_are_taken() -> None:
    waiting, notes = wait_list([(str(i), f"{i}.png", lambda: b"") for i in range(MOST_UPLOADS + 3)])
    assert len(waiting) == MOST_UPLOADS
    assert notes == (f"These are {MOST_UPLOADS + 3} images; the first {MOST_UPLOADS} are classified.",)


def test_windows_paths_have_names_too() -> None:
    assert short_names(["C:\\spots\\x.jpg"]) == ["x"]


def test_an_image_is_predicted_as_it_would_be_alone(pipeline: Pipeline) -> None:
    found = classify_one(pipeline, Waiting("1", "a", png))
    alone = pipeline.predict_bytes(png(), flips=False)
    assert found.prediction is not None and found.image is not None and found.image.shape == (150, 200, 3)
    np.testing.assert_array_equal(found.prediction.probabilities, alone.probabilities)


def test_a_file_that_is_no_image_stops_nothing(pipeline: Pipeline) -> None:
    assert "isn't a JPEG" in str(classify_one(pipeline, Waiting("1", "a", lambda: b"text")).problem)

    def gone() -> bytes:
        raise UserError("It is gone.")

    assert classify_one(pipeline, Waiting("1", "a", gone)) == Classified("a", problem="It is gone.")


def test_a_busy_server_is_no_fault_of_the_file(pipeline: Pipeline) -> None:
    def busy() -> bytes:
        raise BusyError("busy")

    assert classify_one(pipeline, Waiting("1", "a", busy)) is None


def test_one_image_at_a_time_over_all_visitors(pipeline: Pipeline) -> None:
    running, most = 0, 0
    counting = threading.Lock()

    def read() -> bytes:
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with counting:
            running -= 1
        return png()

    threads = [threading.Thread(target=classify_one, args=(pipeline, Waiting("1", "a", read))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_refused_images_come_first_and_then_the_least_certain(calibrated_folder: Path) -> None:
    pipeline = Pipeline(calibrated_folder)
    grey = cv2.imencode(".png", np.full((150, 200, 3), 128, np.uint8))[1].tobytes()
    files = {"bad": b"", "sure": png(1), "grey": grey, "unsure": png(2)}
    classified = [classify_one(pipeline, Waiting(name, name, lambda data=data: data)) for name, data in files.items()]
    ordered = refused_first(classified)
    assert ordered[0].name == "grey" and ordered[-1].name == "bad"
    assert [each.refused for each in ordered] == [True, False, False, False]
    hidden = [each.withheld() for each in ordered]
    assert hidden[1:] == ordered[1:] and hidden[0].refused
    assert hidden[0].prediction is None and "Refused: " in str(hidden[0].problem)
    certain = [each.prediction.probabilities.max() for each in ordered[1:3] if each.prediction]
    assert certain == sorted(certain)


def test_layer_cam_of_the_prediction_is_kept_and_what_it_was_computed_from_is_not(pipeline: Pipeline) -> None:
    prediction = classify_one(pipeline, Waiting("1", "a", png)).prediction
    assert prediction is not None and not prediction.evidence
    tops = {assume(prediction, mix).top for mix in ("ham10000", "equal")}
    assert set(prediction.layer_cams) == tops
