"""The splits page, with all of HAM10000, a part of it, a broken one, and none."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data.metadata import Dataset
from core.errors import UserError
from core.lab.embeddings import Embeddings
from core.lab.grid import GRID, PROTOCOLS_TABLE
from core.lab.measures import MEASURES
from core.lab.setting import Setting
from core.lab.tables import MissingTable
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab
from tests.dashboard.pages import checked, images, text_of, visit

TABS = {
    "What works": ["grid"],
    "Small network": ["network"],
    "Wrong protocols": ["gaps"],
    "Lab": ["counts"],
    "Split": ["overlap_image", "overlap_lesion", "class_shares", "datasets"],
    "The notebook's SMOTE": ["notebook_smote"],
}
DETAILS = {
    "Training rows": TABS["Lab"],
    "By diagnosis": ["class-recall", "class-precision"],
    "Map": ["embedding-map"],
    "Confusion matrices": ["confusion-0", "confusion-1"],
}
COMMITTED = "HAM10000, all 10,015 images, counts included in the app"


def open_page(show: str = "Split", **query: str) -> AppTest:
    return visit("app_pages/split_resampling", show=show, **query)


@pytest.fixture(autouse=True)
def small_lab(small: Embeddings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lab on made-up embeddings, which train in no time, and a grid of two strategies."""
    monkeypatch.setattr(lab, "load_embeddings", lambda: small)
    monkeypatch.setattr(lab, "load_map", lambda: small.features[:, :2])
    monkeypatch.setattr(lab.tables, "read_table", committed)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


def committed(name: str) -> pd.DataFrame:
    """A grid of made-up figures."""
    if name == GRID:
        table = pd.DataFrame(
            {"split_scheme": "lesion", "strategy": ["none", "smote"], "classifier": "logistic", "seeds": 5}
        )
        ends = ("", "_low", "_high", "_spread", "_gap", "_gap_low", "_gap_high")
        smote = {"_low": 0.4, "_high": 0.6, "_gap_low": 0.4, "_gap_high": 0.6}
        figures = {f"{m}{end}": [None if "gap" in end else 0.4, smote.get(end, 0.5)] for m in MEASURES for end in ends}
        return table.assign(**figures)
    keys = {"protocol": "image_split", "strategy": "random_over", "classifier": "knn", "seeds": 5}
    figures = {"inflated": 0.5, "honest": 0.4, "gap": 0.1, "low": 0.05, "high": 0.15}
    return pd.DataFrame([keys | {"measure": measure} | figures for measure in MEASURES])


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_without_the_dataset(tab: str) -> None:
    page = open_page(tab)
    assert [chart.key for chart in page.get("plotly_chart")] == TABS[tab]
    assert not page.error
    assert not images(page)


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize("detail", DETAILS)
def test_the_lab_has_one_detail_open_at_a_time(detail: str) -> None:
    page = open_page("Lab", detail=detail)
    assert [chart.key for chart in page.get("plotly_chart")] == DETAILS[detail]
    assert not page.error
    assert bool(images(page)) is (detail == "Map")


