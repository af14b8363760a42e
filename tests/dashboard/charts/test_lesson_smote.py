"""The lesson's chart on SMOTE: four places before the guess, the way of the new point after it."""

import pytest

from core.lab.embeddings import load_embeddings
from core.lessons.results import figures
from core.lessons.smote_scene import LETTERS, draw_scene
from core.lessons.steps import get_step
from dashboard.charts.lesson_smote import smote_chart


def test_smote_reveals_the_new_point_on_the_line_between_its_parents() -> None:
    found = {each.x: each.value for each in figures(get_step("smote_point")) if each.series == "parents"}
    scene = draw_scene(load_embeddings(), int(found["first"]), int(found["second"]), found["position"])
    before = smote_chart(scene, "beyond", None, "").figure
    after = smote_chart(scene, "beyond", found["position"], "").figure
    assert not before.frames and "New point" not in {trace.name for trace in before.data}
    new = next(trace for trace in after.data if trace.name == "New point")
    assert (new.x[0], new.y[0]) == pytest.approx(tuple(scene.places["between"]))
    assert before.layout.xaxis.range == after.layout.xaxis.range
    start = after.frames[0].data[0]
    assert (start.x[0], start.y[0]) == pytest.approx(tuple(scene.points[scene.parent]))
    assert [list(place) for place in zip(start.x, start.y, strict=True)] != [[new.x[0], new.y[0]]]
    places = next(trace for trace in before.data if trace.name == "Places to choose")
    assert list(places.text) == [LETTERS[key] for key in places.customdata]
    assert places.marker.symbol[list(places.customdata).index("beyond")] == "diamond"
