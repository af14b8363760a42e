"""Models that a visitor brought as predictions. They live in the visitor's session alone and go with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeVar, cast

import streamlit as st

from core.errors import UserError
from core.evaluation.scoring import ScoringResult

MOST = 6
"""Models that one session may add; each takes about 2 MB."""
MARK = " (yours)"
"""Ends the name of such a model, so that it can't be taken for one of trained_models/."""
LONGEST = 32
_KEY = "own-models"
T = TypeVar("T")


@dataclass(frozen=True)
class OwnModel:
    """A visitor's model.

    Attributes:
        name: Display name, safe to show anywhere.
        result: Its predictions and scores.
        upload: Tells the file from all others that were uploaded.
        kept: What was computed from them since.
    """

    name: str
    result: ScoringResult
    upload: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, what: str, compute: Callable[[], T]) -> T:
        """Compute something once."""
        if what not in self.kept:
            self.kept[what] = compute()
        return cast(T, self.kept[what])


def own_models() -> dict[str, OwnModel]:
    """The session's models by name, in the order in which they were added."""
    return dict(st.session_state.get(_KEY, {}))


def find(name: str) -> OwnModel | None:
    """The session's model of that name, if it is one."""
    return own_models().get(name) if name.endswith(MARK) else None


def require_room() -> None:
    """Check that one more model may be added.

    Raises:
        UserError: The session has `MOST` already.
    """
    if len(own_models()) >= MOST:
        raise UserError(f"You have added {MOST} models already. Remove one first.")


def keep(file_name: str, result: ScoringResult, upload: str = "") -> OwnModel:
    """Add a model to the session, named after its file."""
    models = own_models()
    model = OwnModel(free_name(file_name, models), result, upload)
    st.session_state[_KEY] = {**models, model.name: model}
    return model


def remove(name: str) -> None:
    """Remove a model from the session."""
    st.session_state[_KEY] = {each: model for each, model in own_models().items() if each != name}


def free_name(file_name: str, taken: dict[str, OwnModel]) -> str:
    """Make a name from a file's, of letters, digits and `_.+-` alone, that no other model has.

    Example:
        >>> free_name("my <b>net</b>.csv", {})
        'my_b_net_b (yours)'
    """
    stem = re.sub(r"[^\w.+-]+", "_", PurePath(file_name.replace("\\", "/").replace("</", "<")).stem)
    stem = stem[:LONGEST].strip("_.") or "predictions"
    names = [f"{stem}{MARK}", *(f"{stem}_{n}{MARK}" for n in range(2, MOST + 2))]
    return next(name for name in names if name not in taken)
