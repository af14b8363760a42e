import gc
import os
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.inference import stored_graph
from core.inference.stored_graph import OPEN_FILES, StoredGraph, forget

GRAPH = (TRAINED_MODELS / "efficientnet_lite0" / "model.tflite").read_bytes()
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 168, 224, 3)).astype(np.float32)


def in_memory(stored: StoredGraph) -> int:
    """Bytes of a graph's file that are in this process's memory, over all its mappings."""
    assert stored._file is not None
    number, found, counts = os.fstat(stored._file.fileno()).st_ino, 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            counts = int(words[4]) == number
        elif counts and words[0] == "Rss:":
            found += 1024 * int(words[1])
    return found


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="graphs stay in memory")
def test_what_is_unpacked_is_forgotten_and_the_next_run_gives_the_same() -> None:
    stored = StoredGraph(GRAPH)
    run = stored.open().get_signature_runner()
    before = {name: value.copy() for name, value in run(image=IMAGE).items()}
    assert in_memory(stored) > len(GRAPH) / 2
    forget([stored])
    assert in_memory(stored) < len(GRAPH) / 50
    for name, value in run(image=IMAGE).items():
        np.testing.assert_array_equal(value, before[name])
    assert in_memory(stored) < len(GRAPH) / 10
    assert stored.data[:] == GRAPH


def test_an_interpreter_outlives_the_graph_that_it_was_opened_from() -> None:
    stored = StoredGraph(GRAPH)
    run = stored.open().get_signature_runner()
    before = run(image=IMAGE)["probabilities"].copy()
    forget([stored])
    del stored
    gc.collect()
    np.testing.assert_array_equal(run(image=IMAGE)["probabilities"], before)


def test_without_room_for_a_file_the_graph_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    expected = StoredGraph(GRAPH).open().get_signature_runner()(image=IMAGE)["probabilities"]
    monkeypatch.setattr(stored_graph, "TemporaryFile", full)
    stored = StoredGraph(GRAPH)
    assert stored.data is GRAPH
    forget([stored])
    np.testing.assert_array_equal(stored.open().get_signature_runner()(image=IMAGE)["probabilities"], expected)