@pytest.mark.usefixtures("no_dataset")
def test_the_page_opens_with_the_grids_answer() -> None:
    page = visit("app_pages/split_resampling")
    text = text_of(page)
    assert "**1 of 1 strategy clearly beats doing nothing** on balanced accuracy" in text
    assert page.table[0].value.set_index("Metric").loc["Macro F1", "Clearly better than none"] == "1 of 1"
    assert "1 strategy clearly harms calibration" in text


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize(("fault", "element"), [(MissingTable, "info"), (UserError, "error")])
def test_no_grid_is_an_empty_state_and_a_damaged_one_a_fault(
    fault: type[UserError], element: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise fault(f"{name}: run `python -m core experiment`.")

    monkeypatch.setattr(lab.tables, "read_table", refuse)
    for tab, name in (("What works", GRID), ("Wrong protocols", PROTOCOLS_TABLE)):
        page = open_page(tab)
        assert [each.value for each in page.get(element)] == [f"{name}: run `python -m core experiment`."]
        assert not page.get({"info": "error", "error": "info"}[element])
        assert not page.get("plotly_chart")


@pytest.mark.usefixtures("no_dataset")
def test_the_lab_shows_a_setting_beside_none_and_remembers_it() -> None:
    page = open_page("Lab", strategy="ADASYN", seed="3")
    text = text_of(page)
    assert page.session_state["strategy"] == "adasyn"
    assert STRATEGIES["adasyn"].description in text
    assert page.metric[0].label == "Balanced acc."
    (setting,) = page.session_state["lab-runs"]
    assert (setting.resampling.strategy, setting.resampling.seed) == ("adasyn", 3)
    assert "strategy=ADASYN" in page.session_state["lab-runs"][setting]["link"]
    assert not page.dataframe, "one setting's figures stand above"
    page.session_state["strategy"] = "none"
    checked(page.run())
    assert len(page.session_state["lab-runs"]) == len(page.dataframe[0].value) == 2
    assert "All 1," in text_of(page)


@pytest.mark.usefixtures("no_dataset")
def test_the_sampling_strength_is_a_share_in_the_address_too() -> None:
    page = open_page("Lab", strategy="SMOTE", sampling_strength="0.35")
    (setting,) = page.session_state["lab-runs"]
    assert setting.resampling.sampling_strength == 0.35
    assert "sampling_strength=0.35" in page.session_state["lab-runs"][setting]["link"]


@pytest.mark.usefixtures("no_dataset")
def test_the_map_shows_a_synthetic_rows_parents() -> None:
    text = text_of(open_page("Lab", strategy="ADASYN", detail="Map"))
    assert "This synthetic row" in text and "lesion group" in text
    assert "two synthetic lesions of the same class" in text


def sentences(page: AppTest) -> str:
    return next(text for text in (each.value for each in page.markdown) if "This synthetic row" in text)


@pytest.mark.usefixtures("no_dataset")
def test_the_synthetic_row_stands_in_the_address_until_reset() -> None:
    page = open_page("Lab", strategy="ADASYN", detail="Map")
    first = sentences(page)
    page.button(key="next-synthetic").click().run()
    assert page.query_params["synthetic-row"] == "2" and sentences(checked(page)) != first
    linked = open_page("Lab", strategy="ADASYN", detail="Map", **{"synthetic-row": "2"})
    assert sentences(linked) == sentences(page)
    linked.button(key="lab-reset").click().run()
    assert "synthetic-row" not in checked(linked).query_params


@pytest.mark.parametrize("written", ["nonsense", "0", "-1", "61", "1e3", "²", "9" * 5000], ids=lambda each: each[:8])
@pytest.mark.usefixtures("no_dataset")
def test_an_unknown_synthetic_row_opens_the_first(written: str) -> None:
    page = open_page("Lab", strategy="ADASYN", detail="Map", **{"synthetic-row": written})
    assert sentences(page) == sentences(open_page("Lab", strategy="ADASYN", detail="Map"))
    assert "synthetic-row" not in page.query_params


@pytest.mark.usefixtures("no_dataset")
def test_a_wrong_protocol_is_labelled_and_stands_beside_the_honest_figure() -> None:
    page = open_page("Lab", strategy="Random over-sampling", protocol="Wrong: resample before splitting")
    assert "Wrong on purpose: resample before splitting" in page.warning[0].value
    assert [chart.key for chart in page.get("plotly_chart")][:2] == ["gap-balanced_accuracy", "gap-macro_f1"]
    text = text_of(page)
    assert "Trained on all its rows" in text and "this protocol would report" in text
    assert "are set aside" in text and "are dropped" not in text and "resampled together" in text


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"strategy": "SMOTE", "k": "100"}, "training rows; choose"),
        ({"strategy": "Class weights", "classifier": "k-nearest neighbours"}, "can't use class weights"),
        ({"protocol": "Wrong: confirmation method as a feature"}, "only the installed dataset has"),
    ],
)
def test_a_setting_that_cannot_work_is_one_sentence(query: dict[str, str], text: str) -> None:
    page = open_page("Lab", **query)
    assert text in page.error[0].value
    assert not page.get("plotly_chart")


