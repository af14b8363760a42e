"""The report is made only when it is wanted, and until then a session keeps little for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.inference.pipeline import Pipeline
from core.synthetic.lesions import sample_lesion
from dashboard.views.classify import report
from dashboard.views.classify.controls import DRAWN, Subject
from dashboard.views.classify.report import offer_report

SUBJECT = Subject(sample_lesion("mel", 5).image, "Synthetic lesion", "mel", DRAWN)


def test_a_session_keeps_no_evidence_and_the_report_has_the_same_heatmap(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline.load("baseline_cnn")
    prediction = pipeline.predict(SUBJECT.image, explain=True)
    offered, shown = [], []
    button = SimpleNamespace(download_button=lambda *_, data, **__: offered.append(data))
    monkeypatch.setattr(report, "st", button)
    monkeypatch.setattr(report, "overlay", lambda image, heatmap, _: shown.append(heatmap) or image)
    offer_report(pipeline, prediction, "ham10000", "LayerCAM", SUBJECT)
    assert prediction.evidence
    kept = [cell.cell_contents for cell in offered[0].__closure__]
    assert not any(getattr(each, "evidence", ()) for each in kept)
    html = offered[0]()
    np.testing.assert_array_equal(shown[0], prediction.heatmap(prediction.top, "LayerCAM"))
    assert html.count("data:image/") >= 2
