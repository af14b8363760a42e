"""Classify files and folders from the command line; what is refused is noted with its reason and stops nothing."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from core.errors import UserError
from core.files import replacing
from core.inference.decode import MAX_BYTES, decode
from core.inference.pipeline import Judge, Judgement
from core.labels import DX, ISIC

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
ISIC_COLUMNS = ("image", "MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
"""As in the ISIC 2018 challenge, task 3."""
REJECTED_COLUMNS = ("path", "reason")


@dataclass(frozen=True)
class Count:
    """How many files were answered and refused."""

    answered: int
    refused: int


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Files as they are, and all pictures below folders, by name; each once.

    Raises:
        UserError: A path does not exist, or there is no picture at all.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise UserError(f"{path} does not exist; give files or folders with pictures.")
    if not found:
        raise UserError(f"There is no picture here; looked for {', '.join(SUFFIXES)}.")
    return list(found)


def predict(
    judge: Judge,
    paths: list[Path],
    out: Path,
    json_lines: Path | None = None,
    rejected: Path | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Count:
    """Classify pictures into a table in the ISIC challenge's format; each file is written whole or not at all.

    Args:
        judge: The model.
        paths: Files.
        out: CSV with columns ISIC_COLUMNS: name without ending, calibrated probabilities.
        json_lines: Where to write everything that is said of each picture, one JSON object a line.
        rejected: CSV with columns REJECTED_COLUMNS.
        on_done: Called with the number done so far.

    Raises:
        UserError: Two files would be one, or one cannot be written.
    """
    targets = [path for path in (out, json_lines, rejected) if path is not None]
    if len({path.resolve() for path in targets}) < len(targets):
        raise UserError(f"{out} is named twice; give each result a file of its own.")
    answered = 0
    try:
        with ExitStack() as stack:
            headers = (ISIC_COLUMNS, None, REJECTED_COLUMNS)
            streams = [_open(stack, *each) for each in zip((out, json_lines, rejected), headers, strict=True)]
            names = _names(paths)
            for i, (path, said) in enumerate(_each(judge, paths, json_lines is not None)):
                answered += _write(streams, names[path], path, said)
                if on_done:
                    on_done(i + 1)
    except OSError as error:
        raise UserError(f"The results cannot be written to {error.filename or out}: {error.strerror}.") from error
    return Count(answered, len(paths) - answered)


def _open(stack: ExitStack, path: Path | None, header: Iterable[str] | None) -> TextIO | None:
    if path is None:
        return None
    beside = stack.enter_context(replacing(path))
    stream = stack.enter_context(beside.open("w", encoding="utf-8", newline=""))
    if header:
        _row(stream, header)
    return stream


def _names(paths: list[Path]) -> dict[Path, str]:
    """What each file is called in the table: its name without ending, or its whole path where two are called alike."""
    counts = Counter(path.stem for path in paths)
    return {path: path.stem if counts[path.stem] == 1 else str(path) for path in paths}


def _each(judge: Judge, paths: list[Path], flips: bool) -> Iterator[tuple[Path, Judgement | str]]:
    for path in paths:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise UserError(f"The file is larger than {MAX_BYTES // 2**20} MB.")
            said = judge.judge(decode(path.read_bytes()), flips)
            yield path, " ".join(fault.what for fault in said.faults) or said
        except UserError as error:
            yield path, str(error)
        except OSError as error:
            yield path, f"It cannot be read: {error.strerror}."


def _write(streams: list[TextIO | None], name: str, path: Path, said: Judgement | str) -> bool:
    table, lines, refused = streams
    if isinstance(said, str):
        if refused:
            _row(refused, [str(path), said])
        return False
    if table:
        _row(table, [name, *(f"{said.probabilities[DX.index(ISIC[each])]:.6f}" for each in ISIC_COLUMNS[1:])])
    if lines:
        lines.write(json.dumps(as_json(path, said), ensure_ascii=False) + "\n")
    return True


def _row(stream: TextIO, row: Iterable[str]) -> None:
    csv.writer(stream, lineterminator="\n").writerow(row)


def as_json(path: Path, said: Judgement) -> dict[str, Any]:
    """Everything that is said of one picture, as plain numbers and words."""
    return {
        "path": str(path),
        "probabilities": {dx: round(float(p), 6) for dx, p in zip(DX, said.probabilities, strict=True)},
        "over_flips": {dx: [round(said.over_flips(dx).low, 6), round(said.over_flips(dx).high, 6)] for dx in DX},
        "malignant": round(said.malignant.value, 6),
        "conformal_set": list(said.members),
        "strangeness": None if said.strangeness is None else round(said.strangeness, 4),
        "neighbours": [vars(each) | {"similarity": round(each.similarity, 4)} for each in said.neighbours],
        "milliseconds": round(1000 * said.seconds, 1),
    }
