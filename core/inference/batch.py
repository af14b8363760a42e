"""Predict files and folders from the command line; a file that can't be read is listed with the reason."""

import csv
import io
import json
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from core.config import MAX_BYTES
from core.errors import UserError
from core.files import replacing, require_writable, writing
from core.inference.archive import SUFFIXES
from core.inference.class_mix import ClassMix, assume
from core.inference.pipeline import Pipeline, Prediction
from core.labels import DX, ISIC

ISIC_COLUMNS = ("image", "MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
"""As in the ISIC 2018 challenge, task 3."""
COLUMNS = (*ISIC_COLUMNS, "class_mix", "doubt")
"""Of the table of predictions."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with in spreadsheets."""
REJECTED_COLUMNS = ("path", "reason")
REFUSED_SUFFIXES = (".heic", ".heif", ".avif", ".gif", ".bmp", ".tif", ".tiff")
"""Images too, which are refused by name rather than overlooked."""
ROW_BYTES = 4096
"""Upper bound of what an image adds to each result."""


@dataclass(frozen=True)
class Count:
    """How many files were predicted and refused."""

    predicted: int
    refused: int


def find_images(paths: Iterable[Path]) -> list[Path]:
    """List files and all images in folders, each once; images in a folder are sorted by name.

    Raises:
        UserError: A path doesn't exist, or there is no image at all.

    Example:
        >>> find_images([Path("no such folder")])
        Traceback (most recent call last):
        core.errors.UserError: no such folder doesn't exist. Give image files or folders of images.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in (*SUFFIXES, *REFUSED_SUFFIXES) and p.is_file()
            )
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise UserError(f"{path} doesn't exist. Give image files or folders of images.")
    if not found:
        raise UserError(f"There are no images here; looked for {', '.join(SUFFIXES)}.")
    return list(found)


def check_targets(*targets: Path | None, images: int = 1) -> None:
    """Check that all results can be written, before the first image is read.

    Args:
        targets: Files to write; None is left out.
        images: Number of images.

    Raises:
        UserError: The same file is named for two results, or a result can't be written.
    """
    named = [path for path in targets if path is not None]
    if len({path.resolve() for path in named}) < len(named):
        raise UserError("Two results would be written to the same file. Give each result its own file.")
    for path in named:
        require_writable(path, need=ROW_BYTES * images)


def predict_files(
    pipeline: Pipeline,
    paths: list[Path],
    out: Path,
    json_lines: Path | None = None,
    rejected: Path | None = None,
    on_done: Callable[[int], object] | None = None,
    mix: ClassMix = "ham10000",
) -> Count:
    """Write predictions as a table in the format of the ISIC challenge; each file is written completely or not at all.

    Args:
        pipeline: The model.
        paths: Image files.
        out: CSV with COLUMNS: name without ending, probabilities, the class mix that they assume, and why the image
            check doubts the image (empty if it doesn't).
        json_lines: Where to write complete predictions, one JSON object per line: see `as_json`.
        rejected: CSV with columns REJECTED_COLUMNS.
        on_done: Called with the number of files done so far.
        mix: Class mix that the probabilities assume.

    Raises:
        UserError: The same file is named for two results, or a result can't be written.
    """
    check_targets(out, json_lines, rejected, images=len(paths))
    predicted = 0
    with ExitStack() as stack:
        headers = (COLUMNS, None, REJECTED_COLUMNS)
        results = [_open(stack, *each) for each in zip((out, json_lines, rejected), headers, strict=True)]
        names = _names(paths)
        for i, (path, result) in enumerate(_predict_each(pipeline, paths, json_lines is not None, mix)):
            predicted += _write(results, names[path], path, result, mix)
            if on_done:
                on_done(i + 1)
    return Count(predicted, len(paths) - predicted)


class _Result(NamedTuple):
    """A file that is being written; an error in doing so names it."""

    path: Path
    stream: TextIO

    def write(self, line: str) -> None:
        with writing(self.path):
            self.stream.write(line)

    def row(self, row: Iterable[str]) -> None:
        with writing(self.path):
            csv.writer(self.stream, lineterminator="\n").writerow(row)


def _open(stack: ExitStack, path: Path | None, header: Iterable[str] | None) -> _Result | None:
    if path is None:
        return None
    beside = stack.enter_context(replacing(path))
    # A file's name need not be valid text: what isn't is written as \udcxx, which JSON reads back.
    stream = beside.open("w", encoding="utf-8", newline="", errors="backslashreplace")
    result = _Result(path, stack.enter_context(stream))
    if header:
        result.row(header)
    return result


def _names(paths: list[Path]) -> dict[Path, str]:
    """Return the name of each file in the table: without ending, or its whole path if two files have the same name."""
    counts = Counter(path.stem for path in paths)
    return {path: path.stem if counts[path.stem] == 1 else str(path) for path in paths}


def _predict_each(
    pipeline: Pipeline, paths: list[Path], flips: bool, mix: ClassMix
) -> Iterator[tuple[Path, Prediction | str]]:
    """Yield each path with its prediction, or with the reason why there is none."""
    for path in paths:
        try:
            if not stat.S_ISREG((found := path.stat()).st_mode):  # a pipe would wait, a device might never end
                raise UserError("This isn't a file.")
            if found.st_size > MAX_BYTES:
                raise UserError(f"This file is larger than {MAX_BYTES // 2**20} MB.")
            # an ensemble's prediction is the mean over the flips; of one network they only give a range
            prediction = pipeline.predict_bytes(path.read_bytes(), flips=flips or pipeline.model.averages_flips)
            yield path, assume(prediction, mix)
        except UserError as error:
            yield path, str(error)
        except OSError as error:
            yield path, f"This file can't be read: {error.strerror}."


def _write(results: list[_Result | None], name: str, path: Path, result: Prediction | str, mix: ClassMix) -> bool:
    table, lines, refused = results
    if isinstance(result, str):
        if refused:
            refused.row([str(path), result])
        return False
    doubt = " ".join(warning.problem for warning in result.warnings)
    if table:
        table.row(isic_row(name, result, mix))
    if lines:
        lines.write(json.dumps(as_json(path, result) | {"class_mix": mix, "doubt": doubt}, ensure_ascii=False) + "\n")
    return True


def isic_row(name: str, prediction: Prediction, mix: ClassMix) -> list[str]:
    """Return one row of the table of predictions, in the order of COLUMNS.

    Args:
        name: Of the image.
        prediction: For it.
        mix: Class mix that its probabilities assume.
    """
    doubt = " ".join(warning.problem for warning in prediction.warnings)
    return [name, *(f"{prediction.probabilities[DX.index(ISIC[each])]:.6f}" for each in ISIC_COLUMNS[1:]), mix, doubt]


def isic_csv(rows: Iterable[Iterable[str]]) -> str:
    """Write the table of predictions as text; a name that a spreadsheet would take for a formula gets an apostrophe.

    Args:
        rows: As `isic_row` returns them.
    """
    stream = io.StringIO()
    plain = ([f"'{name}" if name.startswith(FORMULA) else name, *rest] for name, *rest in rows)
    csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *plain])
    return stream.getvalue()


def as_json(path: Path, prediction: Prediction) -> dict[str, Any]:
    """Convert a prediction to plain numbers and strings; heatmaps are left out."""
    ranges = {dx: prediction.flip_range(dx) for dx in DX}
    return {
        "path": str(path),
        "calibrated": prediction.calibrated,
        "probabilities": {dx: round(float(p), 6) for dx, p in zip(DX, prediction.probabilities, strict=True)},
        "raw_probabilities": {dx: round(float(p), 6) for dx, p in zip(DX, prediction.raw_probabilities, strict=True)},
        "over_flips": {dx: [round(each.low, 6), round(each.high, 6)] for dx, each in ranges.items()},
        "malignant": round(prediction.malignant.value, 6),
        "conformal_set": list(prediction.conformal_set),
        "ood_score": None if prediction.ood_score is None else round(prediction.ood_score, 4),
        "neighbours": [vars(each) | {"similarity": round(each.similarity, 4)} for each in prediction.neighbours],
        "milliseconds": round(1000 * prediction.seconds, 1),
    }
