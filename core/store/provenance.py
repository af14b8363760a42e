"""Whether files are those that a card was written for, and parts were made from the files that there are now."""

from pathlib import Path
from typing import Protocol, TypeVar

from core.errors import UserError
from core.files import sha256
from core.store.card import Card, read_card
from core.store.names import CARD
from core.store.stored import MadeFrom, StoredFile


class Made(Protocol):
    """A part of a card that was made from some of the model's files."""

    @property
    def made_from(self) -> MadeFrom:
        """Hashes of these files."""


class MadeFile(Made, Protocol):
    """A part that has its own file."""

    @property
    def file(self) -> StoredFile:
        """Which file."""


Part = TypeVar("Part", bound=Made)


def stored_file(path: Path) -> StoredFile:
    """Describe a file for a card."""
    return StoredFile(path.name, sha256(path), path.stat().st_size)


def check_file(folder: Path, stored: StoredFile) -> Path:
    """Raise if a file is not the one that a card was written for.

    Returns:
        The file.

    Raises:
        UserError: It is missing or altered.
    """
    path = folder / stored.name
    if not path.is_file():
        raise UserError(f"{folder.name}/{path.name} is missing; fetch it again or train the model.")
    if sha256(path) != stored.sha256:
        raise UserError(f"{folder.name}/{path.name} is not the file that its card describes (SHA-256); fetch it again.")
    return path


def current(card: Card, part: Part | None) -> Part | None:
    """Return a part of a card, if it was made from the files that the card names now; else None.

    The one answer to "was this fitted for this export?".

    Args:
        card: The card.
        part: One of its parts, such as `card.calibration`.
    """
    return part if part is not None and matches(part.made_from, card) else None


def require_current(folder: Path, card: Card, part: MadeFile, command: str) -> Path:
    """Return the file of a part, made from the files that the card names now.

    Args:
        folder: trained_models/NAME.
        card: Its card.
        part: One of its parts, such as `card.cam_checks`.
        command: What computes it again, without the model's name: "explain checks".

    Raises:
        UserError: The file is missing or altered, or was computed for a former model.
    """
    path = check_file(folder, part.file)
    if current(card, part) is None:
        again = f"run `python -m core {command} {folder.name}`"
        raise UserError(f"{folder.name}/{path.name} was computed for a former model; {again}.")
    return path


def predictor(card: Card) -> MadeFrom:
    """Hashes of what predicts new images: the export; of an ensemble its predictions, which its members' stand for."""
    return MadeFrom(predictions=card.files.predictions) if card.members else MadeFrom(export=card.files.export)


def matches(made_from: MadeFrom, card: Card) -> bool:
    """Return whether recorded hashes, one at least, are those of a card's files."""
    recorded = {name: value for name, value in vars(made_from).items() if value is not None}
    return bool(recorded) and all(getattr(card.files, name) == value for name, value in recorded.items())


def check_members(folder: Path, card: Card) -> list[Path]:
    """Raise if an ensemble was made of other networks than its members are now.

    Returns:
        The members' folders; of a single network none.

    Raises:
        UserError: A member is missing or has changed.
    """
    where, again = f"{folder.name}/{CARD}", "make the ensemble again"
    folders = [folder.parent / Path(member.name).name for member in card.members]
    for path, member in zip(folders, card.members, strict=True):
        if not (path / CARD).is_file():
            raise UserError(f"{where}: its member {path.name} is missing; fetch {path.name} again or {again}.")
        if member.made_from != MadeFrom() and not matches(member.made_from, read_card(path)):
            raise UserError(f"{where}: its member {path.name} has been trained again since; {again}.")
    return folders
