"""A bounded pool of LiteRT interpreters, shared by all sessions; each interpreter serves one thread at a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock, Timer
from typing import Any
from weakref import WeakValueDictionary, ref

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.errors import BusyError, UserError
from core.inference.adapter import PlainRunner
from core.inference.graph_file import with_outputs
from core.inference.graph_tail import Tail, read_tail
from core.inference.stored_graph import StoredGraph, forget

SIZE = 2
SPARE = 15.0
"""Seconds without a use after which a pool closes all interpreters but one: each keeps 20 to 30 MB of unpacked weights,
and it takes 40 ms to open one again."""
TIMEOUT = 5.0
"""Seconds that a request waits for a free interpreter before it is turned away."""
OUTPUTS = ("probabilities", "embedding", "cams")
UNREADABLE = "The exported model can't be read; export it again."
BUSY = "The server is busy with other images. Try again in a few seconds."


class Pool:
    """Interpreters of one graph.

    Attributes:
        size: (height, width) in pixels of the graph's input.
        graph: What its interpreters run.
        tail: The graph's last layers, whose gradient can be computed; None if it can't be.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> pool = Pool((TRAINED_MODELS / "baseline_cnn" / "model.tflite").read_bytes(), interpreters=1)
        >>> sorted(pool.run(np.zeros((1, *pool.size, 3), np.float32)))
        ['cams', 'embedding', 'probabilities']
    """

    def __init__(self, graph: bytes, interpreters: int = SIZE, timeout: float = TIMEOUT) -> None:
        """Open the graph.

        Args:
            graph: A .tflite file's bytes, as `core.release.export` writes them.
            interpreters: How many images can run at once. The first is opened here, each other one when all are busy.
            timeout: Seconds that `run` waits for a free one.

        Raises:
            UserError: Not a LiteRT graph, or one without the expected outputs.
        """
        self._timeout, self._most = timeout, interpreters
        self.tail: Tail | None = None
        if _is_ours(_interpreter(graph)) and (tail := read_tail(graph)):
            self.graph = StoredGraph(with_outputs(graph, tail.kept))
            self.tail = read_tail(self.graph.data)  # the weights are read from there, so the bytes can go
        else:
            self.graph = StoredGraph(graph)
        first = _open(self.graph)
        self.size: tuple[int, int] = first.size
        self._idle: list[Runner] = [first]
        """Those that nobody uses, the latest used last."""
        self._opened = 1
        self._shared = 0.0
        """Time when two were last in use at once, by the monotonic clock."""
        self._changed = Condition()

    def run(self, image: NDArray[np.float32], timeout: float | None = None) -> dict[str, NDArray[np.float32]]:
        """Run the graph on one image.

        Args:
            image: (1, *size, 3), RGB, 0-255.
            timeout: Seconds to wait for a free interpreter; default the pool's.

        Returns:
            Copies of the outputs by name: OUTPUTS.

        Raises:
            UserError: All interpreters stayed busy for longer than the timeout.
            ValueError: The shape differs; LiteRT would silently plan the whole graph again.
        """
        return self.run_and_keep(image, timeout)[0]

    def run_and_keep(
        self, image: NDArray[np.float32], timeout: float | None = None, keep: tuple[int, ...] = ()
    ) -> tuple[dict[str, NDArray[np.float32]], dict[int, NDArray[np.float32]]]:
        """Run the graph on one image and keep values of inner tensors.

        Args:
            image: See `run`.
            timeout: See `run`.
            keep: Some of `tail.kept`.

        Returns:
            Copies of the outputs by name, and of the tensors that were asked for.

        Raises:
            UserError: See `run`.
            ValueError: See `run`.
        """
        if image.shape != (1, *self.size, 3):
            raise ValueError(f"the graph takes (1, {self.size[0]}, {self.size[1]}, 3), not {image.shape}")
        with self._borrowed(self._timeout if timeout is None else timeout) as runner:
            outputs = {name: np.array(value) for name, value in runner(image=image).items()}
            return outputs, {tensor: runner.value(tensor) for tensor in keep}

    @contextmanager
    def _borrowed(self, timeout: float) -> Iterator[Any]:
        """Give one interpreter to the caller alone.

        Raises:
            UserError: See `run`.
        """
        runner = self._take(timeout) or self._open_another()
        try:
            yield runner
        finally:
            with self._changed:
                self._idle.append(runner)
                self._changed.notify()

    def _take(self, timeout: float) -> Runner | None:
        """Take an idle interpreter, or wait for one; None if there is room for another, which the caller opens."""
        with self._changed:
            if not self._idle and self._opened < self._most:
                self._opened += 1
                return None
            if not self._changed.wait_for(lambda: self._idle, timeout):
                raise BusyError(BUSY)
            if len(self._idle) < self._opened:
                self._shared = time.monotonic()
            return self._idle.pop()

    def _open_another(self) -> Runner:
        try:
            runner = _open(self.graph)
        except BaseException:
            with self._changed:
                self._opened -= 1
            raise
        self._shared = time.monotonic()
        _close_later(self)
        return runner

    def close_spares(self) -> None:
        """Close all idle interpreters but one if one alone was enough for SPARE seconds; else look again later."""
        with self._changed:
            if time.monotonic() - self._shared >= SPARE:
                spares = self._idle[: self._opened - 1]
                self._idle = self._idle[len(spares) :]
                self._opened -= len(spares)
            again = self._opened > 1
        if again:
            _close_later(self)


def _close_later(pool: Pool) -> None:
    """Call `close_spares` after a while, unless nobody holds the pool any more."""
    held = ref(pool)

    def close() -> None:
        if there := held():
            there.close_spares()

    timer = Timer(SPARE, close)
    timer.daemon = True
    timer.start()


_shared: WeakValueDictionary[bytes, Pool] = WeakValueDictionary()
_sharing = Lock()


def shared_pool(graph: bytes) -> Pool:
    """Open a graph once: callers with the same bytes share one pool for as long as any of them holds it.

    So the classify page, the gallery and an ensemble keep a network's weights in memory once.

    Raises:
        UserError: Not a LiteRT graph, or one without the expected outputs.
    """
    key = hashlib.sha256(graph).digest()
    with _sharing:
        pool = _shared.get(key)
        if pool is None:
            pool = _shared[key] = Pool(graph)
        return pool


def forget_graphs() -> None:
    """Give back the memory of all open graphs' files, which LayerCAM reads for the weights of the last layers."""
    with _sharing:
        pools = list(_shared.values())
    forget(pool.graph for pool in pools)


