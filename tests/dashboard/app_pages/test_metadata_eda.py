"""The metadata page, with all of HAM10000, a part of it, a broken one, and none."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.metadata import Dataset
from core.labels import NAMES
from dashboard.caches import tables
from dashboard.text.format import estimate
from tests.dashboard.pages import checked, images, text_of, visit

TABS = {"Imbalance": 2, "Lesions": 3, "Age and sex": 6, "Body site": 3, "Images": 2, "Unknown values": 2, "Tables": 0}
"""Charts of each tab."""


def open_page(show: str | None = None) -> AppTest:
    return visit("app_pages/metadata_eda", **({"show": show} if show else {}))


def turn_to(show: str, page: AppTest) -> AppTest:
    """Open another tab of the same page."""
    page.query_params["show"] = show
    return checked(page.run())


def charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


@pytest.fixture
def part_installed(monkeypatch: pytest.MonkeyPatch, mini_ham: Path) -> Path:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    return mini_ham


@pytest.mark.usefixtures("no_dataset")
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_without_the_dataset_and_all_of_it_can_be_downloaded(tab: str) -> None:
    page = open_page(tab)
    assert charts(page) == TABS[tab]
    assert len(page.get("download_button")) == (TABS[tab] or 3)
    assert "**10,015** of 10,015 images and **7,470** of 7,470 lesions" in text_of(page)
    if TABS[tab]:
        assert "HAM10000, all 10,015 images of 7,470 lesions, no split" in text_of(page)
    assert not page.error


@pytest.mark.usefixtures("no_dataset")
def test_the_first_view_is_the_imbalance() -> None:
    page = open_page()
    assert page.markdown[3].value.startswith("**58 times as many images of melanocytic nevi")
    page.session_state["unit"] = "lesions"
    assert "**74 times as many lesions of melanocytic nevi" in text_of(checked(page.run()))
    page.session_state["scale"] = "log"
    assert '"type":"log"' in checked(page.run()).get("plotly_chart")[0].proto.spec


@pytest.mark.usefixtures("no_dataset")
def test_filters_drive_every_chart_of_every_tab() -> None:
    page = open_page()
    page.session_state["dx"] = ["mel"]
    page.session_state["sex"] = ["female"]
    page.session_state["age"] = (40, 60)
    page.session_state["localization"] = ["back", "chest"]
    page.session_state["dx_type"] = ["histo"]
    for tab, n in TABS.items():
        text = text_of(turn_to(tab, page))
        assert "(diagnosis mel; sex female; site back, chest; confirmed by histopathology; age 40 to 60)" in text
        assert charts(page) == n
        if tab == "Images":
            assert f"All {page.markdown[1].value.split('**')[1]} images" in text
        for chart in page.get("plotly_chart"):
            assert chart.key == "imputation_leak" or NAMES["nv"] not in chart.proto.spec
    assert page.dataframe[-1].value["images"].sum() == int(page.markdown[1].value.split("**")[1])


@pytest.mark.usefixtures("no_dataset")
def test_a_selection_that_nothing_fits_says_so_and_can_be_cleared() -> None:
    page = open_page()
    page.session_state["dx"] = ["akiec"]
    page.session_state["dx_type"] = ["follow_up"]
    checked(page.run())
    assert charts(page) == 0
    assert len(page.info) == 1
    checked(page.button(key="clear").click().run())
    assert charts(page) == TABS["Imbalance"]


@pytest.mark.usefixtures("no_dataset")
def test_an_image_whose_lesion_counts_elsewhere_is_no_lesion() -> None:
    page = open_page()
    for column, value in {"dx": "mel", "sex": "female", "localization": "trunk", "dx_type": "histo"}.items():
        page.session_state[column] = [value]
    page.session_state["age"] = (35, 35)
    assert "**1** of 10,015 images and **0** of 7,470 lesions" in text_of(checked(page.run()))
    page.session_state["unit"] = "lesions"
    assert len(checked(page.run()).info) == 1


@pytest.mark.usefixtures("no_dataset")
def test_cleaning_is_off_then_named_and_counted() -> None:
    page = open_page("Unknown values")
    assert "234 images (2.3%)" in text_of(page)
    assert not page.warning
    for toggle in ("clean-age", "clean-sex", "clean-localization"):
        page.session_state[toggle] = True
    text = text_of(checked(page.run()))
    assert all(part in page.warning[0].value for part in ("57 images (50)", "57 images (male)", "234 images"))
    assert "234 images (2.3%)" not in text
    assert "**39 of 42** test images" in text


@pytest.mark.usefixtures("no_dataset")
def test_images_without_the_dataset_are_labelled_synthetic() -> None:
    page = open_page("Images")
    assert "synthetic" in page.info[0].value
    card = tables.best_served_card()
    assert card and card.synthetic_score
    for each in (card.synthetic_score.balanced_accuracy, card.figure("balanced_accuracy")):
        assert estimate(each) in text_of(page)
    assert len(images(page)) == 7 * 4
    for image in images(page):
        assert "Synthetic lesion" in image.caption
        assert "Synthetic lesion" in image.alt
    assert "Download the real images" in [box.label for box in page.expander]


@pytest.mark.usefixtures("no_dataset")
def test_the_notebooks_tables_are_there_without_rows() -> None:
    page = open_page("Tables")
    schema, ages, _ = (frame.value for frame in page.dataframe)
    assert schema.set_index("column")["empty"].to_dict() == dict.fromkeys(schema["column"], 0) | {"age": 57}
    described = ages.set_index("statistic")["age"]
    assert described.round(6).to_dict() == {
        "count": 9958, "mean": 51.863828, "std": 16.968614, "min": 0, "25%": 40, "50%": 50, "75%": 65, "max": 85
    }  # fmt: skip
    assert "install the dataset" in text_of(page)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_on_a_part(part_installed: Path, tab: str) -> None:
    (part_installed / "HAM10000_images_part_1" / "ISIC_0000000.jpg").unlink()
    page = open_page(tab)
    assert charts(page) == TABS[tab]
    text = text_of(page)
    assert "**70** of 70 images and **56** of 56 lesions" in text
    assert not TABS[tab] or all(part in text for part in ("70 of 10,015 images, 56 lesions", "; 1 of these rows"))
    assert not page.error


def test_a_part_gives_way_to_the_whole_on_request(part_installed: Path) -> None:  # noqa: ARG001
    page = open_page()
    page.session_state["counted"] = "All of HAM10000"
    assert "**10,015** of 10,015 images" in text_of(checked(page.run()))


@pytest.mark.usefixtures("part_installed")
def test_images_and_rows_of_a_part_follow_the_filters() -> None:
    page = open_page("Images")
    first = [image.caption for image in images(page)]
    assert len(first) == 7 * 4
    checked(next(button for button in page.button if button.label == "Other images").click().run())
    assert [image.caption for image in images(page)] != first
    page.session_state["dx"] = ["df"]
    page.session_state["sex"] = ["female"]
    drawn = images(checked(page.run()))
    assert drawn
    for image in drawn:
        assert "female" in image.caption
        assert image.alt.startswith("Dermatoscopic image, dermatofibroma: ")
    head = turn_to("Tables", page).dataframe[0].value
    assert set(head["dx"]) == {"df"}
    assert set(head["sex"]) == {"female"}


def test_a_image_that_cannot_be_read_is_named_and_the_rest_goes_on(part_installed: Path) -> None:
    for path in part_installed.glob("*/ISIC_000000*.jpg"):
        path.write_text("no image")
    page = open_page("Images")
    assert any("ISIC_000000" in error.value for error in page.error)
    assert charts(page) == TABS["Images"]


def test_a_layout_without_age_sex_and_site_says_so(part_installed: Path, mini_metadata: pd.DataFrame) -> None:
    bare = mini_metadata.assign(age=None, sex="unknown", localization="unknown")
    bare.to_csv(part_installed / "HAM10000_metadata.csv", index=False)
    for tab in ("Age and sex", "Body site", "Unknown values"):
        assert "no age, sex or body site" in text_of(open_page(tab))


def test_a_dataset_that_changes_is_read_again(part_installed: Path, mini_metadata: pd.DataFrame) -> None:
    page = open_page()
    mini_metadata[:40].to_csv(part_installed / "HAM10000_metadata.csv", index=False)
    assert "**40** of 40 images" in text_of(checked(page.run()))


@pytest.mark.parametrize("fault", ["no column", "no file", "no folder"])
def test_a_broken_dataset_is_one_sentence_and_the_counts_go_on(
    part_installed: Path, mini_metadata: pd.DataFrame, fault: str
) -> None:
    table = part_installed / "HAM10000_metadata.csv"
    if fault == "no column":
        mini_metadata.drop(columns="dx").to_csv(table, index=False)
    elif fault == "no file":
        table.unlink()
    else:
        shutil.rmtree(part_installed)
    page = open_page()
    assert len(page.error) == 1
    assert ("lacks the column dx" if fault == "no column" else "does not contain HAM10000") in page.error[0].value
    assert charts(page) == TABS["Imbalance"]
    assert "**10,015** of 10,015 images" in text_of(page)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_on_all_of_it(real_ham: Dataset, tab: str) -> None:  # noqa: ARG001, it skips without
    page = open_page(tab)
    assert charts(page) == TABS[tab]
    assert "HAM10000 as installed, all 10,015 images of 7,470 lesions, no split" in text_of(page)
    if tab == "Tables":
        assert page.dataframe[0].value["image_id"].iloc[0] == "ISIC_0027419"


@pytest.mark.usefixtures("no_dataset")
def test_diagnoses_by_age_and_sex_can_be_shares() -> None:
    page = open_page("Age and sex")
    shown = [chart.proto.spec for chart in page.get("plotly_chart")]
    assert not any("share of the group" in spec for spec in shown)
    page.toggle("shares").set_value(True).run()
    shown = [chart.proto.spec for chart in checked(page).get("plotly_chart")]
    assert sum("share of the group" in spec for spec in shown) == 2
    assert "shares" not in {toggle.key for toggle in open_page("Imbalance").toggle}
