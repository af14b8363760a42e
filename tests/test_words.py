"""The code and the documents use the field's words: "image" and "predicted", never "picture" and "said"."""

import ast
import re
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
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

INSTEAD = {
    "said": "predicted", "told": "predicted, label", "called": "predicted, named",
    "judge": "pipeline", "judgement": "prediction", "verdict": "prediction, result",
    "guard": "OOD detector", "guards": "OOD detectors", "strangeness": "OOD score",
    "looks": "image descriptors", "phantom": "synthetic lesion", "phantoms": "synthetic lesions",
    "sides": "splits", "strips": "layer maps", "spoilt": "randomized", "zoo": "recipe table",
    "picture": "image", "pictures": "images",
}  # fmt: skip
"""What to write instead of a word, in names and in sentences."""
NAMES_ONLY = {"how": "what the argument sets", "words": "text", "negatives": "OOD samples", "amount": "strength, count"}
"""Common words of English that say too little as names."""
MODULES = {"words", "blocks", "frame", "matrix", "finish", "zoo", "listing", "looks", "guard", "judge", "phantoms"}
NAME_EXCEPTIONS = {
    "negatives": "true negatives, in statistics",
}
SENTENCE_EXCEPTIONS = {
    r"looks? (at|for|like|up)\b": "the verb",
    r"\bcalled (from|by|with|once|often|when|after|before|in|at|while)\b": "a function is called",
    r"Called (with|often|before|when)": "a function is called",
    r"\b(is|are|be|been|get|gets|not|was|were) called\b": "a function is called",
    r"\bit looks\b": "the verb",
    r"as told\b|told (apart|to)\b|is told\b|said to be\b": "the verb",
    r"never called|called all|called a part|called so|called hidden": "the verb",
    r"phantom\.png": "an image of Matplotlib's sample data",
    r"^a \+ looks$": "a value of cards of version 1",
}


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


def parts(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def sentences(path: Path) -> Iterator[str]:
    """Docstrings and other texts of a file, its comments, or the prose of a document."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
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
    for exception in SENTENCE_EXCEPTIONS:
        text = re.sub(exception, "", text)
    text = re.sub(r'"[^"\s]*"|`[^`]*`', "", text)
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word in INSTEAD]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_names_and_sentences_use_the_fields_words(path: Path) -> None:
    instead = INSTEAD | NAMES_ONLY
    defined = set(defined_names(path)) - set(NAME_EXCEPTIONS)
    names = {name for name in defined if not name.startswith("test_") and set(parts(name)) & set(instead)}
    assert not names, "rename: " + ", ".join(
        f"{name} ({instead[next(part for part in parts(name) if part in instead)]})" for name in sorted(names)
    )
    claims = [name.replace("_", " ") for name in defined if name.startswith("test_")]  # a test's name is a sentence
    found = {word: text for text in [*sentences(path), *claims] for word in old_words(text)}
    assert not found, "rewrite: " + "; ".join(f"{word} ({INSTEAD[word]}) in {text!r}" for word, text in found.items())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_documents_use_the_fields_words(path: Path) -> None:
    assert not [(word, line) for line in sentences(path) for word in old_words(line)]


def test_no_module_has_an_invented_name() -> None:
    assert not [path for path in FILES if path.stem in MODULES]
