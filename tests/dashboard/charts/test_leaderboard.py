"""Leaderboard charts: what is drawn is what the table says, and the sentence says the same."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import METRICS
from core.evaluation.reported import reported
from core.labels import COLORS, DX
from core.stats import Estimate
from dashboard.charts.leaderboard import by_diagnosis, forest, name_label
from dashboard.text.leaderboard import MEASURES, reported_sentence


def board(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Rows of a leaderboard where every metric has the same figure, and a majority class at 0.2 without interval."""
    floor = (MAJORITY, 0.2, np.nan, np.nan)
    return pd.DataFrame(
        [
            {"name": name}
            | {f"{m}{end}": x for m in METRICS for end, x in (("", value), ("_low", low), ("_high", high))}
            | {"validation_score": np.nan if name == MAJORITY else value}
            for name, value, low, high in (*rows, floor)
        ]
    )


ROWS = board(("strong_one", 0.7, 0.6, 0.75), ("weak_one", 0.5, 0.45, 0.55))


@pytest.mark.parametrize("name", METRICS)
def test_forest_draws_each_model_with_its_interval_and_the_floor(name: str) -> None:
    fig, table, sentence = forest(ROWS, METRICS[name])
    marks = fig.data[0]
    best_on_top = ["weak_one", "strong_one"] if METRICS[name].higher_is_better else ["strong_one", "weak_one"]
    assert list(marks.y) == best_on_top
    row = ROWS.set_index("name").loc["strong_one"]
    at = list(marks.y).index("strong_one")
    assert marks.x[at] == row[name]
    assert marks.x[at] + marks.error_x.array[at] == pytest.approx(row[f"{name}_high"])
    assert marks.x[at] - marks.error_x.arrayminus[at] == pytest.approx(row[f"{name}_low"])
    assert fig.layout.shapes[0].x0 == 0.2
    assert "0.200" in fig.layout.annotations[0].text
    assert "**strong_one** is the best of these on the images set aside for choosing a model" in sentence
    assert len(table) == 3


def test_a_row_of_a_forest_has_its_place_and_the_floor_a_line_over_all() -> None:
    fig = forest(ROWS, METRICS["accuracy"]).figure
    three = forest(board(*[(f"model_{i}", 0.5, 0.4, 0.6) for i in range(3)]), METRICS["accuracy"]).figure
    assert (fig.layout.height, three.layout.height - fig.layout.height) == (110 + 2 * 42, 42)
    assert forest(ROWS, METRICS["accuracy"], row=60).figure.layout.height == 110 + 2 * 60
    assert list(fig.layout.yaxis.range) == [-0.6, 1.6] and list(fig.layout.yaxis.categoryarray) == list(fig.data[0].y)
    (line,), (note,) = fig.layout.shapes, fig.layout.annotations
    assert (line.x0, line.x1, line.y0, line.y1, line.yref) == (0.2, 0.2, 0, 1, "paper")
    assert (note.x, note.y, note.yref, note.xanchor, note.showarrow) == (0.2, 1, "paper", "left", False)
    below = forest(board(("worse_one", 0.1, 0.05, 0.15)), METRICS["accuracy"]).figure
    assert below.layout.annotations[0].xanchor == "right"
    assert not fig.layout.showlegend and fig.layout.yaxis.showgrid is False
    baseline = ROWS.assign(kind=["network", "baseline", None])
    chart = forest(baseline, METRICS["accuracy"])
    assert list(chart.figure.data[0].marker.symbol) == ["circle-open", "circle"]
    assert chart.sentence.endswith("Hollow: a baseline that sees no image.")


def test_the_lead_has_its_interval() -> None:
    sure = forest(ROWS, METRICS["accuracy"], Estimate(0.2, 0.1, 0.3)).sentence
    assert "0.700 [0.600, 0.750]" in sure
    assert sure.split(". ")[-1].startswith("The runner-up, weak_one, is 0.200 [0.100, 0.300] behind")
    assert "no clear difference" not in sure
    unsure = forest(ROWS, METRICS["accuracy"], Estimate(0.2, -0.1, 0.3)).sentence
    assert "[\N{MINUS SIGN}0.100, 0.300]" in unsure and "no clear difference" in unsure
    lower_wins = forest(ROWS, METRICS["calibration_error"], Estimate(0.2, 0.1, 0.3)).sentence
    assert "weak_one, is 0.200 [0.100, 0.300] ahead" in lower_wins
    no_spread = forest(ROWS, METRICS["accuracy"], Estimate(0.2, np.nan, np.nan)).sentence
    assert "weak_one, is 0.200 behind" in no_spread
    overtaken = forest(ROWS, METRICS["accuracy"], Estimate(-0.2, -0.3, -0.1)).sentence
    assert "weak_one, is 0.200 [0.100, 0.300] ahead on the same lesions." in overtaken


