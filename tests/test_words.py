"""Names, sentences, files and documents use the field's words: "image" and "predicted", never "picture" and "said"."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path
    for folder in ("core", "dashboard", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != Path(__file__).name
)
DOCUMENTS = sorted(
    path
    for pattern in (
        "*.md", "*.cff", "*.txt", "*.toml", "Dockerfile", ".github/**/*.*", ".ci/run", ".streamlit/*", ".pre-commit*",
        "dashboard/requirements.txt", "dashboard/**/*.js", "dashboard/**/*.css", "dashboard/**/*.html",
        "tests/**/README.md", "trained_models/**/README.md",
    )
    for path in ROOT.glob(pattern)
    if path.is_file() and "runtime" not in path.parts  # of the on-device page: a library's
)  # fmt: skip
"""Everything that people read or edit, besides Python."""
TABLES = sorted([*(ROOT / "core").rglob("*.csv"), *(ROOT / "trained_models").rglob("*.csv")])
CARDS = sorted((ROOT / "trained_models").rglob("*.json"))

INSTEAD = {
    "said": "predicted", "told": "predicted, label", "called": "predicted, named",
    "judge": "pipeline", "judgement": "prediction", "verdict": "prediction, result",
    "guard": "OOD detector", "guards": "OOD detectors", "strangeness": "OOD score",
    "looks": "image descriptors", "phantom": "synthetic lesion", "phantoms": "synthetic lesions",
    "sides": "splits", "strips": "layer maps", "spoilt": "randomized", "zoo": "recipe table",
    "picture": "image", "pictures": "images",
}  # fmt: skip
"""What to write instead of a word, in names and in sentences."""
PHRASES = {
    "middle spot": "central spot, center prior", "training side": "training split", "test side": "test split",
}  # fmt: skip
"""The same for several words, in sentences."""
NAMES_ONLY = {
    "how": "what the argument sets", "negatives": "OOD samples", "amount": "strength, count",
    "strip": "layer maps", "unlike": "OOD score",
}  # fmt: skip
"""Common words of English that say too little as names."""
NO_NAMES = INSTEAD | NAMES_ONLY
WHOLE_NAMES = {"Request": "ResamplingSpec", "Task": "ResamplingSpec", "How": "ResamplingSpec", "side": "split"}
"""Names that are only wrong as they stand, not as a part of another."""
MODULES = {
    "words": "text", "blocks": "views", "frame": "shell", "matrix": "confusion_matrix", "finish": "train",
    "zoo": "recipe_table", "listing": "list_models", "looks": "image_descriptors", "guard": "ood", "judge": "pipeline",
    "phantoms": "synthetic", "strips": "layer_maps", "negatives": "ood_samples", "choice": "model_selection",
}  # fmt: skip
"""Names that no file has, here and in trained_models/."""
PREDICTING = tuple(
    f"{top}/{room}/"
    for top, rooms in {
        "core": ("explain", "evaluation", "inference", "models", "release", "training"),
        "tests/core": ("explain", "evaluation", "inference", "models", "release", "training"),
        "dashboard/views": ("classify", "gradcam", "leaderboard"),
    }.items()
    for room in rooms
)
"""Folders where only a model could answer, and it predicts; in the lesson and in homework, students answer."""
NAME = r"[A-Za-z][\w.-]*"
NAME_EXCEPTIONS = {
    "Request": "of a browser, over HTTP",
    "how_to_vote": "an icon",
    "looks": "an answer's key: the network recognized the lesion by its looks",
    "negatives": "true negatives, in statistics",
    "side": "of a square, of a body, of a drawing, or of NumPy's and plotly's own argument",
}
STRING_EXCEPTIONS = {
    "core/store/upgrade.py": "keys of cards of version 1",
    "tests/core/store/test_upgrade.py": "keys of cards of version 1",
    "core/release/ood_samples.py": "an image of Matplotlib's sample data",
}
SENTENCE_EXCEPTIONS = {
    r"looks? (at|for|like|up)\b": "the verb",
    r"\bcalled (from|by|with|once|often|when|after|before|in|at|while|as)\b": "a function is called",
    r"Called (with|often|before|when)": "a function is called",
    r"Called while|to be called before": "a function is called",
    r"\b(is|are|be|been|get|gets|not|was|were) called\b": "a function is called",
    r"\bit looks\b": "the verb",
    r"as told\b|told (apart|to)\b|is told\b|said to be\b": "the verb",
    r"never called|called all|called a part|called so|called hidden": "the verb",
    r"\bits sides\b": "of a box",
    r"phantom\.png": "an image of Matplotlib's sample data",
    r"^a \+ looks$": "a value of cards of version 1",
}
OLD = re.compile("|".join([*INSTEAD, *PHRASES]))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def defined_names(path: Path) -> Iterator[str]:
    """Names that a file defines, not those that it takes from a library."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def strings_as_names(path: Path) -> Iterator[str]:
    """Texts that are names: keys of widgets and dictionaries, columns, files."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(NAME, node.value):
            yield node.value


def parts(name: str) -> list[str]:
    """The words of a name.

    Example:
        >>> parts("predictedLabel-of_image.csv")
        ['predicted', 'label', 'of', 'image', 'csv']
    """
    return re.split(r"[_.-]", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def advice(name: str) -> str:
    """What to write instead of a name; empty for a good one."""
    if name in WHOLE_NAMES:
        return WHOLE_NAMES[name]
    return next((NO_NAMES[part] for part in parts(name) if part in NO_NAMES), "")


def sentences(path: Path) -> Iterator[str]:
    """Docstrings and other texts of a file, its comments, or the prose of a document."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL).splitlines()
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
    yield from re.findall(r"(?m)(?:^|\s)# (.*)$", text)


