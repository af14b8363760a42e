"""The static page in Chromium: what a visitor sees, does, and what is never sent."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from core.inference.class_mix import assume
from core.inference.crop import Crop
from core.inference.pipeline import Pipeline, Prediction
from core.labels import DX, NAMES
from core.release import web
from core.synthetic.lesions import sample_lesion
from dashboard.caches import evaluation
from dashboard.text import predicted_class, prediction
from dashboard.text.phrases import plain
from dashboard.text.predicted_class import likely
from tests.browser import checks
from tests.browser.hands import lesion, tab_to
from tests.browser.on_device import READY, StaticSite, classify, open_page, until_kept, visitor
from tests.browser.test_on_device_parity import encoded
from tests.browser.views import PHONE, WIDE, visit

OTHER = "baseline_cnn"
"""A small network, for a page whose model has changed."""


@pytest.fixture(scope="module")
def names() -> list[str]:
    return web.offered_networks()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("page")
    web.write_site(folder, names)
    return folder


@pytest.fixture
def static(folder: Path) -> Iterator[StaticSite]:
    served = StaticSite(folder)
    yield served
    served.close()


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The page, open for tests that bring an image and need no page of their own: to open it takes seconds."""
    served = StaticSite(folder)
    with visitor(browser) as context:
        yield open_page(context, served.url)
    served.close()


