"""The one error that this project raises on purpose."""

from collections.abc import Collection


class UserError(Exception):
    """Bad input or a missing file; the message is one sentence that says what to do."""


def require_known(what: str, name: str, known: Collection[str]) -> None:
    """Look a name up where a command, a link or a file gave it.

    Args:
        what: What the name is of, in one or two words.
        name: Asked for.
        known: All names that there are.

    Raises:
        UserError: It is none of them; the message lists them.
    """
    if name not in known:
        raise UserError(f"There is no {what} {name!r}; known are {', '.join(known)}.")


def name_offenders(offenders: list[str], limit: int = 5) -> str:
    """Join names for an error message, the first few in full and the rest counted."""
    shown = ", ".join(offenders[:limit])
    rest = len(offenders) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
