"""The error that this project raises for bad input."""

from collections.abc import Collection


class UserError(Exception):
    """Bad input or a missing file; the message is one sentence that says what to do."""


class BusyError(UserError):
    """The server has no room for the work now; the same input will do a little later."""


def require_known(what: str, name: str, known: Collection[str]) -> None:
    """Check a name from a command, a link or a file.

    Args:
        what: Kind of thing that the name refers to, in one or two words.
        name: The name.
        known: All valid names.

    Raises:
        UserError: The name is unknown; the message lists the valid ones.

    Example:
        >>> require_known("model", "lenet", ["cnn", "vgg"])
        Traceback (most recent call last):
        core.errors.UserError: There is no model 'lenet'; choose from cnn, vgg.
    """
    if name not in known:
        raise UserError(f"There is no {what} {name!r}; choose from {', '.join(known)}.")


def name_offenders(offenders: list[str], limit: int = 5) -> str:
    """Join names for an error message: the first few by name, the rest as a count.

    Example:
        >>> name_offenders(["a", "b", "c"], limit=2)
        'a, b and 1 more'
    """
    shown = ", ".join(offenders[:limit])
    rest = len(offenders) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
