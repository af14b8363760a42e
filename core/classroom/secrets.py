"""Room codes that people type, and tokens that browsers keep."""

import hashlib
import secrets
import string

ALPHABET = "BCDFGHJKMNPQRTVWXYZ2346789"
"""No vowels, so that no code spells anything, and nothing that is easily confused (0 and O, 1, I and L, 5 and S)."""
LENGTH = 8
"""26**8 codes: at the limit of wrong codes (`core.classroom.limits`), somebody who tries codes for 30 days finds one of
a hundred open rooms with a probability of about 0.1%."""

PROCESS = secrets.token_hex(4)
"""Name of this process, another one after each start: a page's session lives no longer than its process."""


def new_code() -> str:
    """Draw a room code, such as KTRM4WXP."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def show_code(code: str) -> str:
    """Write a code as people read it.

    Example:
        >>> show_code("KTRM4WXP")
        'KTRM-4WXP'
    """
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_code(text: str) -> str:
    """Read a code as people type it; anything else comes back shortened, and fits no room.

    Example:
        >>> read_code(" ktrm 4wxp ")
        'KTRM4WXP'
    """
    kept = string.ascii_uppercase + string.digits
    return "".join(letter for letter in text[:50].upper() if letter in kept)[: LENGTH + 1]


def new_token() -> str:
    """Draw a token of 192 bits that is safe in an address and in a cookie."""
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> str:
    """Hash a token for the database, from which nobody can then take it; it is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
