"""A class that asks the lab for one setting at the same time trains it once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.lab import experiment
from core.lab.embeddings import Embeddings
from core.lab.experiment import LabResult
from core.lab.setting import Setting
from dashboard.caches import lab

CLASS = 40


@pytest.fixture(autouse=True)
def _no_results(small: Embeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    lab._runs.clear()
    monkeypatch.setattr(lab, "embeddings", lambda: small)
    monkeypatch.setattr(lab, "metadata", lambda: None)


def test_forty_cold_requests_are_one_training(monkeypatch: pytest.MonkeyPatch) -> None:
    trained, gate, fit = [], Barrier(CLASS), experiment.fit

    def counted(*args: object) -> object:
        trained.append(args)
        return fit(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(experiment.train_and_test, "__defaults__", (counted,))

    def ask(_: int) -> LabResult:
        gate.wait()
        return lab.result(Setting())

    with ThreadPoolExecutor(CLASS) as pool:
        found = list(pool.map(ask, range(CLASS)))
    assert len(trained) == 1
    assert all(each is found[0] for each in found)
    assert lab.ready(Setting()) is found[0]
