"""A bounded pool of LiteRT interpreters, shared by all sessions; each interpreter serves one thread at a time."""

import hashlib
import queue
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.errors import UserError
from core.inference.adapter import PlainRunner
from core.inference.graph_file import with_outputs
from core.inference.graph_tail import Tail, read_tail

SIZE = 2
TIMEOUT = 5.0
"""Seconds that a request waits for a free interpreter before it is turned away."""
OUTPUTS = ("probabilities", "embedding", "cams")
UNREADABLE = "The exported model can't be read; export it again."
BUSY = "The server is busy with other images. Try again in a few seconds."


class Pool:
    """Interpreters of one graph.

    Attributes:
        size: (height, width) in pixels of the graph's input.
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
            interpreters: How many images can run at once.
            timeout: Seconds that `run` waits for a free one.

        Raises:
            UserError: Not a LiteRT graph, or one without the expected outputs.
        """
        self._timeout = timeout
        self._idle: queue.Queue[Any] = queue.Queue()
        self.tail: Tail | None = None
        if _is_ours(_interpreter(graph)) and (tail := read_tail(graph)):
            graph = with_outputs(graph, tail.kept)
            self.tail = read_tail(graph)  # the weights are read from these bytes, so the others can go
        for _ in range(interpreters):
            runner = _open(graph)
            self.size: tuple[int, int] = runner.size
            self._idle.put(runner)

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
        try:
            runner = self._idle.get(timeout=self._timeout if timeout is None else timeout)
        except queue.Empty:
            raise UserError(BUSY) from None
        try:
            outputs = {name: np.array(value) for name, value in runner(image=image).items()}
            return outputs, {tensor: runner.value(tensor) for tensor in keep}
        finally:
            self._idle.put(runner)


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


def _interpreter(graph: bytes) -> Interpreter:
    try:
        return Interpreter(model_content=graph, num_threads=1)
    except (ValueError, RuntimeError) as error:
        raise UserError(UNREADABLE) from error


def _open(graph: bytes) -> _Runner | PlainRunner:
    interpreter = _interpreter(graph)
    try:
        return _Runner(interpreter) if _is_ours(interpreter) else PlainRunner(interpreter)
    except (ValueError, RuntimeError, KeyError) as error:
        raise UserError(UNREADABLE) from error
