"""What is drawn before anybody comes is what the pages show first."""

import pytest

from core.errors import UserError
from dashboard.caches import computed, predictions
from dashboard.components import drawn
from dashboard.views import first_charts
from dashboard.views.first_charts import draw_first
from dashboard.views.home import overview
from tests.dashboard.pages import visit


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize("page", ["overview", "metadata_eda", "split_resampling", "leaderboard"])
def test_a_first_visit_draws_nothing_more(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    computed._once.clear()
    overview.prepare()
    draw_first()
    more = []
    monkeypatch.setattr(drawn, "freeze", lambda chart: more.append(chart.sentence) or chart)
    shown = visit(f"app_pages/{page}")
    assert shown.get("plotly_chart")
    assert not more


def test_a_page_whose_data_is_damaged_keeps_none_of_the_others_from_being_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise UserError("damaged")

    monkeypatch.setattr(first_charts.lab, "grid", fail)
    last = []
    monkeypatch.setattr(predictions, "leaderboard", lambda: last.append(1) or fail())
    draw_first()
    assert last
