"""What every download shares."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT
from core.data.download.job import DownloadProgress, check_space, download_job, size_text, write_attribution
from core.errors import UserError


def test_progress_says_where_it_stands() -> None:
    progress = DownloadProgress("a.zip", 250_000_000, 1_000_000_000, 2, 7)
    assert progress.share == 0.25
    assert progress.text == "Step 2 of 7: a.zip, 250.0 MB of 1.0 GB"
    assert DownloadProgress("a.zip", 5, 0, 1, 1).share == 0.0
    assert DownloadProgress("a.zip", 9, 5, 1, 1).share == 1.0


@pytest.mark.parametrize(("size", "text"), [(14_000, "14 kB"), (2_500_000, "2.5 MB"), (1_366_522_108, "1.4 GB")])
def test_size_text(size: int, text: str) -> None:
    assert size_text(size) == text


def test_too_little_space_names_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10**9}))
    check_space(tmp_path, 10**9)
    with pytest.raises(UserError, match=r"3\.0 GB are needed and .* has 1\.0 GB free; free some space"):
        check_space(tmp_path, 3 * 10**9)


def test_one_download_at_a_time(tmp_path: Path) -> None:
    with download_job(tmp_path):
        with pytest.raises(UserError, match="already running"), download_job(tmp_path):
            pass
        with pytest.raises(UserError, match="already running"), download_job(tmp_path):  # still held
            pass
    with download_job(tmp_path / "new" / "folder"):
        assert (tmp_path / "new" / "folder").is_dir()


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "is full; free some space"), (errno.EACCES, "HAM10000_DIR")]
)
def test_faults_of_the_disk_are_explained(tmp_path: Path, number: int, message: str) -> None:
    with pytest.raises(UserError, match=message), download_job(tmp_path):
        raise OSError(number, "says the system")


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"), download_job(tmp_path / "file"):
        pass


def test_attribution_names_author_licence_and_source(tmp_path: Path) -> None:
    write_attribution(tmp_path, "This copy: from the moon.")
    text = (tmp_path / "ATTRIBUTION.txt").read_text()
    assert all(each in text for each in ("CC BY-NC 4.0", "Tschandl", "10.1038/sdata.2018.161", "from the moon"))


def test_importing_reaches_no_network() -> None:
    code = (
        "import socket\n"
        "def refuse(*_): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import core.cli, core.data.download.dataverse, core.data.download.isic_archive, dashboard.components.widgets\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
