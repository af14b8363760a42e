"""Frozen dataclasses to JSON and back: every field is checked, and an error names the field."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
PLAIN: dict[type, str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
"""The leaves of a JSON document, and how an error names them."""


class FieldError(Exception):
    """A field that doesn't fit; the message names it, without the file."""


def to_json(value: object) -> Any:
    """Turn a dataclass into what `json.dumps` takes; fields that are empty by default and still are, are left out.

    Example:
        >>> from core.stats import Estimate
        >>> to_json(Estimate(0.5, float("nan"), 1.0))
        {'value': 0.5, 'low': None, 'high': 1.0}
    """
    if is_dataclass(value):
        items = {each.name: getattr(value, each.name) for each in fields(value)}
        empty = {each.name for each in fields(value) if each.default in (None, ()) or each.default_factory is dict}
        return {name: to_json(item) for name, item in items.items() if not (name in empty and item in (None, (), {}))}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def from_json(kind: type[T], value: object) -> T:
    """Build a dataclass from parsed JSON.

    Args:
        kind: Its fields are text, numbers, Literals, other dataclasses, and dictionaries, tuples and options of these.
            A float declared as `core.stats.Measured` may be null, which reads as NaN.
        value: As `json.loads` returns it.

    Raises:
        FieldError: A field is missing, unknown or of another type.

    Example:
        >>> from core.stats import Estimate
        >>> from_json(Estimate, {"value": 0.5, "low": 0, "hihg": 1})
        Traceback (most recent call last):
        core.store.typed_json.FieldError: hihg is unknown
    """
    built: T = _build(kind, value, "")
    return built


def _build(kind: Any, value: object, where: str) -> Any:
    if kind in PLAIN:
        return _leaf(kind, value, where)
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return math.nan if value is None else _build(inside[0], value, where)
    if origin in (Union, UnionType):
        return None if value is None else _build(next(each for each in inside if each is not NoneType), value, where)
    if origin is Literal:
        return _require(value in inside, value, where, f"is not one of {', '.join(map(str, inside))}")
    if origin is dict:
        items = _require(isinstance(value, dict), value, where, "is not an object")
        return {_build(inside[0], key, where): _build(inside[1], item, f"{where}.{key}") for key, item in items.items()}
    if origin is tuple:
        return _tuple(inside, _require(isinstance(value, list), value, where, "is not a list"), where)
    return _dataclass(kind, _require(isinstance(value, dict), value, where, "is not an object"), where)


def _dataclass(kind: Any, items: dict[str, object], where: str) -> Any:
    types, required = _fields(kind)
    for name in items:
        if name not in types:
            raise _error(f"{where}.{name}", "is unknown")
    for name in required:
        if name not in items:
            raise _error(f"{where}.{name}", "is missing")
    values = {name: _build(types[name], item, f"{where}.{name}") for name, item in items.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise FieldError(f"{where}.{error}".removeprefix(".")) from error


def _tuple(inside: tuple[Any, ...], items: list[object], where: str) -> tuple[Any, ...]:
    kinds = [inside[0]] * len(items) if inside[-1] is ... else list(inside)
    _require(len(kinds) == len(items), None, where, f"does not have {len(kinds)} entries")
    return tuple(_build(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, items, strict=True)))


def _leaf(kind: type, value: object, where: str) -> object:
    if type(value) is kind:  # bool is not taken for the int that it is
        return value
    if kind is float and type(value) is int:
        return float(value)
    raise _error(where, f"is not {PLAIN[kind]}")


def _require(fits: bool, value: Any, where: str, problem: str) -> Any:
    if not fits:
        raise _error(where, problem)
    return value


def _error(where: str, problem: str) -> FieldError:
    return FieldError(f"{where.removeprefix('.') or 'it'} {problem}")


@cache
def _fields(kind: type) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of a dataclass with their types, and the names of those without a default."""
    required = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    return get_type_hints(kind, include_extras=True), tuple(required)
