"""Every view of every page by its address, one visit to it, and what must hold of any of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser import checks

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
HEAR = """(() => {
    const fields = data => {
        const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength), found = {};
        let at = 0;
        const number = () => {
            let value = 0;
            for (let scale = 1; ; scale *= 128) {
                const byte = bytes[at++];
                value += (byte & 127) * scale;
                if (byte < 128) return value;
            }
        };
        while (at < bytes.length) {
            const tag = number(), kind = tag & 7;
            if (kind === 0) found[tag >> 3] = number();
            else [found[tag >> 3], at] = [true, kind === 2 ? number() + at : at + (kind === 5 ? 4 : 8)];
        }
        return found;
    };
    window.stage = 'none';
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given);
            this.addEventListener('message', ({data}) => {
                const {[NEW_SESSION]: begins, [SCRIPT_FINISHED]: status} = fields(data);
                if (begins && window.stage === 'asked') window.stage = 'began';
                if (status === undefined || window.stage !== 'began') return;
                [window.stage, window.overAt] = [status === FOR_RERUN ? 'asked' : 'over', performance.now()];
            });
        }
        send(data) {
            if (window.stage === 'watching' && fields(data)[RERUN_SCRIPT]) window.stage = 'asked';
            super.send(data);
        }
    };
})()"""
"""Follow a run of the script in the messages between browser and server: asked for, began, over. Streamlit's own sign
of it, an attribute of the app, changes only while the browser has time to draw it."""
for name, field in {
    "NEW_SESSION": ForwardMsg.NEW_SESSION_FIELD_NUMBER, "SCRIPT_FINISHED": ForwardMsg.SCRIPT_FINISHED_FIELD_NUMBER,
    "RERUN_SCRIPT": BackMsg.RERUN_SCRIPT_FIELD_NUMBER, "FOR_RERUN": ForwardMsg.FINISHED_EARLY_FOR_RERUN,
}.items():  # fmt: skip
    HEAR = HEAR.replace(name, str(field))
WATCH = "window.stage = 'watching'"
RERAN = """() => window.stage === 'over' && performance.now() - window.overAt > 100
    && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"""
STATE = """() => ({
    stage: window.stage, state: document.querySelector("[data-testid=stApp]").dataset.testScriptState,
    focus: document.activeElement.innerText, page: document.body.innerText.slice(0, 3000),
})"""
"""What to know of a page whose script did not run again: whether the click came, and what the server sent."""
PLACEHOLDERS = "[...document.querySelectorAll('[data-testid=stSkeleton]')]"
ERRORS = '[data-testid="stException"], [data-testid="stAlertContentError"]'


class View(NamedTuple):
    """One view of a page.

    Attributes:
        address: Path and query.
        charts: How many charts it has at least.
        tab: Which one shows it, if any.
    """

    address: str
    charts: int
    tab: str | None = None


def _tabs(page: str, query: str, charts: dict[str, int]) -> list[View]:
    return [View(f"{page}?{query}={quote(tab)}", n, tab) for tab, n in charts.items()]


CHARTS = {
    "metadata": {
        "Imbalance": 2, "Lesions": 3, "Age and sex": 6, "Body site": 3, "Images": 2, "Unknown values": 2, "Tables": 0,
    },
    "splits": {
        "What works": 1, "Small network": 1, "Wrong protocols": 1, "Lab": 1, "Split": 3, "The notebook's SMOTE": 1,
    },
    "leaderboard": {
        "Confusion matrix": 1, "By diagnosis": 2, "ROC and PR": 3, "Calibration": 4, "Slices": 2, "Threshold": 4,
        "Learning curves": 3, "Card": 1,
    },
    "lab": {"Training rows": 1, "By diagnosis": 2, "Map": 1, "Confusion matrices": 2},
    "gradcam": {
        "Gallery": 0, "Right and wrong": 0, "Models compared": 0, "Layers compared": 0, "Scores": 2, "Checks": 1,
    },
}  # fmt: skip
"""How many charts stand on the page while a tab is open; on the leaderboard one of them stands outside the tabs."""
OTHER = {"Wrong protocols": 2, "Reported elsewhere": 1, "Not trained here": 1}
"""What can be opened at the leaderboard's end, and how many charts stand on the page then."""
VIEWS: dict[str, list[View]] = {
    "": [View("", 1)],
    "metadata": _tabs("metadata", "show", CHARTS["metadata"]),
    "lesson": [View("lesson?step=copies", 1), View("lesson?step=smote_point", 1)],
    "splits": _tabs("splits", "show", CHARTS["splits"]),
    "lab": _tabs("splits", "show=Lab&detail", CHARTS["lab"]),
    "leaderboard": _tabs("leaderboard", "model=efficientnet_lite0&show", CHARTS["leaderboard"])
    + _tabs("leaderboard", "other", OTHER),
    "classify": [
        View("classify", 0),
        View("classify?source=Synthetic%20lesion", 1),
        View("classify?source=Several%20images", 0),
    ],
    "gradcam": _tabs("gradcam", "model=efficientnet_lite0&view", CHARTS["gradcam"]),
}


