"""Shared by all dataset downloads: progress, a lock, the disk space check and the attribution file."""

import errno
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.data.download.web import OnBytes
from core.errors import UserError
from core.files import replacing

STAGING = ".download"
"""Folder for unfinished files, inside the dataset folder."""
SAMPLE_IMAGES = "HAM10000_sample_thumbnails"
"""Image folder of a sample; a dataset with images in any other folder isn't a sample."""

_running = threading.Lock()


@dataclass(frozen=True)
class DownloadProgress:
    """Progress of a download.

    Attributes:
        file: The file being downloaded or unpacked.
        done: Bytes done in this step.
        total: Bytes of this step, 0 if unknown.
        step: Number of this step, from 1.
        steps: Number of steps.
        note: Summary, set only at the end.
    """

    file: str
    done: int
    total: int
    step: int
    steps: int
    note: str = ""

    @property
    def share(self) -> float:
        """Completed share of this step, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def text(self) -> str:
        """Text for a progress bar."""
        return f"Step {self.step} of {self.steps}: {self.file}, {size_text(self.done)} of {size_text(self.total)}"


Report = Callable[[DownloadProgress], None]


class Steps:
    """Numbers the steps of a job in its progress reports."""

    def __init__(self, progress: Report, steps: int) -> None:
        """Start before the first step.

        Args:
            progress: Receives the reports.
            steps: Number of steps.
        """
        self.progress, self.steps, self.now = progress, steps, 0

    def step(self, name: str) -> OnBytes:
        """Begin the next step and return its progress callback."""
        self.now += 1
        now = self.now
        return lambda done, total: self.progress(DownloadProgress(name, done, total, now, self.steps))

    def finish(self, note: str) -> None:
        """Report the end, with a summary."""
        steps = max(self.steps, 1)
        self.progress(DownloadProgress("done", 1, 1, steps, steps, note))


@contextmanager
def download_job(folder: Path) -> Iterator[None]:
    """Create the folder and block other downloads in this process while the context is active.

    Raises:
        UserError: Another download is running, or the disk is full or can't be written.
    """
    if not _running.acquire(blocking=False):
        raise UserError("A download is already running; wait until it has finished.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(f"The disk of {folder} is full; free some space and start the download again.") from error
        raise UserError(
            f"{folder} cannot be written ({error.strerror or error}); point HAM10000_DIR at a writable folder."
        ) from error
    finally:
        _running.release()


def check_space(folder: Path, need: int) -> None:
    """Check that a folder's disk has at least `need` free bytes.

    Raises:
        UserError: It has less.
    """
    free = shutil.disk_usage(folder).free
    if free < need:
        raise UserError(
            f"{size_text(need)} are needed and {folder} has {size_text(free)} free; "
            "free some space or point HAM10000_DIR at another disk."
        )


def size_text(size: int) -> str:
    """Format a number of bytes.

    Example:
        >>> size_text(1_400_000_000), size_text(14_000)
        ('1.4 GB', '14 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1e3:.0f} kB"


def write_attribution(folder: Path, source: str) -> None:
    """Write ATTRIBUTION.txt next to the data: authors, licence and source.

    Args:
        source: Where this copy came from, in sentences.
    """
    text = (
        "HAM10000, a collection of dermatoscopic images of common pigmented skin lesions.\n"
        "(c) ViDIR Group, Department of Dermatology, Medical University of Vienna.\n"
        "Licence: CC BY-NC 4.0, https://creativecommons.org/licenses/by-nc/4.0/ (no commercial use).\n"
        "Cite: Tschandl P., Rosendahl C., Kittler H. The HAM10000 dataset, a large collection of multi-source\n"
        "dermatoscopic images of common pigmented skin lesions. Scientific Data 5, 180161 (2018).\n"
        "https://doi.org/10.1038/sdata.2018.161\n\n"
        f"{source}\n"
    )
    with replacing(folder / "ATTRIBUTION.txt") as beside:
        beside.write_text(text, encoding="utf-8")
