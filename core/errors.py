"""The one error that this project raises on purpose."""


class UserError(Exception):
    """Bad input or a missing file; the message is one sentence that says what to do."""


def name_offenders(offenders: list[str], limit: int = 5) -> str:
    """Join names for an error message, the first few in full and the rest counted."""
    shown = ", ".join(offenders[:limit])
    rest = len(offenders) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
