"""Describe an export inside its own file: its labels, and how to prepare an image for it.

The files are appended to the graph as a zip archive, as LiteRT's own metadata does with associated files: the
interpreter does not see them, and `unzip model.tflite` takes them out on any machine.
Source: https://ai.google.dev/edge/litert/models/metadata
"""

import io
import json
import zipfile
from typing import Any

from core.labels import DX
from core.store.card import Card

LABELS, FACTS = "labels.txt", "metadata.json"
STAMP = (1980, 1, 1, 0, 0, 0)
"""Of the files inside, so that the same model gives the same bytes."""


def with_metadata(graph: bytes, card: Card, precision: str) -> bytes:
    """Append labels and preprocessing to a graph.

    Args:
        graph: A .tflite file's bytes.
        card: Of the model that it was made from.
        precision: How it holds its weights.
    """
    file = io.BytesIO(graph)
    with zipfile.ZipFile(file, "a") as archive:
        for name, text in ((LABELS, "\n".join(DX) + "\n"), (FACTS, json.dumps(describe(card, precision), indent=2))):
            archive.writestr(zipfile.ZipInfo(name, STAMP), text)
    return file.getvalue()


def describe(card: Card, precision: str) -> dict[str, Any]:
    """Collect what a program that serves the graph must know."""
    height, width = card.require_input_size()
    return {
        "name": card.name,
        "labels": list(DX),
        "weights": precision,
        "input": {
            "name": "image",
            "shape": [1, height, width, 3],
            "dtype": "float32",
            "colours": "RGB, 0-255; the graph scales them itself",
            "preparation": "centred crop at width:height 4:3, by area to 150x200 if larger, then resized to the input",
        },
        "outputs": {
            "probabilities": "of the labels, before temperature scaling, for the class shares of `prior`",
            "embedding": "what the last layer sees",
            "cams": "Grad-CAM of each label, not normalized",
        },
        "prior": dict(zip(DX, (round(float(share), 6) for share in card.prior), strict=True)),
        "weights_sha256": card.files.weights,
        "licence": card.licence,
        "notice": "For teaching and research; no medical device, no diagnosis.",
    }