def files() -> dict[str, FilePayload]:
    """A lesion, and an image that the check refuses."""
    plain_one = encoded(sample_lesion("mel", 1).image // 8 + 200)
    return {"lesion": lesion(), "refused": {"name": "sky.png", "mimeType": "image/png", "buffer": plain_one}}


def text(page: Page, name: str) -> str:
    return page.locator(f"#{name}").inner_text().replace("\n", " ")


def test_the_app_serves_it_and_its_pages_link_to_it(browser: Browser, server: str) -> None:
    for path in ("", "classify"):
        with visit(browser, f"{server}/{path}") as page:
            link = page.get_by_role("link", name=re.compile("on this device", re.IGNORECASE))
            expect(link).to_have_attribute("href", "/on-device/")
    with visitor(browser) as context:
        page = open_page(context, f"{server}/on-device")
        page.get_by_role("button", name="Melanoma", exact=True).click()
        expect(page.locator("#prediction-text")).to_contain_text("the model gives", timeout=30_000)


def test_it_is_fit_for_everybody(browser: Browser, static: StaticSite) -> None:
    with visitor(browser) as context:
        page = open_page(context, static.url)
        assert_fit(page)
        for file in files().values():
            classify(page, file)
            page.locator("#crop summary").click()
            page.locator("#check summary").click()
            assert_fit(page)
        page.get_by_role("button", name="Classify it anyway").click()
        assert_fit(page)


def assert_fit(page: Page) -> None:
    """No sideways scroll, names for images, contrast of every text, and axe-core's rules, in both themes and widths."""
    for scheme, viewport in (("dark", WIDE), ("dark", PHONE), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.evaluate(checks.AT_REST)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert checks.faint_texts(page) == set()
    assert checks.axe_findings(page) == set()


def test_the_page_says_what_the_app_says_of_the_same_image(page: Page) -> None:
    name = page.locator("#model").input_value()
    pipeline = Pipeline.load(name)
    for dx in ("mel", "nv", "vasc"):
        image = sample_lesion(dx, 2).image
        classify(page, {"name": "x.png", "mimeType": "image/png", "buffer": encoded(image)})
        if page.locator("#insist").is_visible():
            page.locator("#insist").click()
        if not page.locator("#check-text").is_visible():
            page.locator("#check summary").click()
        assert pipeline.fitted.check
        table = prediction.image_check_table(pipeline.fitted.check.facts).astype(str)
        cells = page.locator("#check-table").locator("th, td").all_inner_texts()
        assert cells == [*table.columns, *table.to_numpy().ravel()]
        natural = pipeline.predict_bytes(encoded(image), Crop(), flips=False)
        for mix in ("ham10000", "equal"):
            page.get_by_role("radio", name=predicted_class.MIX_LABELS[mix]).check()
            for element, sentence in sentences(name, pipeline, natural, mix).items():
                assert text(page, element) == plain(sentence), element
            shown = assume(natural, mix)
            expected = {NAMES[dx]: likely(p) for dx, p in zip(DX, shown.probabilities, strict=True)}
            assert bars(page) == expected and next(iter(bars(page))) == NAMES[shown.top]
        page.get_by_role("radio", name=predicted_class.MIX_LABELS["ham10000"]).check()


def bars(page: Page) -> dict[str, str]:
    """Names and values of the bars, from top to bottom."""
    names, values = (page.locator(f"#bars .{part}").all_inner_texts() for part in ("name", "value"))
    return dict(zip(names, values, strict=True))


def test_an_image_that_is_decoded_late_takes_no_others_place(
    browser: Browser, static: StaticSite, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    large = tmp_path / "large.png"  # a file, because the bytes of a payload travel as text
    large.write_bytes(encoded(noise, compress_level=1))
    with visitor(browser) as context:
        page = open_page(context, static.url)
        page.get_by_role("button", name="Melanoma", exact=True).click()
        expect(page.locator("#prediction-text")).to_contain_text("the model gives", timeout=30_000)
        expected = bars(page)
        page.locator("#file").set_input_files(large)
        page.get_by_role("button", name="Melanoma", exact=True).click()
        page.wait_for_timeout(4_000)  # by now the large one is decoded, and nothing on the page says so
        page.locator("#crop summary").click()
        for key in ("ArrowLeft", "ArrowRight"):  # the crop as before: predicted again
            before = page.locator("html").get_attribute("data-done")
            page.locator("#crop-size").press(key)
            expect(page.locator("html")).not_to_have_attribute("data-done", before or "none", timeout=30_000)
        assert bars(page) == expected


def sentences(name: str, pipeline: Pipeline, natural: Prediction, mix: str) -> dict[str, str]:
    """What dashboard/text says of a prediction, by the element of the page that says the same."""
    shown = assume(natural, mix)
    other = assume(natural, "equal" if mix == "ham10000" else "ham10000")
    report = evaluation.report_of(name, "accuracy" if mix == "ham10000" else "balanced", served=True)
    row = report.set_index("dx", drop=False).loc[shown.top]
    whole = prediction.malignant_sentence(shown.malignant)
    assert pipeline.fitted.conformal and pipeline.fitted.check
    check = pipeline.fitted.check
    return {
        "prediction-text": predicted_class.prediction_sentence(
            pd.DataFrame({"dx": DX, "probability": shown.probabilities}), mix
        ),
        "malignant-text": re.sub(r"; [^;]* over the image and its mirrored copies", "", whole),
        "set-text": prediction.set_sentence(shown.conformal_set, pipeline.fitted.conformal.facts),
        "record-text": predicted_class.record_sentence(row, name),
        "mix-text": predicted_class.mix_sentence(mix, natural.prior, shown.top, other.top),
        "source-text": predicted_class.source_line(report, mix),
        "check-text": prediction.image_check_sentence(check.network.name),
        "rule-text": prediction.image_check_rule(),
        "heat-text": predicted_class.heatmap_sentence(shown.top, False, *natural.heatmaps.shape[:2]),
    }


def test_a_refused_image_gets_its_reason_and_a_prediction_only_on_request(page: Page) -> None:
    classify(page, files()["refused"])
    expect(page.locator("#refusal")).to_contain_text("No prediction for this image.")
    expect(page.locator("#prediction")).to_be_hidden()
    tab_to(page, page.get_by_role("button", name="Classify it anyway"))
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).to_be_visible()
    expect(page.locator("#doubt")).to_contain_text("may mean nothing")
    classify(page, files()["lesion"])
    classify(page, files()["refused"])
    expect(page.locator("#prediction")).to_be_hidden()  # asked for one image, not for the next


def pixels(page: Page) -> str:
    return str(page.locator("#image").evaluate("canvas => canvas.toDataURL()"))


def test_heatmap_opacity_and_crop_by_the_keyboard(browser: Browser, static: StaticSite) -> None:
    with visitor(browser) as context:
        page = open_page(context, static.url)
        tab_to(page, page.get_by_role("button", name="Dermatofibroma"))
        page.keyboard.press("Enter")
        expect(page.locator("#result")).to_be_visible(timeout=30_000)
        shown = pixels(page)
        others = [pick(page, name) for name in NAMES.values()]
        assert shown in others and len(set(others)) > 1
        expect(page.locator("#heat-text")).to_contain_text("vascular lesion")
        pick(page, "Dermatofibroma")
        tab_to(page, page.get_by_role("slider", name="Opacity"))
        page.keyboard.press("Home")
        assert pixels(page) != shown
        before, plain_one = page.locator("html").get_attribute("data-done"), pixels(page)
        tab_to(page, page.locator("summary"))
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_role("slider", name="Size"))
        page.keyboard.press("Home")
        expect(page.locator("html")).not_to_have_attribute("data-done", str(before), timeout=30_000)
        assert pixels(page) != plain_one


def pick(page: Page, name: str) -> str:
    """Show the heatmap of a class; returns the image."""
    page.locator("#heat-for").select_option(name)
    return pixels(page)


def test_every_request_is_a_get_of_one_of_the_pages_files(
    browser: Browser, static: StaticSite, names: list[str]
) -> None:
    known = {f"/{path}" for path in web.build_site(names).files} | {"/"}
    with visitor(browser) as context:
        page = open_page(context, static.url)
        until_kept(page)
        before = len(static.requests)
        classify(page, files()["refused"], files()["lesion"])
        page.get_by_role("radio", name="All equally common").check()
        assert not [each for each in static.requests[before:] if not each.path.startswith("/page-")]
        page.locator("#model").select_option(names[1])
        expect(page.locator("#model-text")).to_contain_text(f"{names[1]}:", timeout=60_000)
    assert len(static.requests) > 20
    assert {(each.method, each.sent) for each in static.requests} == {("GET", 0)}
    assert {each.path for each in static.requests} <= known  # and no query, where something could be hidden


def test_after_the_first_visit_it_works_without_a_network(browser: Browser, folder: Path) -> None:
    served = StaticSite(folder)
    with visitor(browser) as context:
        page = open_page(context, served.url)
        until_kept(page)
        served.close()
        page.reload()
        expect(page.locator("#status")).to_have_text(READY, timeout=60_000)
        classify(page, files()["lesion"])
        expect(page.locator("#prediction-text")).to_contain_text("the model gives")


def test_a_second_visit_downloads_nothing_large(browser: Browser, static: StaticSite) -> None:
    with visitor(browser) as context:
        page = open_page(context, static.url)
        until_kept(page)
        before = len(static.requests)
        page.reload()
        expect(page.locator("#status")).to_have_text(READY, timeout=60_000)
        assert not [each for each in static.requests[before:] if re.match("/(page|model|runtime)-", each.path)]


def test_an_old_service_worker_serves_nothing_stale_beside_a_new_model(browser: Browser, tmp_path: Path) -> None:
    old = web.write_site(tmp_path, ["efficientnet_lite0"])
    served = StaticSite(tmp_path)
    with visitor(browser) as context:
        page = open_page(context, served.url)
        until_kept(page)
        for path in old.files:
            (tmp_path / path).unlink()
        web.write_site(tmp_path, [OTHER])
        page.reload()
        expect(page.locator("#status")).to_have_text(READY, timeout=60_000)
        expect(page.locator("#model-text")).to_contain_text(f"{OTHER}:")
    served.close()


@pytest.mark.parametrize(
    ("what", "fault", "words"),
    [
        ("**/*.tflite.gz", "cut", "The model wasn't loaded completely."),
        ("**/*.wasm.gz", "cut", "The program that runs the model wasn't loaded completely."),
        ("**/litert.js", "cut", "The program that runs the model wasn't loaded completely."),
        ("**/*.tflite.gz", "gone", "This page has been updated since you opened it."),
        ("**/site.json", "cut", "This page wasn't loaded completely."),
    ],
)
def test_a_cut_download_is_one_sentence(browser: Browser, folder: Path, what: str, fault: str, words: str) -> None:
    served = StaticSite(folder)

    def break_file(route: Route) -> None:
        if fault == "gone":
            route.fulfill(status=404)
        else:
            body = route.fetch().body()
            route.fulfill(body=body[: len(body) // 2], content_type="text/javascript")

    context = browser.new_context(service_workers="block")  # the console rightly complains of it
    page = context.new_page()
    page.route(what, break_file)
    page.goto(served.url)
    assert_one_sentence(page, words)
    expect(page.locator("#sources")).to_be_hidden()
    context.close()
    served.close()


def assert_one_sentence(page: Page, words: str) -> None:
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text(words, timeout=30_000)
    assert len(problem.inner_text()) < 150
    assert "Error" not in page.locator("body").inner_text()


def test_without_simd_there_is_a_sentence_and_the_servers_page(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport=PHONE, service_workers="block")  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/engine.js", lambda route: route.fulfill(
        body=route.fetch().text().replace('typeof WebAssembly === "object"', "false"), content_type="text/javascript"
    ))  # fmt: skip
    page.goto(f"{server}/on-device/")
    assert_one_sentence(page, "This browser can't run the model")
    page.get_by_role("link", name="Classify on the server instead").click()
    expect(page).to_have_url(f"{server}/classify")
    context.close()


def test_without_scripts_the_servers_page_is_linked(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/on-device/")
    expect(page.get_by_role("link", name="Classify on the server instead")).to_be_visible()
    expect(page.get_by_text("this browser can't run the model")).to_be_visible()
    context.close()


def test_files_that_are_no_images_get_one_sentence_and_the_next_one_is_classified(page: Page) -> None:
    cut = encoded(sample_lesion("mel", 1).image)[:900]
    for data, words in ((b"not an image", "isn't a JPEG"), (b"", "is empty"), (cut, "damaged")):
        page.locator("#file").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": data})
        assert_one_sentence(page, words)
        expect(page.locator("#result")).to_be_hidden()
    classify(page, files()["lesion"])
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_dropped_file_is_classified_and_a_hostile_name_stays_text(page: Page) -> None:
    page.evaluate(
        """data => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0)), moved = new DataTransfer();
            moved.items.add(new File([bytes], '<img src=x onerror=alert(1)>.png', {type: 'image/png'}));
            document.dispatchEvent(new DragEvent('drop', {dataTransfer: moved, cancelable: true, bubbles: true}));
        }""",
        base64_of(files()["lesion"]),
    )
    expect(page.locator("#prediction-text")).to_contain_text("the model gives", timeout=30_000)
    assert "onerror" not in page.content()


def base64_of(file: FilePayload) -> str:
    return base64.b64encode(file["buffer"]).decode()


CAMERA = """
const canvas = Object.assign(document.createElement('canvas'), {width: 600, height: 450});
const image = new Image();
image.src = 'data:image/png;base64,DATA';
setInterval(() => canvas.getContext('2d').drawImage(image, 0, 0, 600, 450), 40);
if (navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async () => (window.stream = canvas.captureStream(25));
"""
REFUSED = """
if (navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NAME') };
"""


def test_the_live_camera_is_classified_held_and_may_vanish(browser: Browser, static: StaticSite) -> None:
    with visitor(browser) as context:
        context.add_init_script(CAMERA.replace("DATA", base64_of(files()["lesion"])))
        page = open_page(context, static.url)
        page.get_by_role("button", name="Live camera").click()
        expect(page.locator("#prediction-text")).to_contain_text("the model gives", timeout=30_000)
        expect(page.locator("#heat")).to_be_hidden()
        assert page.locator("#bars .name").all_inner_texts() == list(NAMES.values())  # each bar stays in its place
        assert_fit(page)
        page.get_by_role("button", name="Use this image").click()
        expect(page.locator("#heat")).to_be_visible()
        assert page.evaluate("stream.getTracks().every(track => track.readyState === 'ended')")
        page.get_by_role("button", name="Live camera").click()
        expect(page.locator("#camera-row")).to_be_visible(timeout=30_000)
        page.evaluate("stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
        assert_one_sentence(page, "The camera has stopped.")
        expect(page.locator("#result")).to_be_hidden()


@pytest.mark.parametrize(
    ("script", "words"), [(REFUSED.replace("NAME", "NotAllowedError"), "The camera wasn't allowed."),
                          (REFUSED.replace("NAME", "NotFoundError"), "No camera was found."),
                          ("delete Navigator.prototype.mediaDevices", "only on a secure address")]
)  # fmt: skip
def test_a_camera_that_is_denied_or_missing_is_one_sentence(
    browser: Browser, static: StaticSite, script: str, words: str
) -> None:
    with visitor(browser) as context:
        context.add_init_script(script)
        page = open_page(context, static.url)
        page.get_by_role("button", name="Live camera").click()
        assert_one_sentence(page, words)
        classify(page, files()["lesion"])


def test_another_model_comes_on_choice_and_with_its_link(
    browser: Browser, static: StaticSite, names: list[str]
) -> None:
    with visitor(browser) as context:
        page = open_page(context, static.url)
        classify(page, files()["lesion"])
        before = text(page, "bars")
        page.locator("#model").select_option(names[1])
        expect(page.locator("#record-text")).to_contain_text(names[1], timeout=60_000)
        assert text(page, "bars") != before
        page.goto(f"{static.url}?model={names[1]}")
        expect(page.locator("#model-text")).to_contain_text(f"{names[1]}:", timeout=60_000)
