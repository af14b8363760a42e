"""Controls and parts that several pages share."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.errors import UserError
from core.labels import DX
from core.store.datasets import CREDITS, credit
from dashboard.caches import dataset, tables
from dashboard.text.models import full_label
from dashboard.text.phrases import plain
from dashboard.text.synthetic import synthetic_sentence
from dashboard.text.terms import explained

LINE_WIDTH = 820
"""Maximum width of a text in pixels; longer lines are hard to read."""
PLOTLY = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
"""Config of every chart: one button, which saves it as a PNG."""

NOTICE = (
    "For teaching and research only. This is not a medical device and does not diagnose. "
    "If a spot on your skin worries you, see a doctor. "
    f"Data: {credit(CREDITS)}, CC BY-NC 4.0."
)


DOWNLOAD_NOTE = "download-note"
"""Session state: the message of a finished download, shown after the page was redrawn."""


def notice() -> None:
    """Show the line under every page."""
    if note := st.session_state.pop(DOWNLOAD_NOTE, None):
        st.toast(note, icon=":material/check:", duration="long")
    st.divider()
    st.caption(NOTICE)


@contextmanager
def plain_errors(advice: str = "reload the page") -> Iterator[None]:
    """Turn any error inside into one sentence, without a type, a path or a traceback.

    Args:
        advice: What to do about an unexpected error.
    """
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:  # Streamlit's own control flow is not an Exception and passes
        logging.getLogger(__name__).exception("A page failed")
        st.error(f"Something went wrong; {advice}.", icon=":material/error:")


def download_table(df: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """Show a small button that downloads a table.

    Args:
        df: Written with its index only if the index has a name.
        name: File name without its ending; also the button's key, so unique on the page.
        label: The button's text.
    """
    st.download_button(
        label,
        data=lambda: df.to_csv(index=any(df.index.names)).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download-{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="Download these numbers as a CSV file",
    )


def open_tab(shows: Mapping[str, Callable[[], None]], key: str) -> None:
    """Show tabs, of which only the open one runs; the address names it.

    Args:
        shows: What draws each tab, by label.
        key: Unique on the page; also the address's name for it.
    """
    tabs = st.tabs(list(shows), key=key, on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, shows.values(), strict=True):
        if tab.open:
            with tab, plain_errors():
                show()


def folded_table(label: str, key: str, show: Callable[[], None]) -> None:
    """Show an expander with a table, drawn once it is opened: the table component is a 2 MB download.

    Args:
        label: The expander's text.
        key: Unique on the page.
        show: Draws it.
    """
    fold = st.expander(label, icon=":material/table_rows:", key=key, on_change="rerun")
    if fold.open:
        with fold:
            show()


def chart_block(
    fig: go.Figure, table: pd.DataFrame, sentence: str, key: str, *, title: str | None = None, source: str | None = None
) -> None:
    """Show a chart with its title above, and below it one sentence on what to see, its source and its CSV.

    Args:
        fig: A figure from dashboard/charts.
        table: What the figure shows; offered as KEY.csv.
        sentence: Markdown, computed from `table`; also the chart's text for screen readers.
        key: Unique on the page.
        title: Heading in sentence case.
        source: Which data and which split the figures come from.
    """
    if title:
        st.markdown(f"## {title}")
    st.plotly_chart(fig, width="stretch", key=key, config=PLOTLY, alt=f"{title or key}: {plain(sentence)}")
    st.markdown(sentence, width=LINE_WIDTH)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if source:
            st.caption(source, width="stretch", help=explained(source))
        download_table(table, key)


def about_synthetic() -> None:
    """Say what synthetic lesions are, and how well the best model recognises them."""
    text = (
        "These lesions are **synthetic, not photographs**: they are drawn at random from statistics of HAM10000's "
        "training lesions, separately for each diagnosis."
    )
    st.info(text, icon=":material/science:")
    card = tables.best_served_card()
    if card and (drawn := card.synthetic_score):
        n, tested = drawn.per_class * len(DX), card.figure("balanced_accuracy")
        with st.expander("How well does a model recognize them?", icon=":material/query_stats:"):
            st.markdown(synthetic_sentence(card.name, n, drawn.balanced_accuracy, tested))


def name_caption(name: str) -> None:
    """Show a model's name for people below the control that picks it by its key."""
    st.caption(full_label(name))


def dataset_fault(instead: str = "") -> None:
    """Say what is wrong with the installed dataset, if anything is; the page goes on without it.

    Args:
        instead: What the page shows meanwhile, as a sentence.
    """
    if fault := dataset.fault():
        st.error(f"{fault} {instead}".rstrip(), icon=":material/error:")
