"""Which files hold examples: importing every module of core to look for some would take TensorFlow, and seconds."""

from pathlib import Path

CORE = Path(__file__).parent / "core"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Of core, collect only the modules that have an example in a docstring."""
    if collection_path.suffix != ".py" or CORE not in collection_path.parents:
        return None
    return True if ">>>" not in collection_path.read_text(encoding="utf-8") else None