def test_one_model_and_undefined_figures_are_drawn() -> None:
    fig, _, sentence = forest(board(("only", np.nan, np.nan, np.nan)), METRICS["macro_auc"])
    assert len(fig.data[0].x) == 1
    assert sentence.startswith("Macro AUC is undefined")
    fig, _, sentence = forest(
        board(("undefined", np.nan, np.nan, np.nan), ("fine", 0.4, 0.3, 0.5)), METRICS["macro_auc"]
    )
    assert list(fig.data[0].y) == ["undefined", "fine"]
    assert sentence.startswith("**fine**: on the test split")  # best of what, where it stands alone?


def test_long_names_break_at_underscores() -> None:
    assert name_label("baseline_cnn") == "Baseline CNN"
    assert name_label("efficientnet_lite0_milk10k") == "EfficientNet-Lite0<br>with MILK10k"
    assert name_label("ensemble_inception_densenet", width=18) == "ensemble_inception_<br>densenet"
    assert name_label("x" * 30) == "x" * 30
    assert name_label("first_8_second_8_third_8_fourth_8", width=18) == "first_8_second_8_<br>third_8_fourth_8"
    assert name_label("a_b_c_d", width=3) == "a_b_<br>c_d" and name_label("ab_cd_ef", width=2) == "ab_<br>cd_<br>ef"


@pytest.mark.parametrize("name", METRICS)
def test_the_axis_says_which_way_is_better(name: str) -> None:
    title = forest(ROWS, METRICS[name]).figure.layout.xaxis.title.text
    errors = ("calibration_error", "brier", "balanced_log_loss")
    better = "lower" if name in errors else "higher"
    assert title == f"{METRICS[name].label}, {better} is better"


def test_the_floor_is_named_on_the_side_where_the_best_model_leaves_room() -> None:
    around = board(("worse_one", 0.1, 0.05, 0.15), ("better_one", 0.7, 0.6, 0.8))
    assert forest(around, METRICS["accuracy"]).figure.layout.annotations[0].xanchor == "left"


def report(**recall: float) -> pd.DataFrame:
    rows = []
    for dx in DX:
        value = recall.get(dx, 0.5)
        row = {"dx": dx, "images": 20 + DX.index(dx), "lesions": 10}
        rows.append(
            row | {f"{m}{e}": value + d for m in MEASURES for e, d in (("", 0), ("_low", -0.1), ("_high", 0.1))}
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("measure", MEASURES)
def test_each_diagnosis_has_its_colour_interval_and_count(measure: str) -> None:
    table = report(mel=0.8, df=0.1)
    table.loc[table["dx"] == "vasc", f"{measure}_high"] = 1.0
    fig, _, sentence = by_diagnosis(table, measure)
    marks = {mark.marker.color: mark for mark in fig.data}
    assert set(marks) == set(COLORS.values())
    assert fig.layout.height == 70 + 48 * 7 and not fig.layout.showlegend
    low, high = fig.layout.xaxis.range
    assert (low, high) == (-0.02, 1.02) and fig.layout.yaxis.showgrid is False
    mel = marks[COLORS["mel"]]
    assert mel.x == (0.8,)
    assert "n = 24" in mel.y[0]
    assert mel.error_x.array[0] == pytest.approx(0.1)
    assert "melanomas, 0.800 [0.700, 0.900]" in sentence
    assert "dermatofibromas, 0.100 [0.000, 0.200]" in sentence
    assert "vascular lesions (26 images of 10 lesions)" in sentence


def test_undefined_diagnoses_are_left_out_of_the_sentence() -> None:
    table = report(mel=np.nan, df=0.1)
    assert "melanomas" not in by_diagnosis(table, "recall").sentence
    nothing = by_diagnosis(report(**dict.fromkeys(DX, np.nan)), "recall").sentence
    assert nothing.startswith("Recall is undefined")


def test_reported_sentence_takes_the_best_of_either_kind() -> None:
    table = reported()
    assert "**0.885** (ensemble_inception_densenet)" in reported_sentence(table)
    assert "**0.836** (ResNet-18 at 224 px" in reported_sentence(table)
    table.loc[table["name"] == "custom_cnn", "accuracy"] = 0.999
    assert "**0.999** (custom_cnn)" in reported_sentence(table)


def test_other_clinics_are_a_second_mark_where_a_model_is_scored_on_them() -> None:
    others = {f"milk10k_{column}": ROWS[column] - 0.1 for column in ROWS.columns.drop("name")}
    rows = ROWS.assign(**others, milk10k_images=1386.0, milk10k_lesions=1386.0)
    rows.loc[rows["name"] != "weak_one", list(rows.filter(like="milk10k_"))] = np.nan
    fig, table, sentence = forest(rows, METRICS["accuracy"])
    assert [trace.name for trace in fig.data] == ["HAM10000", "other clinics (MILK10k)"] and fig.layout.showlegend
    assert fig.layout.height == 150 + 2 * 42 and (fig.layout.legend.y, fig.layout.legend.yanchor) == (0, "bottom")
    assert list(fig.data[1].y) == ["weak_one"] and list(fig.data[1].x) == [0.4]
    assert "other clinics, **weak_one is best with 0.400 [0.350, 0.450]**" in sentence
    assert table["milk10k_accuracy"].notna().sum() == 1
    assert len(forest(ROWS, METRICS["accuracy"]).figure.data) == 1
