import pytest

from core.labels import DX
from core.store.fitted_facts import TEMPERATURES, Calibration, Conformal, ConformalClass, Span
from core.store.stored import MadeFrom

CLASS = ConformalClass(0.1, 5, 4, Span(0.5, 0.9))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_ends_of_the_temperatures_are_among_them(temperature: float) -> None:
    assert Calibration(MadeFrom(), temperature, {}, {}).temperature == temperature


@pytest.mark.parametrize("temperature", [0.0, 0.049, 20.1, float("nan"), -1])
def test_a_temperature_that_no_fit_gives_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match=r"temperature .* is not between 0\.05 and 20"):
        Calibration(MadeFrom(), temperature, {}, {})


def test_measures_are_those_of_the_split() -> None:
    calibration = Calibration(MadeFrom(), 1.0, {"validation": None}, {"test": None})  # type: ignore[dict-item]
    assert list(calibration.of("validation")) == ["validation"] and list(calibration.of("test")) == ["test"]


@pytest.mark.parametrize("classes", [(), DX[1:], (*DX, "scc")])
def test_every_class_has_one_threshold(classes: tuple[str, ...]) -> None:
    Conformal(MadeFrom(), 0.1, dict.fromkeys(DX, CLASS), {})
    with pytest.raises(ValueError, match="classes is not one threshold for each of akiec"):
        Conformal(MadeFrom(), 0.1, dict.fromkeys(classes, CLASS), {})