def _is_ours(interpreter: Interpreter) -> bool:
    """Whether a graph was made by `core.release.export`; others were added from a file."""
    return any(set(each["outputs"]) == set(OUTPUTS) for each in interpreter.get_signature_list().values())


class _Runner:
    """One interpreter of a graph with our signature."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._run = interpreter.get_signature_runner()
        _, height, width, _ = self._run.get_input_details()["image"]["shape"]
        self.size = (int(height), int(width))

    def __call__(self, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = self._run(image=image)
        return found

    def value(self, tensor: int) -> NDArray[np.float32]:
        """Copy what the last run computed for a tensor."""
        return np.asarray(self._interpreter.get_tensor(tensor))


Runner = _Runner | PlainRunner


def _interpreter(graph: bytes) -> Interpreter:
    try:
        return Interpreter(model_content=graph, num_threads=1)
    except (ValueError, RuntimeError) as error:
        raise UserError(UNREADABLE) from error


def _open(graph: StoredGraph) -> Runner:
    try:
        interpreter = graph.open()
        runner = _Runner(interpreter) if _is_ours(interpreter) else PlainRunner(interpreter)
        runner(image=np.zeros((1, *runner.size, 3), np.float32))  # unpacks the weights
        forget([graph])
        return runner
    except (ValueError, RuntimeError, KeyError) as error:
        raise UserError(UNREADABLE) from error
