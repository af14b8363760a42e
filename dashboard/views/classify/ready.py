"""Open a model while the visitor's browser still loads the page."""

from contextlib import suppress
from threading import Lock

from core.errors import UserError
from dashboard.caches import inference, tables
from dashboard.text.models import model_label

_ready: set[str] = set()
"""Models that were opened this way; each is once for a process."""
_lock = Lock()


def get_ready(model: str) -> None:
    """Open a model and let it predict the page's first example; done once for each model.

    What is wrong with it, the page says.

    Args:
        model: What the address says: a model's key or its name for people; another text means the best model.
    """
    names = inference.served_models()
    name = next((each for each in names if model in (each, model_label(each))), names[0] if names else None)
    with _lock:
        if name is None or name in _ready:
            return
        _ready.add(name)
    with suppress(UserError):
        inference.predict_example(name, tables.synthetic_images("mel", 1, 0)[0][0], explain=True)
