"""A file beside a card, and what a part of the card was made from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredFile:
    """A file in the model's folder, and the bytes that the card was written for."""

    name: str
    sha256: str
    bytes: int

    def __post_init__(self) -> None:
        """Raise a ValueError for a name that leads out of the folder."""
        if not self.name or self.name in (".", "..") or set(self.name) & set("/\\:"):
            raise ValueError(f"name {self.name!r} is not a plain file name")


@dataclass(frozen=True)
class MadeFrom:
    """SHA-256 of the files that a part was computed from; None for those that it doesn't depend on."""

    weights: str | None = None
    predictions: str | None = None
    export: str | None = None


@dataclass(frozen=True)
class Member:
    """A member of an ensemble, with the weights or predictions that the ensemble was made of."""

    name: str
    made_from: MadeFrom = MadeFrom()
