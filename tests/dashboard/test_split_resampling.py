"""The splits page, with all of HAM10000, a part of it, a broken one, and none."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.data.metadata import Dataset
from core.resampling.strategies import STRATEGIES

PAGE = ROOT / "dashboard" / "app_pages" / "split_resampling.py"
TABS = {
    "Split": ["overlap_image", "overlap_lesion", "sides"],
    "The notebook's SMOTE": ["notebook_smote"],
    "Class counts": ["strategy_counts"],
}
COMMITTED = "HAM10000, all 10,015 images, counts that come with this app"


def open_page(show: str = "Split", **query: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    for name, value in (query if show == "Split" else {"show": show, **query}).items():
        page.query_params[name] = value
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return "\n".join(text.value for text in (*page.markdown, *page.info, *page.error, *page.caption)).replace(
        "\xa0", " "
    )


def pictures(page: AppTest) -> list[Any]:
    return [picture for block in page.get("image") for picture in block.proto.imgs]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    for module in ("core.data.metadata", "dashboard.loaders"):
        monkeypatch.setattr(f"{module}.data_dir", lambda: tmp_path / "none")


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_without_the_dataset(tab: str) -> None:
    page = open_page(tab)
    assert [chart.key for chart in page.get("plotly_chart")] == TABS[tab]
    assert len(page.get("download_button")) == len(TABS[tab])
    assert not page.error
    assert not pictures(page)


@pytest.mark.usefixtures("nothing_installed")
def test_the_leak_stands_in_view_at_once_with_its_source() -> None:
    page = open_page()
    assert "**798 of 2,003 test images (40 %) show a lesion that is in train as well**" in said(page)
    assert "**None of 2,004 test images" in said(page)
    assert f"{COMMITTED}; test side" in said(page)
    page.session_state["unit"] = "lesions"
    assert "**731 of 1,879 test lesions (39 %)" in said(checked(page.run()))


@pytest.mark.usefixtures("nothing_installed")
def test_the_notebooks_smote_is_explained_by_its_counts() -> None:
    text = said(open_page("The notebook's SMOTE"))
    assert "10,014 columns" in text
    assert "**8,012 rows become 37,548, and about 27,991 of them (75 %)" in text
    assert "training side of the notebook's image-level split" in text


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_can_be_linked_to_and_says_what_it_does(name: str) -> None:
    page = open_page("Class counts", strategy=STRATEGIES[name].label)
    assert page.session_state["strategy"] == name
    assert STRATEGIES[name].text in said(page)
    assert f"{COMMITTED}; training side of the lesion split" in said(page)
    assert "These are counts only" in said(page)
    assert page.slider[0].disabled is (name == "none")


@pytest.mark.usefixtures("nothing_installed")
def test_the_slider_goes_part_of_the_way() -> None:
    page = open_page("Class counts", strategy="Random under-sampling", amount="60")
    assert "**3,144 of 7,009 pictures remain**" in said(page)
    assert "**7,009 of 7,009" not in said(checked(page.slider[0].set_value(0).run()))
    assert "All 7,009 pictures stay as they are" in said(page)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("query", [{"strategy": "smite"}, {"amount": "900"}, {"unit": "atoms"}, {"show": "nowhere"}])
def test_a_link_with_nonsense_opens_the_page_all_the_same(query: dict[str, str]) -> None:
    checked(open_page(query.pop("show", "Class counts"), **query))


def test_a_part_of_the_dataset_leaves_the_committed_counts_standing(
    mini_ham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    page = open_page()
    assert COMMITTED in said(page)
    assert "**798 of 2,003 test images" in said(page)
    assert not page.error


def test_a_faulty_dataset_is_named_and_the_committed_counts_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path))
    page = open_page()
    assert "holds no HAM10000" in page.error[0].value
    assert "Shown instead: the counts that come with this app." in page.error[0].value
    assert "**798 of 2,003 test images" in said(page)


def test_with_the_dataset_the_leak_is_counted_and_shown(real_ham: Dataset) -> None:
    page = open_page()
    assert "HAM10000, all 10,015 images, as installed; test side" in said(page)
    assert "**798 of 2,003 test images (40 %)" in said(page)
    first = [picture.caption for picture in pictures(page)]
    train, test = (caption.split(": ")[1] for caption in first)
    lesion = real_ham.metadata.set_index("image_id")["lesion_id"]
    assert first == [f"In train: {train}", f"In test: {test}"]
    assert lesion[train] == lesion[test]
    assert "731 lesions can be leafed through here" in said(page)
    page.button[0].click().run()
    assert [picture.caption for picture in pictures(checked(page))] != first


def test_an_unreadable_sibling_is_named(real_ham: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import UserError

    def refuse(path: str) -> None:
        raise UserError(f"{Path(path).name} is not a readable picture.")

    assert real_ham.images
    monkeypatch.setattr("dashboard.loaders.thumbnail", refuse)
    assert "is not a readable picture" in open_page().error[0].value
