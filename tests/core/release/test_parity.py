from pathlib import Path

import numpy as np
import pytest

from core.release.parity import compare, parity_text, run_graph

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype(np.uint8)


def test_an_export_agrees_with_itself(folder: Path) -> None:
    graph = (folder / "model.tflite").read_bytes()
    parity = compare(run_graph(graph, IMAGES), graph, IMAGES)
    assert (parity.images, parity.agreement, parity.max_difference, parity.max_cam_difference) == (4, 1.0, 0.0, 0.0)


def test_another_prediction_and_another_heatmap_are_measured(folder: Path) -> None:
    graph = (folder / "model.tflite").read_bytes()
    expected = run_graph(graph, IMAGES)
    other = {name: values.copy() for name, values in expected.items()}
    other["probabilities"][0] = np.roll(other["probabilities"][0], 1)
    parity = compare(other, graph, IMAGES)
    assert parity.agreement == 0.75
    assert parity.max_difference == pytest.approx(
        float(np.abs(other["probabilities"][0] - expected["probabilities"][0]).max())
    )
    top = expected["probabilities"].argmax(axis=1)
    cams = expected["cams"].copy()
    cams[1, ..., top[1]] *= 2
    assert compare(expected | {"cams": cams}, graph, IMAGES).max_cam_difference == pytest.approx(0.5, abs=1e-3)


def test_the_line_names_images_and_split(folder: Path) -> None:
    graph = (folder / "model.tflite").read_bytes()
    text = parity_text(compare(run_graph(graph, IMAGES), graph, IMAGES), "validation")
    assert text.startswith("same prediction for 100.00% of 4 validation images")
