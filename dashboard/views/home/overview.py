"""The home page: three ways in, a first guess, the pages as tiles, and what is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from core.data.leakage import leaked_share
from core.data.metadata import Dataset
from core.data.summary import sample_rows
from core.errors import UserError
from core.labels import DX
from core.lessons.imbalance import ALWAYS_NEVUS
from core.lessons.results import truth_of
from core.lessons.step import Figure
from core.lessons.steps import STEPS
from core.store.card import Card
from dashboard.caches import dataset, lesson, tables
from dashboard.caches.computed import computed
from dashboard.charts.lesson import lesson_chart
from dashboard.charts.style import Chart
from dashboard.components.download import fetch_data
from dashboard.components.drawn import drawn
from dashboard.components.widgets import PLOTLY
from dashboard.navigation import PAGES, get_page, on_device_address, page_link, shown_pages
from dashboard.text.format import count
from dashboard.text.home import TILES, lead, learn_text
from dashboard.text.lessons import guess_sentence, result_sentence, source_text
from dashboard.text.phrases import inside, plain
from dashboard.text.terms import explained

if TYPE_CHECKING:
    from core.data.images import Image

SAMPLE_SEED = 4
GUESS = 50
"""Percent at which the slider stands at first."""
CLASS = "classroom"
"""The page where a class is joined, on servers that have it."""
SCORE = "Score your predictions"
REVEALED = "home-revealed"
"""Session state: whether the first guess was revealed."""
ABREAST = 4
"""Tiles in a row."""
IMAGES = Path(__file__).resolve().parents[2] / "tiles"
"""One image a page and theme, by the page's file; taken by `python -m tests.browser.screenshots`."""


def find_installed() -> tuple[Dataset | None, str | None]:
    """Return the installed dataset, or None; if it is faulty, also why."""
    return dataset.usable(), dataset.fault()


def show_lead(counts: pd.DataFrame) -> None:
    """Say what the app is for."""
    st.markdown(lead(counts, len(STEPS)))


def show_state(installed: Dataset | None, fault: str | None, cards: Mapping[str, Card]) -> None:
    """Say in one line which data and models there are."""
    exported = {name for name, card in cards.items() if card.export}
    served = sum({part.name for part in card.members} <= exported if card.members else name in exported
                 for name, card in cards.items())  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        if fault:
            st.badge("Dataset faulty", icon=":material/error:", color="red")
        elif installed and installed.images:
            text = f"{count(len(installed.images))} installed"
            st.badge(text, icon=":material/database:", color="green")
        else:
            st.badge("No images installed, showing synthetic ones", icon=":material/database:", color="gray")
        if cards:
            text = f"{count(len(cards), 'trained models')}, {served} ready to classify"
            st.badge(text, icon=":material/model_training:", color="green" if served else "gray")
        else:
            st.badge("No trained models yet", icon=":material/model_training:", color="gray")


def show_examples(installed: Dataset | None) -> None:
    """Show one image of each diagnosis: real if images are installed, else synthetic."""
    for find in (_real, _synthetic) if installed and installed.images else (_synthetic,):
        try:
            kind, shown, image = find(installed)
        except UserError as error:
            st.warning(str(error), icon=":material/hide_image:")
            continue
        text = f"{kind}, from left to right: {', '.join(inside(dx) for dx in shown)}."
        st.image(image, text, width="stretch", output_format="JPEG", alt=text)
        return


def _real(installed: Dataset | None) -> tuple[str, Sequence[str], Image]:
    from dashboard.charts.overlay import film  # imports OpenCV

    assert installed
    rows = sample_rows(installed.with_images, 1, SAMPLE_SEED).set_index("dx")["image_id"]
    images = {dx: tables.thumbnail(str(installed.images[rows[dx]])) for dx in DX if dx in rows}
    return "Dermatoscopic images from HAM10000", list(images), film(list(images.values()))


def _synthetic(_: Dataset | None) -> tuple[str, Sequence[str], bytes]:
    return "Synthetic lesions, not photographs", DX, tables.synthetic_row()