def old_words(text: str) -> list[str]:
    """Old words of a text.

    Example:
        >>> old_words("The picture that the model said is a nevus; it looks like one.")
        ['picture', 'said']
    """
    if not OLD.search(text.lower()):  # most texts: thirty times as fast
        return []
    for exception in SENTENCE_EXCEPTIONS:
        text = re.sub(exception, "", text)
    text = re.sub(r'"[^"\s]*"|`[^`]*`', "", text)
    lower = text.lower()
    words = [word for word in re.findall(r"[a-z]+", lower) if word in INSTEAD]
    return words + [phrase for phrase in PHRASES if phrase in lower]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_names_and_sentences_use_the_fields_words(path: Path) -> None:
    defined = set(defined_names(path)) - set(NAME_EXCEPTIONS)
    if path.relative_to(ROOT).as_posix() not in STRING_EXCEPTIONS:
        defined |= set(strings_as_names(path)) - set(NAME_EXCEPTIONS)
    names = {name: advice(name) for name in defined if not name.startswith("test_") and advice(name)}
    assert not names, f"rename: {names}"
    claims = [name.replace("_", " ") for name in defined if name.startswith("test_")]  # a test's name is a sentence
    found = {word: text for text in [*sentences(path), *claims] for word in old_words(text)}
    assert not found, "rewrite: " + "; ".join(
        f"{word} ({(INSTEAD | PHRASES)[word]}) in {text!r}" for word, text in found.items()
    )


@pytest.mark.parametrize("folder", PREDICTING)
def test_a_model_predicts_and_does_not_answer(folder: str) -> None:
    paths = [path for path in FILES if path.relative_to(ROOT).as_posix().startswith(folder)]
    assert paths
    texts = {path.name: [*defined_names(path), *strings_as_names(path), *sentences(path)] for path in paths}
    found = [(name, text) for name, each in texts.items() for text in each if "answer" in text.lower()]
    assert not found, f"write prediction, predicted or predicts: {found}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_documents_use_the_fields_words(path: Path) -> None:
    assert not [(word, line) for line in sentences(path) for word in old_words(line)]


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(each)


def test_tables_and_cards_on_disk_use_the_fields_words() -> None:
    assert len(TABLES) > 20 and len(CARDS) > 15
    headers = {name for path in TABLES for name in path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")}
    fields = {name for path in CARDS for name in keys(json.loads(path.read_text(encoding="utf-8")))}
    assert {name: advice(name) for name in headers | fields if advice(name)} == {}


def test_no_file_has_an_invented_name() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    stems = {path.stem.removeprefix("test_") for path in [*FILES, *map(Path, listed)]} - {"words"}  # this file
    assert {stem: MODULES[stem] for stem in stems & set(MODULES)} == {}
    assert {stem: advice(stem) for stem in stems if advice(stem)} == {}


@pytest.mark.parametrize(
    ("name", "instead"),
    [("row_said", "predicted"), ("sampling-amount", "strength, count"), ("Task", "ResamplingSpec"), ("taskbar", "")],
)
def test_a_name_is_read_word_by_word(name: str, instead: str) -> None:
    assert advice(name) == instead


@pytest.mark.parametrize("text", ["the picture", "The model said nv.", "above the middle spot", "what it called mel"])
def test_a_sentence_with_an_old_word_is_found(text: str) -> None:
    assert old_words(text)