@pytest.mark.usefixtures("no_dataset")
def test_a_run_can_be_stopped_and_started_again() -> None:
    page = open_page("Lab", strategy="Random over-sampling")
    setting = Setting(ResamplingSpec("random_over"), "knn")
    page.session_state["lab-stopped"] = [setting.baseline(), setting]
    page.selectbox(key="classifier").set_value("knn").run()
    assert "You stopped this run." in text_of(checked(page))
    page.button(key="lab-run").click().run()
    assert "are copies" in text_of(checked(page))


@pytest.mark.usefixtures("no_dataset")
def test_reset_sets_every_control_of_the_lab_back() -> None:
    page = open_page("Lab", strategy="Random over-sampling", seed="3", sampling_strength="0.5")
    assert page.selectbox(key="strategy").value == "random_over"
    page.button(key="lab-reset").click().run()
    assert page.selectbox(key="strategy").value == "smote"
    assert page.number_input(key="seed").value == 0
    assert page.slider(key="sampling_strength").value == 1


@pytest.mark.usefixtures("no_dataset")
def test_the_labs_link_holds_its_setting() -> None:
    page = open_page("Lab", strategy="Random over-sampling", seed="3")
    assert "strategy=Random+over-sampling" in page.code[0].value and "seed=3" in page.code[0].value


@pytest.mark.usefixtures("no_dataset")
def test_the_leak_stands_in_view_at_once_with_its_source() -> None:
    page = open_page()
    assert "**798 of 2,003 test images (40%)" in text_of(page)
    assert "**None of 2,004 test images" in text_of(page)
    assert COMMITTED in text_of(page)
    page.session_state["unit"] = "lesions"
    assert "**731 of 1,879 test lesions (39%)" in text_of(checked(page.run()))


@pytest.mark.usefixtures("no_dataset")
def test_models_that_learned_from_near_duplicates_are_named() -> None:
    text = text_of(open_page("Split"))
    assert "so with this small leak: Baseline CNN; " in text and "Custom CNN" not in text.partition("small leak: ")[2]


def test_the_notebooks_smote_is_explained_by_its_counts() -> None:
    text = text_of(open_page("The notebook's SMOTE"))
    assert "10,014 columns" in text
    assert "**8,012 rows become 37,548, and about 27,991 of them (75%)" in text
    assert "training split by image" in text


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize(
    "query",
    [
        {"strategy": "smite"},
        {"unit": "atoms"},
        {"show": "nowhere"},
        {"step": "9"},
        {"strength": "50"},
        *({"sampling_strength": value} for value in ("900", "-1", "nan", "inf", "half", "")),
    ],
)
def test_a_link_with_a_wrong_value_opens_the_page_with_the_default(query: dict[str, str]) -> None:
    page = checked(open_page(query.get("show", "Lab"), **{k: v for k, v in query.items() if k != "show"}))
    if set(query) & {"sampling_strength", "strength"}:
        assert page.session_state["sampling_strength"] == 1


def test_a_part_of_the_dataset_leaves_the_committed_counts_standing(
    mini_ham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    page = open_page()
    assert COMMITTED in text_of(page)
    assert "**798 of 2,003 test images" in text_of(page)
    assert not page.error


def test_a_faulty_dataset_is_named_and_the_committed_counts_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path))
    page = open_page()
    assert "does not contain HAM10000" in page.error[0].value
    assert "**798 of 2,003 test images" in text_of(page)


def test_with_the_dataset_the_leak_is_counted_and_shown(real_ham: Dataset) -> None:
    page = open_page()
    assert "HAM10000, all 10,015 images, as installed" in text_of(page)
    assert "**798 of 2,003 test images (40%)" in text_of(page)
    first = [image.caption for image in images(page)]
    train, test = (caption.split(": ")[1] for caption in first)
    lesion = real_ham.metadata.set_index("image_id")["lesion_id"]
    assert first == [f"In train: {train}", f"In test: {test}"]
    assert lesion[train] == lesion[test]
    assert "731 such lesions" in text_of(page)
    page.button[0].click().run()
    assert [image.caption for image in images(checked(page))] != first


def test_an_unreadable_sibling_is_named(real_ham: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise UserError(f"{Path(path).name} is not a readable image.")

    assert real_ham.images
    monkeypatch.setattr("dashboard.caches.tables.thumbnail", refuse)
    assert "is not a readable image" in open_page().error[0].value
