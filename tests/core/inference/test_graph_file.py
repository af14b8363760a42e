"""What the file of a graph holds, and a graph that returns inner tensors."""

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.inference.graph_file import GraphFile, _from_float16, with_outputs
from core.inference.model import read_export
from core.inference.pool import Pool

GRAPH = read_export(TRAINED_MODELS / "baseline_cnn")


def weighted(graph: bytes, name: str) -> np.ndarray:
    """The first weights of an operation with that name."""
    file = GraphFile(graph)
    return file.weights(next(op for op in file.operations if op.name == name).inputs[1])


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_weights_are_those_of_the_trained_model(precision: str) -> None:
    from core.models.cam_heads import with_cams
    from core.models.litert import convert
    from core.models.registry import get_model

    model = get_model("baseline_cnn").build((16, 16), 7)
    found = weighted(convert(with_cams(model), precision), "FULLY_CONNECTED")
    kernel = np.asarray(model.get_layer("dense").kernel)
    np.testing.assert_allclose(found, kernel.T, atol=np.abs(kernel).max() / (100 if precision == "int8" else 2000))


def test_every_float16_is_converted_exactly() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)].reshape(31, 2, -1)
    expected = every.astype(np.float32).view(np.uint32)  # bits, for -0 is 0
    large, small = np.full(every.size + 5, 7, np.float32), np.zeros(10, np.float32)
    for scratch in (None, large, small):
        np.testing.assert_array_equal(_from_float16(every, scratch).view(np.uint32), expected)
    assert (large[every.size :] == 7).all() and (large[: every.size] != 7).any() and not small.any()
    assert np.shares_memory(_from_float16(every, large), large)


def test_operations_stand_in_the_order_in_which_they_run() -> None:
    file = GraphFile(GRAPH)
    names = [op.name for op in file.operations if op.name.endswith("2D")]
    assert names == ["CONV_2D", "MAX_POOL_2D"] * 3
    last = next(op for op in file.operations if op.name == "SOFTMAX")
    assert file.shape(last.output) == (1, 7)
    assert not file.is_weight(last.inputs[0])


def test_more_outputs_leave_those_of_the_signature_as_they_were() -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    file = GraphFile(GRAPH)
    pooled = next(op for op in reversed(file.operations) if op.name == "MAX_POOL_2D")
    longer = with_outputs(GRAPH, (pooled.output,))
    assert longer.startswith(GRAPH[:64]) and len(longer) < len(GRAPH) + 64
    before, (after, kept) = Pool(GRAPH, 1).run(image), Pool(longer, 1).run_and_keep(image, keep=(pooled.output,))
    assert set(before) == set(after)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)
    assert kept[pooled.output].shape == file.shape(pooled.output) and kept[pooled.output].max() > 0
