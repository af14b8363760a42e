"""Which files hold examples: importing every module to look for some would take TensorFlow, and seconds."""

from pathlib import Path

ROOT = Path(__file__).parent
CODE = {ROOT / "core", ROOT / "dashboard"}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Of the code, collect only the modules that have an example in a docstring."""
    if collection_path.suffix != ".py" or not CODE & set(collection_path.parents):
        return None
    return True if ">>>" not in collection_path.read_text(encoding="utf-8") else None
