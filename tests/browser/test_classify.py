"""The classify page in Chromium: an image in, a prediction with its heatmap out."""

import re

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from core.labels import DX, NAMES
from dashboard.text.predicted_class import inline
from tests.browser import checks
from tests.browser.hands import assert_downloads_open, choose, csv, download, lesion, tab_to
from tests.browser.views import VIEWS, assert_sound, assert_views, rerun, settle, visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS["classify"], scheme)


def upload(page: Page) -> None:
    """The button is reached by the keyboard; the system's dialog behind it opens only now and then under automation."""
    tab_to(page, page.get_by_role("button", name="Upload", exact=True))
    page.locator('input[type="file"]').first.set_input_files(lesion())
    expect(page.get_by_alt_text("with the heatmap of")).to_be_visible(timeout=60_000)
    settle(page)


def test_several_images_are_classified_and_one_shows_its_heatmap(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify?source=Several%20images&model=baseline_cnn") as page:
        with rerun(page):
            page.locator("input[type=file]").set_input_files([lesion(), lesion() | {"name": "other.png"}])
        figures = page.locator(".grid figure")
        expect(figures).to_have_count(2, timeout=60_000)
        settle(page)
        heat = figures.first.locator(".heat")
        expect(heat).to_have_css("opacity", "0")
        figures.first.focus()
        expect(heat).to_have_css("opacity", "1")
        table = pd.read_csv(download(page, page.get_by_role("button", name="CSV in the ISIC format")))
        assert table["image"].tolist() == ["lesion", "other"]
        checks.assert_accessible(page)


def test_an_uploaded_image_is_classified_with_a_heatmap(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify") as page:
        upload(page)
        assert_sound(page, 1)
        heatmap = page.get_by_alt_text("with the heatmap of")
        before = heatmap.get_attribute("src")
        choose(page, "Heatmap for", "Dermatofibroma")
        expect(page.get_by_alt_text(re.compile("with the heatmap of .* for Dermatofibroma"))).to_be_visible()
        after = heatmap.get_attribute("src")
        assert after != before
        tab_to(page, page.get_by_role("slider", name="Opacity"))
        page.keyboard.press("ArrowLeft")
        expect(heatmap).not_to_have_attribute("src", str(after))


def test_the_files_say_what_the_page_says(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify") as page:
        upload(page)
        bars = page.locator('[class*="st-key-probabilities-"] .js-plotly-plot')
        shown = bars.evaluate("plot => Array.from(plot._fullData[0].x)")
        table = csv(page, str(page.locator('[class*="st-key-download-probabilities-"]').get_attribute("class"))
                    .split("st-key-download-")[1].split()[0])  # fmt: skip
        assert sorted(table["probability"]) == pytest.approx(sorted(shown))
        assert set(table["dx"]) == set(DX)
        assert_downloads_open(page)
        report = download(page, page.get_by_role("button", name="Report"))
        label = page.locator('[class*="st-key-probabilities-"] [role="figure"]').get_attribute("aria-label")
        page.goto(report.as_uri())
        assert page.locator("img").evaluate_all("all => all.length && all.every(img => img.naturalWidth > 0)")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
        assert page.locator("img").count() == 2  # the image and the heatmap
        assert str(label).split(": ", 1)[1].split(";")[0][:60] in page.locator("body").inner_text()


def test_a_text_file_named_jpg_gets_one_sentence(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify") as page:
        file = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not an image at all"}
        page.locator('input[type="file"]').first.set_input_files(file)  # type: ignore[arg-type]
        expect(page.get_by_test_id("stAlert").filter(has_text="isn't a JPEG")).to_be_visible(timeout=30_000)
        assert "Traceback" not in page.content()


def test_an_example_is_tried_by_the_keyboard(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify") as page:
        tab_to(page, page.get_by_role("button", name="Vascular lesion", exact=True))
        page.keyboard.press("Enter")
        expect(page.get_by_alt_text("with the heatmap of")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("combobox", name="Drawn as")).to_have_value("Vascular lesion")


def test_the_heatmap_menu_follows_the_image(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify?source=Synthetic+lesion") as page:
        heatmap = page.get_by_role("combobox", name="Heatmap for")
        expect(heatmap).to_be_visible(timeout=60_000)
        gives = page.get_by_text("For images like those in HAM10000, the model gives")
        for _ in range(3):
            settle(page)
            before = gives.inner_text()
            page.get_by_role("button", name="Another").click()
            expect(gives).not_to_have_text(before)
            settle(page)
            first = next(NAMES[dx] for dx in DX if f"the model gives {inline(dx)} " in gives.inner_text())
            expect(heatmap).to_have_value(first)
