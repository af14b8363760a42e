"""What is asked of everything on a page: charts drawn, images named, text legible, colour not the only sign."""

from contextlib import suppress
from typing import Any

import cv2
import numpy as np
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

CHARTS = '[data-testid="stPlotlyChart"]'
EMPTY_CHARTS = """charts => charts.filter(chart => {
    const marks = chart.querySelectorAll(
        '.points path, .point path, .trace.scatter path, .trace.boxes path, .hm image');
    return ![...marks].some(mark => {
        const {width, height} = mark.getBoundingClientRect();
        return mark.closest('.bars') ? width * height > 0 : width + height > 0;  // a line may be level, a bar may not
    });
}).map(chart => chart.getAttribute('aria-label'))"""
NAMELESS = """() => {
    const nameless = [...document.querySelectorAll('img')].filter(
        img => img.checkVisibility() && !img.closest('[aria-hidden=true]') && !(img.alt || '').trim());
    const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')].filter(
        chart => !chart.closest('[aria-label]') && !chart.querySelector('[role=figure][aria-label]'));
    const starred = [...document.querySelectorAll('[role=figure][aria-label*="*"]')];
    return [...nameless, ...charts, ...starred].map(e => e.outerHTML.slice(0, 200));
}"""
COLOUR_ALONE = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
    const legend = plot._fullData.filter(t => t.visible === true && t.showlegend && plot._fullLayout.showlegend);
    const sign = t => JSON.stringify([t.type.replace('gl', ''), t.mode, t.marker && t.marker.symbol,
        t.line && t.line.dash, t.marker && t.marker.pattern && t.marker.pattern.shape,
        t.marker && t.marker.line && t.marker.line.width]);
    const abreast = t => t.type === 'bar' && plot._fullLayout.barmode === 'group';  // each in its place
    const named = t => [].concat(t.text || []).some(text => String(text).includes(t.name));
    const bare = legend.filter(t => !abreast(t) && !named(t));
    const alike = bare.filter(t => bare.some(o => o !== t && sign(o) === sign(t)));
    return alike.map(t => plot.closest('[aria-label]')?.getAttribute('aria-label').slice(0, 40) + ': ' + t.name);
})"""
COVERED = """() => [...document.querySelectorAll('.js-plotly-plot')].filter(plot => {
    const legend = plot.querySelector('.legend')?.getBoundingClientRect();
    return legend && legend.height && [...plot.querySelectorAll('.nsewdrag')].some(area => {
        const {left, right, top, bottom} = area.getBoundingClientRect();
        return legend.left < right && legend.right > left && legend.top < bottom - 1 && legend.bottom > top + 1;
    });
}).map(plot => plot.closest('[aria-label]')?.getAttribute('aria-label'))"""
"""Charts whose legend lies on their marks."""
TEXTS = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, e = node.parentElement, text = node.textContent.trim();
        if (!text || !e.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        if (e.closest('[aria-disabled=true], [disabled], [aria-hidden=true] input, script, style')) continue;
        const range = document.createRange(); range.selectNodeContents(node);
        const style = getComputedStyle(e), svg = e.closest('svg');
        let opacity = svg ? parseFloat(style.fillOpacity) : 1;
        for (let a = e; a; a = a.parentElement) opacity *= parseFloat(getComputedStyle(a).opacity);
        const large = parseFloat(style.fontSize) >= (parseInt(style.fontWeight) >= 700 ? 18.66 : 24);
        const icon = style.fontFamily.includes('Material');
        for (const box of range.getClientRects())
            if (box.width > 2 && box.height > 4)
                found.push({text: text.slice(0, 60), ink: svg ? style.fill : style.color, opacity,
                            least: large || icon ? 3 : 4.5, box: [box.left, box.top, box.right, box.bottom]});
    }
    return found;
}"""
AT_REST = """async () => {
    const look = () => [...document.querySelectorAll('svg, img, p, button')].map(
        e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height].map(Math.round) }).join();
    const moving = () => document.getAnimations().some(
        a => a.playState === 'running' && a.effect.getComputedTiming().endTime < Infinity);
    const patience = performance.now() + 10000;
    for (let before = null, now = look(); (moving() || now !== before) && performance.now() < patience; now = look()) {
        before = now;
        await new Promise(resolve => setTimeout(resolve, 120));
    }
}"""
"""Wait until nothing moves, ten seconds at most: what turns for as long as something loads never rests."""
AXE = """async () => (await axe.run(document, {
    resultTypes: ['violations'], preload: false, rules: {'color-contrast': {enabled: false}}})).violations"""
