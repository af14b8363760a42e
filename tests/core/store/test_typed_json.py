"""Dataclasses to JSON and back: every field is checked, errors name the field."""

import math
from dataclasses import dataclass, field
from typing import Literal

import pytest

from core.stats import UNDEFINED, Estimate
from core.store.typed_json import FieldError, from_json, to_json


@dataclass(frozen=True)
class Part:
    kind: Literal["a", "b"]
    shape: tuple[int, int]
    shares: dict[str, float]
    names: tuple[str, ...] = ()
    figure: Estimate | None = None
    extra: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.shape[0] < 0:
            raise ValueError("shape is negative")


PLAIN = {"kind": "a", "shape": [2, 3], "shares": {"nv": 1}}


def test_what_is_written_is_read() -> None:
    part = Part("b", (1, 2), {"nv": 0.5}, ("x", "y"), Estimate(0.5, 0.25, 1.0), {"n": 3})
    assert from_json(Part, to_json(part)) == part
    assert to_json(from_json(Part, PLAIN)) == {"kind": "a", "shape": [2, 3], "shares": {"nv": 1.0}}


def test_undefined_figures_are_null() -> None:
    assert to_json(UNDEFINED) == {"value": None, "low": None, "high": None}
    assert math.isnan(from_json(Estimate, to_json(UNDEFINED)).value)
    assert to_json({"x": math.inf}) == {"x": None}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "c"}, "kind is not one of a, b"),
        ({"shape": [2]}, "shape does not have 2 entries"),
        ({"shape": 2}, "shape is not a list"),
        ({"shape": [2, 3.5]}, "shape[1] is not a whole number"),
        ({"shape": [True, 3]}, "shape[0] is not a whole number"),
        ({"shape": [-1, 3]}, "shape is negative"),
        ({"shares": {"nv": "1"}}, "shares.nv is not a number"),
        ({"shares": {"nv": None}}, "shares.nv is not a number"),
        ({"shares": []}, "shares is not an object"),
        ({"names": [3]}, "names[0] is not text"),
        ({"figure": {"value": 1, "low": 0}}, "figure.high is missing"),
        ({"figure": {"value": 1, "low": 0, "high": 2, "mid": 1}}, "figure.mid is unknown"),
        ({"figure": 0.5}, "figure is not an object"),
        ({"sharse": {}}, "sharse is unknown"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change: dict[str, object], problem: str) -> None:
    with pytest.raises(FieldError) as caught:
        from_json(Part, PLAIN | change)
    assert str(caught.value) == problem


@pytest.mark.parametrize("name", PLAIN)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(FieldError, match=f"^{name} is missing$"):
        from_json(Part, {key: value for key, value in PLAIN.items() if key != name})


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(FieldError, match=r"^it is not an object$"):
        from_json(Part, [1])


@dataclass(frozen=True)
class Listed:
    names: tuple[str, ...]
    size: tuple[int, str]


def test_a_list_of_any_length_and_one_of_a_fixed_length() -> None:
    for names in ((), ("a",), ("a", "b", "c")):
        assert from_json(Listed, to_json(Listed(names, (3, "x")))) == Listed(names, (3, "x"))
    with pytest.raises(FieldError, match=r"^names\[1\] is not text$"):
        from_json(Listed, {"names": ["a", 2], "size": [3, "x"]})
    with pytest.raises(FieldError, match=r"^size does not have 2 entries$"):
        from_json(Listed, {"names": [], "size": [3]})
    with pytest.raises(FieldError, match=r"^size\[0\] is not a whole number$"):
        from_json(Listed, {"names": [], "size": ["x", 3]})
