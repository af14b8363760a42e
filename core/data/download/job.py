"""What every download of the dataset shares: progress, one at a time, room on the disk, attribution."""

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
"""Folder inside the dataset's that holds what is not finished."""
SAMPLE_IMAGES = "HAM10000_sample_thumbnails"
"""Picture folder of a sample; a dataset with pictures elsewhere is no sample."""

_running = threading.Lock()


@dataclass(frozen=True)
class Progress:
    """Where a download stands.

    Attributes:
        file: What is being fetched or unpacked.
        done: Bytes of this step that are there.
        total: Bytes of this step, 0 if unknown.
        step: Number of this step, from 1.
        steps: How many there are.
        note: A closing sentence, given once at the end.
    """

    file: str
    done: int
    total: int
    step: int
    steps: int
    note: str = ""

    @property
    def share(self) -> float:
        """Part of this step that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def text(self) -> str:
        """One line for a progress bar."""
        return f"Step {self.step} of {self.steps}: {self.file}, {size_text(self.done)} of {size_text(self.total)}"


Report = Callable[[Progress], None]


class Steps:
    """Numbers the steps of a job for its progress reports."""

    def __init__(self, progress: Report, steps: int) -> None:
        """Count from nothing done.

        Args:
            progress: Who is told.
            steps: How many there will be.
        """
        self.progress, self.steps, self.now = progress, steps, 0

    def step(self, name: str) -> OnBytes:
        """Begin the next step; what is returned reports on it."""
        self.now += 1
        now = self.now
        return lambda done, total: self.progress(Progress(name, done, total, now, self.steps))

    def finish(self, note: str) -> None:
        """Report the end, with a closing sentence."""
        steps = max(self.steps, 1)
        self.progress(Progress("done", 1, 1, steps, steps, note))


@contextmanager
def download_job(folder: Path) -> Iterator[None]:
    """Make the folder and hold off a second download in this process until the block is left.

    Raises:
        UserError: Another one is running, or the disk refuses to be written or runs full.
    """
    if not _running.acquire(blocking=False):
        raise UserError("A download is running already; wait until it is finished.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(f"The disk of {folder} ran full; make room and start the download again.") from error
        raise UserError(
            f"{folder} cannot be written ({error.strerror or error}); point HAM10000_DIR at a folder that can be."
        ) from error
    finally:
        _running.release()


def check_space(folder: Path, need: int) -> None:
    """Raise if the disk of a folder has less than `need` bytes free.

    Raises:
        UserError: With both numbers.
    """
    free = shutil.disk_usage(folder).free
    if free < need:
        raise UserError(
            f"{size_text(need)} are needed and {folder} has {size_text(free)} free; "
            "make room or point HAM10000_DIR at another disk."
        )


def size_text(size: int) -> str:
    """Bytes for people: 1.4 GB, 812 MB, 14 kB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1e3:.0f} kB"


def write_attribution(folder: Path, source: str) -> None:
    """Write ATTRIBUTION.txt beside the data: whose it is, its licence, where it came from.

    Args:
        source: Sentences on where this copy came from.
    """
    text = (
        "HAM10000, a collection of dermatoscopic pictures of common pigmented skin lesions.\n"
        "(c) ViDIR Group, Department of Dermatology, Medical University of Vienna.\n"
        "Licence: CC BY-NC 4.0, https://creativecommons.org/licenses/by-nc/4.0/ (no commercial use).\n"
        "Cite: Tschandl P., Rosendahl C., Kittler H. The HAM10000 dataset, a large collection of multi-source\n"
        "dermatoscopic images of common pigmented skin lesions. Scientific Data 5, 180161 (2018).\n"
        "https://doi.org/10.1038/sdata.2018.161\n\n"
        f"{source}\n"
    )
    with replacing(folder / "ATTRIBUTION.txt") as beside:
        beside.write_text(text, encoding="utf-8")
