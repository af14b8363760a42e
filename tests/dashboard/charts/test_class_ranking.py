"""Charts of the class board and of homework."""

from core.classroom.board import Entry
from core.classroom.homework import Standing
from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec
from core.stats import UNDEFINED, Estimate
from dashboard.charts.class_ranking import SHOWN, board_chart, flattery_chart, homework_chart


def around(value: float) -> Estimate:
    return Estimate(value, value - 0.03, value + 0.02)


def entry(person: int, score: float, test: Estimate = UNDEFINED, gap: Estimate = UNDEFINED, **setting: str) -> Entry:
    return Entry(person, f"Calm Crane {person}", Setting(ResamplingSpec("smote"), **setting), around(score), test, gap)


def standing(person: int, public: float, rank: int, private: float | None = None, last: int | None = None) -> Standing:
    closed = UNDEFINED if private is None else around(private)
    return Standing(f"Calm Crane {person}", 3, around(public), rank, closed, last)


def test_the_board_before_and_after_the_test_figures_are_opened() -> None:
    fig, table, sentence = board_chart([entry(1, 0.62), entry(2, 0.5, classifier="knn")])
    assert [trace.name for trace in fig.data] == ["Validation split"]
    assert list(fig.data[0].x) == [0.62, 0.5] and list(table["validation_low"]) == [0.59, 0.47]
    assert fig.data[0].y[0].startswith("1. Calm Crane 1<br>") and "SMOTE" in fig.data[0].y[0]
    assert fig.data[0].error_x.array[0] - 0.02 < 1e-9 and fig.data[0].error_x.arrayminus[0] - 0.03 < 1e-9
    assert table["test"].isna().all() and "gap" not in table
    low, high = fig.layout.xaxis.range
    assert 0.45 < low < 0.47 and 0.64 < high < 0.66
    assert "**Calm Crane 1** leads on the validation split with **0.620 [0.590, 0.640]**" in sentence
    fig, table, sentence = board_chart([entry(1, 0.62, around(0.55)), entry(2, 0.5, around(0.52))])
    assert [trace.name for trace in fig.data] == ["Validation split", "Test split"]
    assert list(fig.data[1].x) == list(table["test"]) == [0.55, 0.52]
    assert "1 of 2 settings scores lower there; the best of many validation scores is partly luck." in sentence
    sentence = board_chart([entry(1, 0.62, around(0.63)), entry(2, 0.5, around(0.45))]).sentence
    assert "1 of 2 settings scores lower there." in sentence
    assert "settings" not in board_chart([entry(1, 0.62, around(0.55))]).sentence


def test_flattery_and_what_it_is_worth() -> None:
    closed, opened = entry(1, 0.9, protocol="image_split"), Estimate(0.3, 0.2, 0.4)
    fig, table, sentence = flattery_chart([closed])
    assert "would report **0.900" in sentence and "split by image" in sentence and "honest" not in sentence
    assert table.loc[0, "reported"] == 0.9 and len(fig.data) == 1
    sentence = flattery_chart([entry(1, 0.9, around(0.6), opened, protocol="image_split")]).sentence
    assert "The honest score is 0.600" in sentence and "adds +0.300 [+0.200, +0.400]" in sentence


def test_homework_ranks_by_the_private_half_once_it_is_shown() -> None:
    fig, table, sentence = homework_chart([standing(1, 0.6, 1), standing(2, 0.59, 1), standing(3, 0.4, 3)])
    assert [label.split(" ")[0] for label in fig.data[0].y] == ["1.", "1.", "3."]
    assert len(fig.data) == 1 and table["private"].isna().all()
    assert "on the public half with **0.600" in sentence and "2 students share the first rank" in sentence
    fig, table, sentence = homework_chart([standing(2, 0.59, 1, 0.7, 1), standing(1, 0.6, 1, 0.5, 2)])
    assert list(fig.data[0].y) == ["1. Calm Crane 2", "2. Calm Crane 1"]
    assert list(fig.data[1].x) == [0.7, 0.5] and list(table["private_rank"]) == [1, 2]
    assert "on the private half with **0.700" in sentence and "share" not in sentence


def test_a_large_class_is_cut_in_the_chart_alone() -> None:
    fig, table, _ = homework_chart([standing(i, 0.6, 1) for i in range(40)])
    assert len(fig.data[0].x) == SHOWN and len(table) == 40


def test_nobody_yet() -> None:
    for chart in (board_chart([]), flattery_chart([]), homework_chart([])):
        assert chart.sentence.startswith("Nobody")
