"""Where the class database lies, and whether there are rooms at all; read from the environment."""

import os
from pathlib import Path

from core.config import ROOT

FILE = "classroom.sqlite"


def rooms_on() -> bool:
    """Tell whether visitors may open and join rooms: yes, unless HAM10000_ROOMS says 0."""
    return os.environ.get("HAM10000_ROOMS", "1").strip().lower() not in ("0", "false", "no", "off")


def state_dir() -> Path:
    """Return the folder for what the app stores: the environment variable HAM10000_STATE, or else state/."""
    return Path(os.environ.get("HAM10000_STATE") or ROOT / "state").resolve()


def has_rooms() -> bool:
    """Tell whether there may be rooms: a database is named, or its file exists."""
    return bool(os.environ.get("HAM10000_DATABASE")) or (state_dir() / FILE).is_file()


def database_url() -> str:
    """Return the database's address: HAM10000_DATABASE, or else a SQLite file in `state_dir`."""
    url = os.environ.get("HAM10000_DATABASE") or f"sqlite:///{(state_dir() / FILE).as_posix()}"
    return url.replace("postgres://", "postgresql://").replace("postgresql://", "postgresql+psycopg://")