"""Without axe-core's own contrast, which takes half of the time: `faint_texts` measures what is really drawn."""
SERIOUS = ("serious", "critical")
ALSO = ("heading-order",)
"""Rules of less weight that hold here too: each heading is at most one level below the one before it."""


def assert_drawn(page: Page, charts: int) -> None:
    """At least so many charts, and in each something drawn."""
    page.wait_for_function("([all, n]) => document.querySelectorAll(all).length >= n", arg=[CHARTS, charts])
    empty = "all => {const f = " + EMPTY_CHARTS + "; return f([...document.querySelectorAll(all)]).length === 0}"
    with suppress(PlaywrightTimeout):  # the assertion says which
        page.wait_for_function(empty, arg=CHARTS, timeout=20_000)
    assert page.locator(CHARTS).evaluate_all(EMPTY_CHARTS) == []
    with suppress(PlaywrightTimeout):  # after another width plotly moves the legend in a second step
        page.wait_for_function(f"({COVERED})().length === 0", timeout=5_000)
    assert page.evaluate(COVERED) == []


def assert_accessible(page: Page) -> None:
    """Names for images, contrast of every text, signs besides colour, and axe-core's other rules."""
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(COLOUR_ALONE) == []
    assert faint_texts(page) | axe_findings(page) == set()


def axe_findings(page: Page) -> set[tuple[str, str]]:
    """Rule and element of each of axe-core's serious or critical findings, and of the rules in ALSO."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    serious = [rule for rule in page.evaluate(AXE) if rule["impact"] in SERIOUS or rule["id"] in ALSO]
    return {(rule["id"], node["html"][:120]) for rule in serious for node in rule["nodes"]}


def faint_texts(page: Page) -> set[tuple[str, str]]:
    """Texts whose ink stands out too little from what is drawn behind them (WCAG 2.2, 1.4.3), charts' included."""
    size = page.viewport_size
    height = page.evaluate("(document.querySelector('[data-testid=stMain]') ?? document.documentElement).scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": height})  # type: ignore[index]
    page.evaluate(AT_REST)
    texts = page.evaluate(TEXTS)
    image = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    return {("contrast", text["text"]) for text in texts if contrast(text, image) < text["least"]}


def contrast(text: dict[str, Any], image: np.ndarray) -> float:
    """Contrast of a text's ink with the most frequent colour in its box; infinite where it is out of sight."""
    left, top, right, bottom = (round(x) for x in text["box"])
    box = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)].reshape(-1, 3)
    if not len(box):
        return np.inf
    colours, counts = np.unique(box @ (1 << 16, 1 << 8, 1), return_counts=True)  # rows of three take 40 times as long
    most = colours[counts.argmax()]
    ground = np.array([most >> 16, most >> 8 & 255, most & 255], float)
    *ink, alpha = (float(x) for x in [*text["ink"].partition("(")[2].rstrip(")").split(","), 1][:4])
    alpha *= text["opacity"]
    lights = sorted(luminance(colour) for colour in (ground, alpha * np.array(ink) + (1 - alpha) * ground))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: np.ndarray) -> float:
    """Relative luminance of an sRGB colour, 0 to 255."""
    share = np.asarray(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
