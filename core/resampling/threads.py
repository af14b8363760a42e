"""How many threads the linear algebra below scikit-learn may start."""

from typing import Any


def one_thread() -> Any:
    """A context in which it starts none.

    On busy cores threads wait for each other (gradient boosting took fifteen times as long), and a grid runs many
    settings side by side.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