def show_buttons() -> None:
    """Show the three ways in; a class can be joined where this server has rooms."""
    ways = {
        "lesson": ("Start the lesson", "school"), CLASS: ("Join a class", "groups"),
        "classify": ("Try an image", "add_a_photo"),
    }  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for name in [name for name in ways if name in shown_pages()]:
            label, icon = ways[name]
            kind: Literal["primary", "secondary"] = "primary" if name == "lesson" else "secondary"
            if st.button(label, icon=f":material/{icon}:", type=kind, key=f"home-{name}"):
                st.switch_page(get_page(name))
    if any(card.export for card in tables.cards().values()):
        st.markdown(f"Or [classify on this device]({on_device_address()}): your image is not uploaded.")


def show_hero() -> None:
    """Let the visitor guess at once, as the lesson's first step does, and reveal the result."""
    figures = lesson.figures(ALWAYS_NEVUS)
    with st.container(border=True, key="home-guess"):
        st.markdown("## Always say “nevus”, a mole: how often is that right?")
        guess = st.slider("Your guess", 0, 100, GUESS, format="%d%%", key="home-slider", disabled=_revealed())
        shown = _revealed()
        sentence = result_sentence(ALWAYS_NEVUS, figures)
        chart = _guess_chart(figures, float(guess), shown, sentence)
        alt = plain(sentence) if shown else "The guess on an axis from 0 to 100%."
        st.plotly_chart(chart.figure, width="stretch", key="home-chart", config=PLOTLY, alt=alt)
        if shown:
            st.markdown(f"{guess_sentence(ALWAYS_NEVUS, float(guess), truth_of(ALWAYS_NEVUS, figures))} {sentence}")
            source = source_text(ALWAYS_NEVUS, figures)
            st.caption(source, help=explained(source))
        else:
            st.button("Reveal", icon=":material/visibility:", key="home-reveal", on_click=_reveal, width="stretch")


def prepare() -> None:
    """Read and draw what the page shows at first, for the first visitor of a new server.

    Raises:
        UserError: Something can't be read; the page says what.
    """
    tables.committed_counts()
    computed(leaked_share, tables.committed_overlap(), "image")
    tables.cards()
    tables.synthetic_row()
    figures = lesson.figures(ALWAYS_NEVUS)
    _guess_chart(figures, float(GUESS), False, result_sentence(ALWAYS_NEVUS, figures))


def _guess_chart(figures: list[Figure], guess: float, shown: bool, sentence: str) -> Chart:
    return drawn(lesson_chart, ALWAYS_NEVUS, figures, guess, shown, sentence)


def _revealed() -> bool:
    return bool(st.session_state.get(REVEALED))


def _reveal() -> None:
    st.session_state[REVEALED] = True


def show_tiles(overlap: pd.DataFrame) -> None:
    """Show every page as a tile with an image of what it shows."""
    seen = computed(leaked_share, overlap, "image")
    texts = TILES | {"split_resampling": learn_text(seen["leaked"]["all"], seen["total"]["all"])}
    shown = [name for name in shown_pages() if name in texts]
    theme = "dark" if st.context.theme.type == "dark" else "light"
    for start in range(0, len(shown), ABREAST):
        for column, name in zip(st.columns(ABREAST, gap="medium"), shown[start : start + ABREAST], strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall", key=f"tile-{name}"):
                path = IMAGES / theme / f"{name}.jpg"
                if path.is_file():
                    st.image(str(path), width="stretch", alt=f"The page {PAGES[name][1]}")
                page_link(name)
                st.markdown(texts[name])
                if name == "leaderboard":
                    page_link(name, SCORE, **{"add-fold": "true"})


def show_data(installed: Dataset | None, fault: str | None, counts: pd.DataFrame) -> None:
    """Say whether HAM10000 is installed, and offer to download it if it is not complete."""
    whole = int(counts["images"].sum())
    if fault:
        st.error(f"{fault} Until this is fixed, the app shows the counts included in it.", icon=":material/error:")
    elif installed is None:
        st.markdown(
            f":material/database: **No images installed.** The app includes the counts of all {count(whole)}; the "
            "images shown are synthetic and labelled as such."
        )
    elif len(installed.images) == whole:
        st.markdown(f":material/database: **HAM10000 is installed completely**: {count(whole)}.")
    else:
        st.markdown(
            f":material/database: **HAM10000 is installed in part**: {len(installed.images):,} of {count(whole)}."
        )
    if fault or installed is None or len(installed.images) < whole:
        with st.expander("Download the real images", icon=":material/download:"):
            fetch_data()
