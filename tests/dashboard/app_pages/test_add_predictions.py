"""A visitor's predictions on the leaderboard: models of the session, in every tab that fits them."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import config
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.scoring import ScoringResult, score
from core.evaluation.truth import split_truth
from core.labels import DX
from core.store.card import read_card
from dashboard.caches import own_models
from dashboard.text.format import estimate
from dashboard.views.leaderboard import add_predictions
from tests.dashboard.pages import checked, text_of, visit

OWN = f"net{own_models.MARK}"
OPEN = {"add-fold": "true", "table-fold": "true"}
EVERY_TAB = ("Confusion matrix", "By diagnosis", "ROC and PR", "Calibration", "Slices", "Threshold")


@pytest.fixture
def models(write_model: Callable[..., Path], no_dataset: None) -> Path:  # noqa: ARG001
    """Two models, and no dataset."""
    write_model("weak", 1.0)
    return write_model("strong", 3.0)


def predictions(model: str = "weak") -> pd.DataFrame:
    return pd.read_csv(config.TRAINED_MODELS / model / "predictions.csv").query("split == 'test'")


def upload(page: AppTest, *files: tuple[str, pd.DataFrame]) -> AppTest:
    given = [(name, table.to_csv(index=False).encode(), "text/csv") for name, table in files]
    return checked(page.file_uploader[0].set_value(given).run())


def with_own(show: str | None = None, table: pd.DataFrame | None = None) -> AppTest:
    """The page after a file was added and its model opened."""
    page = visit("app_pages/leaderboard", **OPEN, **({"show": show} if show else {}))
    page = upload(page, ("net.csv", predictions() if table is None else table))
    return checked(page.selectbox(key="model").select(OWN).run())


def test_a_file_becomes_a_model_of_the_session(models: Path) -> None:  # noqa: ARG001
    page = with_own()
    table = page.dataframe[0].value.set_index("name")
    assert table.index.tolist() == ["strong", "weak", OWN, MAJORITY]
    assert table.loc[OWN, "accuracy"] == estimate(read_card(config.TRAINED_MODELS / "weak").figure("accuracy"))
    text = text_of(page)
    assert f"**{OWN}**: balanced accuracy" in text and "against strong on the same lesions." in text
    assert "**strong** is the best of these on the images set aside for choosing a model" in text
    assert not page.error
    another_session = visit("app_pages/leaderboard", **OPEN)
    assert not another_session.dataframe[0].value["name"].str.contains("yours").any()


@pytest.mark.parametrize("tab", EVERY_TAB)
def test_it_is_in_every_tab_that_fits(models: Path, tab: str) -> None:  # noqa: ARG001
    page = with_own(tab)
    assert not page.error, [each.value for each in page.error]
    names = [each.label for each in page.tabs]
    assert set(EVERY_TAB) <= set(names) and not {"Learning curves", "Card"} & set(names)


def test_it_is_compared_with_a_committed_model(models: Path) -> None:  # noqa: ARG001
    page = with_own()
    page = checked(page.selectbox(key="against").select("strong").run())
    assert "strong" in text_of(page) and not page.error
    page.selectbox(key="model").select("strong")
    page = checked(page.run())
    page = checked(page.selectbox(key="against").select(OWN).run())
    assert not page.error


def test_labels_alone_have_no_tabs_of_probabilities(models: Path) -> None:  # noqa: ARG001
    rows = predictions()
    labels = pd.DataFrame({"image": rows["image_id"], "label": np.array(DX)[rows[list(DX)].to_numpy().argmax(axis=1)]})
    page = with_own(table=labels)
    assert not {"ROC and PR", "Calibration", "Threshold"} & {each.label for each in page.tabs}
    assert page.dataframe[0].value.set_index("name").loc[OWN, "macro_auc"] == "undefined"
    assert not page.error


def test_the_suggested_threshold_follows_from_the_costs(models: Path) -> None:  # noqa: ARG001
    page = with_own("Threshold")
    label = next(each.label for each in page.slider if each.key and each.key.startswith("threshold-"))
    assert label.startswith("Threshold (best if calibrated: ")


def test_faults_are_named_and_the_rest_is_added(models: Path) -> None:  # noqa: ARG001
    rows = predictions()
    page = visit("app_pages/leaderboard", **OPEN)
    page = upload(page, ("a*b.csv", rows[1:]), ("net.csv", rows), ("x.csv", rows.drop(columns="mel")))
    errors = [each.value for each in page.error]
    assert len(errors) == 2 and errors[0].startswith(r"a\*b.csv has no prediction for 1 of 300 images")
    assert "lacks the columns MEL" in errors[1]
    assert OWN in page.dataframe[0].value["name"].tolist()
    assert "percentages" in text_of(upload(page, ("per.csv", rows.assign(**(rows[list(DX)] * 100).to_dict("series")))))
    assert not page.error


def test_it_goes_with_a_click(models: Path) -> None:  # noqa: ARG001
    page = with_own()
    page = checked(page.button(key=f"remove-{OWN}").click().run())
    assert OWN not in page.dataframe[0].value["name"].tolist() and OWN not in page.selectbox(key="model").options


def test_a_session_holds_a_few(models: Path) -> None:  # noqa: ARG001
    page = visit("app_pages/leaderboard", **OPEN)
    page = upload(page, *[("net.csv", predictions())] * (own_models.MOST + 1))
    assert [each.value for each in page.error] == [
        f"You have added {own_models.MOST} models already. Remove one first."
    ]
    assert sum("yours" in name for name in page.dataframe[0].value["name"]) == own_models.MOST


def test_a_click_while_files_are_scored_adds_none_twice(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    keep, left = own_models.keep, [1]

    def interrupted(*given: Any) -> None:
        keep(*given)
        if left and left.pop():
            st.rerun()

    monkeypatch.setattr(own_models, "keep", interrupted)
    page = visit("app_pages/leaderboard", **OPEN)
    page = upload(page, ("one.csv", predictions()), ("two.csv", predictions("strong")))
    names = [name for name in page.dataframe[0].value["name"] if "yours" in name]
    assert names == ["one (yours)", "two (yours)"] and not left


def test_what_is_offered_can_be_filled_and_scored() -> None:
    template, example = add_predictions._template(), add_predictions._example()
    assert list(template.columns) == list(example.columns)
    assert set(template["image"]) == set(example["image"]) == set(split_truth().image_id)
    data = io.BytesIO(example.to_csv(index=False).encode()).getvalue()
    result = score(add_predictions.parse_prediction_table(data, "a.csv"), split_truth(), draws=2)
    card = read_card(config.TRAINED_MODELS / add_predictions.EXAMPLE)
    assert isinstance(result, ScoringResult) and result.metrics["accuracy"].value == card.figure("accuracy").value


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.csv", "../../etc/passwd", "a\\b.csv", "**", "ü" * 99, ""])
def test_names_are_safe_to_show(name: str) -> None:
    found = own_models.free_name(name, {})
    assert found.endswith(own_models.MARK) and len(found) <= own_models.LONGEST + len(own_models.MARK)
    assert not set(found.removesuffix(own_models.MARK)) & set("<>&*`$[]/\\ ")
