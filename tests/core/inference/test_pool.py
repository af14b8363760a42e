import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.inference import pool as module
from core.inference.model import read_export
from core.inference.pool import OUTPUTS, Pool, shared_pool


@pytest.fixture(scope="module")
def graph() -> bytes:
    return read_export(TRAINED_MODELS / "baseline_cnn")


def images(pool: Pool, count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 1, *pool.size, 3)).astype(np.float32)


def test_outputs_by_name_and_shape(graph):
    pool = Pool(graph)
    out = pool.run(images(pool, 1)[0])
    assert {name: value.shape for name, value in out.items()} == {
        "probabilities": (1, 7),
        "embedding": (1, 512),
        "cams": (1, 16, 16, 7),
    }
    assert set(out) == set(OUTPUTS)
    assert abs(out["probabilities"].sum() - 1) < 1e-5


def test_outputs_are_copies_that_the_next_image_leaves_alone(graph):
    pool = Pool(graph, interpreters=1)
    first, second = images(pool, 2)
    held = pool.run(first)
    before = {name: value.copy() for name, value in held.items()}
    pool.run(second)
    for name in OUTPUTS:
        np.testing.assert_array_equal(held[name], before[name])


def test_who_waits_too_long_is_told_to_come_back(graph):
    pool = Pool(graph, interpreters=1, timeout=0.01)
    with pool._borrowed(1), pytest.raises(UserError, match="busy"):
        pool.run(images(pool, 1)[0])
    pool.run(images(pool, 1)[0])


def test_a_failed_run_gives_its_interpreter_back(graph):
    def fail(**_: object) -> None:
        raise RuntimeError("no memory")

    pool = Pool(graph, interpreters=1, timeout=0.01)
    pool._idle = [fail]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no memory"):
            pool.run(images(pool, 1)[0])


def test_a_image_of_another_shape_is_not_run(graph):
    with pytest.raises(ValueError, match="the graph takes"):
        Pool(graph).run(np.zeros((1, 32, 32, 3), np.float32))


@pytest.mark.parametrize("junk", [b"", b"TFL3", b"no graph at all" * 100])
def test_what_is_no_graph_is_refused(junk):
    with pytest.raises(UserError, match="export it again"):
        Pool(junk)


def test_eight_threads_predict_as_one(graph):
    pool = Pool(graph, timeout=60)
    batch = images(pool, 16)
    alone = [pool.run(image) for image in batch]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(pool.run, batch))
    for a, b in zip(alone, together, strict=True):
        for name in OUTPUTS:
            np.testing.assert_array_equal(a[name], b[name])


def test_one_graph_is_open_once_for_all_and_closed_with_the_last(graph):
    graph += b"no page of another test has this one open"
    first = shared_pool(graph)
    assert shared_pool(bytes(bytearray(graph))) is first
    assert shared_pool(read_export(TRAINED_MODELS / "efficientnet_lite0")) is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_a_run_may_wait_longer_or_shorter_than_its_pool(graph):
    pool = Pool(graph, interpreters=1, timeout=60)
    with pool._borrowed(1), pytest.raises(UserError, match="busy"):
        pool.run(images(pool, 1)[0], timeout=0.01)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time, and after it when each look at the spares is due; nothing checks by itself."""
    times = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: times[0]))
    monkeypatch.setattr(module, "_close_later", lambda _: times.append(times[0] + module.SPARE))
    return times


def test_another_interpreter_is_opened_only_when_all_are_busy(graph, clock):
    pool = Pool(graph)
    one = pool.run(images(pool, 1)[0])
    pool.run(images(pool, 1)[0])
    assert pool._opened == 1
    with pool._borrowed(0.01):
        other = pool.run(images(pool, 1)[0])
        assert pool._opened == 2
        with pool._borrowed(0.01), pytest.raises(UserError, match="busy"):
            pool.run(images(pool, 1)[0], timeout=0.01)
    for name in OUTPUTS:
        np.testing.assert_array_equal(one[name], other[name])
    assert clock == [100.0, 115.0]


def test_a_spare_interpreter_is_closed_once_one_was_enough_for_a_while(graph, clock):
    pool = Pool(graph)
    with pool._borrowed(0.01), pool._borrowed(0.01):
        pass
    for _ in range(3):
        clock[0] += 5
        pool.run(images(pool, 1)[0])  # one is enough
    with pool._borrowed(0.01), pool._borrowed(0.01):  # until now
        clock[0] += 1
        pool.close_spares()
    clock[0] += module.SPARE - 1.1
    pool.close_spares()
    assert pool._opened == len(pool._idle) == 2
    clock[0] += 0.2
    pool.close_spares()
    assert pool._opened == len(pool._idle) == 1
    assert pool.run(images(pool, 1)[0])["probabilities"].shape == (1, 7)


def test_nobody_closes_an_interpreter_that_is_in_use(graph, clock):
    pool = Pool(graph)
    with pool._borrowed(0.01):
        with pool._borrowed(0.01):
            pass
        clock[0] += module.SPARE
        pool.close_spares()
        assert pool._opened == 1 and not pool._idle
    assert len(pool._idle) == 1


def test_spares_are_closed_without_anybody_asking_for_it(graph, monkeypatch):
    monkeypatch.setattr(module, "SPARE", 0.01)
    pool = Pool(graph)
    with pool._borrowed(1), pool._borrowed(1):
        pass
    with pool._changed:
        for _ in range(2000):  # nobody is told of it
            if pool._opened == 1 or pool._changed.wait(0.01):
                break
    assert pool._opened == 1


def test_an_interpreter_that_cannot_be_opened_leaves_room_for_the_next_try(graph, monkeypatch):
    pool = Pool(graph)
    monkeypatch.setattr(module, "_open", lambda _: 1 / 0)
    with pool._borrowed(0.01):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                pool.run(images(pool, 1)[0])
    assert pool._opened == 1


def test_files_of_all_shared_graphs_go_together(graph, monkeypatch):
    held, gone = shared_pool(graph), []
    monkeypatch.setattr(module, "forget", lambda graphs: gone.extend(graphs))
    module.forget_graphs()
    assert held.graph in gone
