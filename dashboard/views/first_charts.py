"""What visitors see first on each page but Home, drawn before anybody comes; other views are drawn when asked for."""

from collections.abc import Callable
from contextlib import suppress

from core.data.cleaning import Cleaning, clean
from core.data.summary import Selection, select
from core.errors import UserError
from core.evaluation.decisions import confusion_table
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import METRICS
from core.lab.classifiers import CLASSIFIERS
from dashboard.caches import dataset, evaluation, lab, predictions, tables
from dashboard.caches.computed import computed
from dashboard.charts.comparisons import paired_runs
from dashboard.charts.lab import gap_chart, strategy_forest
from dashboard.components.drawn import drawn
from dashboard.text.lab import calibration_sentence, works_table
from dashboard.views.leaderboard.ranking import forest_chart, picked_rows
from dashboard.views.metadata.charts import imbalance


def draw_first() -> None:
    """Draw the first charts of every page; what can't be read is left out, for its page says why."""
    for draw in PAGES:
        with suppress(UserError):
            draw()


def _metadata() -> None:
    counts = tables.installed_counts() if dataset.installed() else tables.committed_counts()
    view = select(computed(clean, counts, Cleaning()), Selection())
    for _, build in imbalance():
        drawn(build, view, "images")


def _grid() -> None:
    table = lab.grid()
    rows = table[(table["split_scheme"] == "lesion") & (table["classifier"] == next(iter(CLASSIFIERS)))]
    drawn(strategy_forest, rows, "balanced_accuracy")
    computed(works_table, rows)
    computed(calibration_sentence, rows)


def _protocols() -> None:
    table = lab.protocol_gaps()
    rows = table[(table["strategy"] == "random_over") & (table["classifier"] == "knn")]
    drawn(gap_chart, rows, "balanced_accuracy")


def _pairs() -> None:
    pairs = evaluation.comparisons()
    drawn(paired_runs, pairs[pairs["kind"] == "resampling"], "resampling", "macro_f1")


def _leaderboard() -> None:
    rows = predictions.leaderboard().rows
    if names := [name for name in rows["name"] if name != MAJORITY]:
        forest_chart(picked_rows(rows, names), next(iter(METRICS.values())))
        computed(confusion_table, predictions.decisions_of(names[0], "balanced"))


PAGES: tuple[Callable[[], None], ...] = (_metadata, _grid, _protocols, _pairs, _leaderboard)