WIDER = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
    .filter(e => e.scrollWidth > e.clientWidth).map(e => `${e.tagName}: ${e.scrollWidth - e.clientWidth} px`)"""


def is_ours(message: ConsoleMessage) -> bool:
    """An error, but not of Streamlit's own search for its base path, which a deep link makes it begin too deep."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1"


_FREE: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
"""Tabs that no test uses, each of a visitor of its own."""
NEW_VISITOR = "localStorage.clear(); sessionStorage.clear()"


@contextmanager
def visit(browser: Browser, url: str, viewport: dict[str, int] = WIDE, scheme: str = "light") -> Iterator[Page]:
    """Open a page, wait until its script has run; afterwards the console must be clean and no other host asked.

    The visitor is a new one, the tab is not: a tab that has seen a page has compiled its scripts, and takes half of the
    processor time for the next one.
    """
    page = _tab(browser)
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    page.emulate_media(media="null", color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    with _listening(page, complaints):
        page.goto(url)
        expect(page.get_by_text("not a medical device")).to_be_visible(timeout=120_000)  # the last thing it writes
        settle(page)
        yield page
        page.goto(f"{'/'.join(url.split('/')[:3])}/_stcore/health")  # no other page: the server forgets the session
    assert not complaints
    page.evaluate(NEW_VISITOR)
    page.context.clear_cookies()
    page.mouse.move(0, 0)
    _FREE[browser].append(page)


def _tab(browser: Browser) -> Page:
    if free := _FREE.setdefault(browser, []):
        return free.pop()
    page = browser.new_context().new_page()
    page.add_init_script(HEAR)
    return page


@contextmanager
def _listening(page: Page, complaints: list[str]) -> Iterator[None]:
    """Collect what a page complains of and whom it asks; a tab in which something failed is closed."""
    listeners: dict[Literal["console", "pageerror", "request"], Callable[[Any], None]] = {
        "console": lambda message: complaints.append(message.text) if is_ours(message) else None,
        "pageerror": lambda error: complaints.append(str(error)),
        "request": lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None,
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        yield
    except BaseException:
        page.context.close()
        raise
    for event, listener in listeners.items():
        page.remove_listener(event, listener)


def settle(page: Page) -> None:
    """Wait until the script is at rest and the page is drawn.

    Images: the server drops them when the page is left. Placeholders: a table takes the place of one only once its code
    has been loaded, and moves all that is below it; a button that moves between press and release is not clicked.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=120_000)
    page.wait_for_function("[...document.images].every(image => image.complete)", timeout=120_000)
    page.wait_for_function(f"!({PLACEHOLDERS}).some(e => e.checkVisibility())", timeout=120_000)


def assert_sound(page: Page, charts: int = 0) -> None:
    """No error, no sideways scroll, and in each chart something drawn."""
    assert page.locator(ERRORS).count() == 0, page.locator(ERRORS).all_inner_texts()
    checks.assert_drawn(page, charts)
    with suppress(PlaywrightTimeout):  # after another width the page is laid out anew, on a busy machine not at once
        page.wait_for_function(f"({WIDER})().length === 0", timeout=10_000)
    assert page.evaluate(WIDER) == []


@contextmanager
def rerun(page: Page) -> Iterator[None]:
    """Do what makes the script run again, and wait until it has.

    Only once nothing moves: while an expander unfolds or a chart takes its new width, press and release of one click
    may hit different elements.
    """
    page.evaluate(checks.AT_REST)
    page.evaluate(WATCH)
    yield
    try:
        page.wait_for_function(RERAN, timeout=120_000)
    except PlaywrightTimeout as error:
        raise AssertionError(f"the script did not run again: {page.evaluate(STATE)}") from error
    settle(page)


def assert_views(browser: Browser, server: str, views: list[View], scheme: str) -> None:
    """Every second view of a page in this theme, the others are for the other: sound and fit for everybody."""
    views = views[::2] if scheme == "light" else views[1::2] or views
    size, other = (PHONE, WIDE) if scheme == "light" else (WIDE, PHONE)  # a server's first request has the other two
    with visit(browser, f"{server}/{views[0].address}", size, scheme) as page:
        for view in views:
            print(view.address)  # for the report of a failure
            page.set_viewport_size(size)  # type: ignore[arg-type]
            open_tab(page, view)
            open_all(page)
            assert_sound(page, view.charts)
            checks.assert_accessible(page)
            page.set_viewport_size(other)  # type: ignore[arg-type]
            assert_sound(page, view.charts)


def open_tab(page: Page, view: View) -> None:
    """Click a view's tab, or the button that opens it, where another is open."""
    name = view.tab or ""
    tab = page.get_by_role("tab", name=name, exact=True).or_(page.get_by_role("radio", name=name, exact=True))
    if view.tab and "false" in (tab.get_attribute("aria-selected"), tab.get_attribute("aria-checked")):
        with rerun(page):
            tab.click()


def open_all(page: Page) -> None:
    """Unfold every expander that is folded."""
    folded = page.locator('[data-testid="stExpander"] details:not([open]) > summary')
    while folded.count():  # unfolding one may bring others to light
        runs = folded.first.locator("xpath=ancestor::*[contains(@class, '-fold')]").count()
        with rerun(page) if runs else nullcontext():
            folded.first.click()
        settle(page)
        page.evaluate(checks.AT_REST)
