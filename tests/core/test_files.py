"""What tells that a file has changed: its size, its time, its presence."""

import os
from pathlib import Path

from core.files import state_of


def test_another_state_whenever_a_file_has_changed(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_text("x")
    two.write_text("y")
    before = state_of([one, two])
    assert state_of([one, two]) == before
    assert state_of([one]) != before
    os.utime(two, ns=(0, 0))
    later = state_of([one, two])
    assert later != before
    two.write_text("longer")
    os.utime(two, ns=(0, 0))
    assert state_of([one, two]) != later
