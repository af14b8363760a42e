"""Numbers are written the same way everywhere."""

import math

import pandas as pd
import pytest

from dashboard.text.format import MINUS, change, count, figure, percent, points, shares, signed, threshold

NAN = math.nan


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(2, 3, "67%"), (1, 90, "1.1%"), (1, 5000, "0.02%"), (0, 9, "0%"), (9, 9, "100%"), (1999, 2000, "99.9%"),
     (995, 10_000, "10%"), (1, 0, "no share")],
)  # fmt: skip
def test_percentages_have_two_digits_and_no_space(part: float, whole: float, text: str) -> None:
    assert percent(part, whole) == text


def test_counts_agree_with_their_noun() -> None:
    assert (count(1), count(0), count(7470, "lesions")) == ("1 image", "0 images", "7,470 lesions")


def test_differences_have_a_sign_and_a_real_minus() -> None:
    assert signed(-0.01) == f"{MINUS}0.010"
    assert (signed(0.2, 1), signed(-0.0001), signed(0.4, 0)) == ("+0.2", "0.000", "0")
    assert change(-0.01, -0.06, 0.04) == f"{MINUS}0.010 [{MINUS}0.060, +0.040]"
    assert change(0.1, NAN, NAN) == "+0.100"
    assert points(0.042, -0.01, 0.07) == f"+4.2 points [{MINUS}1.0, +7.0]"
    assert change(NAN, 0, 0) == points(NAN, 0, 0) == figure(NAN, 0, 0) == "undefined"


def test_figures_have_three_decimals_and_an_interval_where_there_is_one() -> None:
    assert figure(0.5, 0.25, 0.75) == "0.500 [0.250, 0.750]"
    assert figure(1.0, NAN, NAN) == "1.000"
    assert threshold(0.095) == "9.5%"
    table = pd.DataFrame({"x": [0.79, NAN, 0.5], "x_low": [0.7, 0, NAN], "x_high": [0.85, 0, NAN]})
    assert shares(table, "x") == ["79% [70, 85]", "undefined", "50%"]
