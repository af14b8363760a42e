import io
import json
import zipfile

from core.labels import DX
from core.release.tflite_metadata import FACTS, LABELS, describe, with_metadata
from tests.cards import COUNTS, small_card

CARD = small_card("m", input_size=(48, 64))


def test_the_graph_stays_and_its_labels_and_preparation_follow() -> None:
    found = with_metadata(b"graph", CARD, "int8")
    assert found.startswith(b"graph")
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        assert archive.read(LABELS).decode().split() == list(DX)
        facts = json.loads(archive.read(FACTS))
    assert facts == describe(CARD, "int8")
    assert (facts["name"], facts["weights"], facts["input"]["shape"]) == ("m", "int8", [1, 48, 64, 3])


def test_the_same_model_gives_the_same_bytes() -> None:
    assert with_metadata(b"graph", CARD, "int8") == with_metadata(b"graph", CARD, "int8")


def test_the_prior_is_that_of_the_training_images() -> None:
    prior = describe(CARD, "float16")["prior"]
    assert list(prior) == list(DX)
    assert prior["nv"] == round(COUNTS["nv"] / sum(COUNTS.values()), 6)
