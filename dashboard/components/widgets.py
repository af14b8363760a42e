"""Controls and blocks that several pages share."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.config import data_dir
from core.data.download import dataverse, isic_archive
from core.data.download.job import Progress, Report
from core.errors import UserError
from core.labels import DX
from core.stats import Estimate
from dashboard.caches import tables
from dashboard.text.phrases import plain

LINE_WIDTH = 820
"""Pixels: of a longer line, the eye does not find the next."""
PLOTLY = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
"""Config of every chart: one button, which saves it as a PNG."""

NOTICE = (
    "For teaching and research only. This is not a medical device and gives no diagnosis; "
    "if a spot on your skin worries you, see a doctor. "
    "Data: HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161), CC BY-NC 4.0."
)


DOWNLOAD_NOTE = "download-note"
"""Session state: what a finished download has to say once its page has been drawn anew."""


def notice() -> None:
    """The line that stands under every page."""
    if note := st.session_state.pop(DOWNLOAD_NOTE, None):
        st.toast(note, icon=":material/check:", duration="long")
    st.divider()
    st.caption(NOTICE)


@contextmanager
def plain_errors(advice: str = "reload the page") -> Iterator[None]:
    """Turn whatever goes wrong inside into one sentence, without a type, a path or a traceback.

    Args:
        advice: What to do about a fault that nobody foresaw.
    """
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:  # Streamlit's own control flow is no Exception and passes
        logging.getLogger(__name__).exception("A page failed")
        st.error(f"Something went wrong here that should not have; {advice}.", icon=":material/error:")


def download_table(df: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """A small button that downloads a table.

    Args:
        df: Written with its index only where the index is named.
        name: File name without its ending; also the button's key, so unique on the page.
        label: What the button says.
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
        help="Download the numbers behind this as a CSV file",
    )


def open_tab(shows: Mapping[str, Callable[[], None]], key: str) -> None:
    """Tabs, of which only the open one runs; which one that is stands in the address.

    Args:
        shows: What draws each, by its label.
        key: Unique on the page; also the address's name for it.
    """
    tabs = st.tabs(list(shows), key=key, on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, shows.values(), strict=True):
        if tab.open:
            with tab, plain_errors():
                show()


def folded_table(label: str, key: str, show: Callable[[], None]) -> None:
    """A table behind a fold, which runs once it is opened: what draws tables in the browser weighs 2 MB.

    Args:
        label: What the fold says.
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
    """A chart with its title above, and below it one sentence that says what to see, its source and its CSV.

    Args:
        fig: A figure from dashboard/charts.
        table: What the figure shows; offered as KEY.csv.
        sentence: Markdown, computed from `table`; also the chart's text for screen readers.
        key: Unique on the page.
        title: Heading in sentence case.
        source: Which data and which split the figures come from.
    """
    if title:
        st.markdown(f"##### {title}")
    st.plotly_chart(fig, width="stretch", key=key, config=PLOTLY, alt=f"{title or key}: {plain(sentence)}")
    st.markdown(sentence, width=LINE_WIDTH)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if source:
            st.caption(source, width="stretch")
        download_table(table, key)


def about_synthetic() -> None:
    """What synthetic lesions are, and how far the best served model reads the diagnosis off them."""
    text = (
        "These lesions are **synthetic, not photographs**: drawn at random from statistics of HAM10000's training "
        "lesions, diagnosis by diagnosis."
    )
    st.info(text, icon=":material/science:")
    card = tables.best_served_card()
    if card and card.synthetic_score:
        tested, drawn = card.figure("balanced_accuracy"), card.synthetic_score.balanced_accuracy
        reading = (
            f"The best model that classifies here, {card.name}, reads the diagnosis off "
            f"{card.synthetic_score.per_class * len(DX)} of them with a balanced accuracy of {_figure(drawn)}; "
            f"off the real test pictures with {_figure(tested)}, and guessing would give "
            f"{1 / len(DX):.2f} (95% intervals)."
        )
        with st.expander("How far a model reads the diagnosis off them", icon=":material/query_stats:"):
            st.markdown(reading)


def _figure(each: Estimate) -> str:
    return f"{each.value:.2f} [{each.low:.2f}, {each.high:.2f}]"


SAMPLE_PER_DX = 10
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


def may_download(setting: str | None, ip: str | None, url: str | None, headers: Mapping[str, str]) -> bool:
    """Whether this visitor may make the server fetch the dataset.

    HAM10000_ALLOW_DOWNLOAD decides where it is set: 1 allows every visitor, anything else none. Where it is not, only
    somebody at the server's own machine is allowed: the connection comes from it, the browser's address bar and the
    Host header say localhost, and no proxy has left a header. Behind a proxy that leaves none, who crafts requests by
    hand could pretend all that: a public server should set HAM10000_ALLOW_DOWNLOAD=0.

    Args:
        setting: The environment's HAM10000_ALLOW_DOWNLOAD.
        ip: `st.context.ip_address`: None for the machine itself, but ::ffff:127.0.0.1 where it is called by number.
        url: `st.context.url`, as the browser says it.
        headers: `st.context.headers`.
    """
    if setting:
        return setting.strip().lower() in ("1", "true", "yes", "on")
    lower = {name.lower(): value for name, value in headers.items()}
    hosts = {urlsplit(url or "").hostname, urlsplit(f"//{lower['host']}").hostname if "host" in lower else "localhost"}
    here = ip is None or ip.removeprefix("::ffff:") in LOCAL_HOSTS
    return here and hosts <= set(LOCAL_HOSTS) and not lower.keys() & set(PROXY_HEADERS)


def fetch_data() -> None:
    """Offers to fetch HAM10000, a sample or all of it; nothing is fetched before a button is pressed.

    Visitors of a public server see how its owner can do it instead: see `may_download`. A download that the visitor
    leaves or that breaks is resumed when its button is pressed again.
    """
    st.markdown(
        "The pictures of **HAM10000** do not come with this app. They are free for non-commercial use with attribution "
        "(CC BY-NC 4.0): a small sample from the [ISIC Archive](https://www.isic-archive.com), or all 10,015 pictures "
        f"(about 3 GB) from [Harvard Dataverse](https://doi.org/{dataverse.DOI})."
    )
    context = st.context
    if not may_download(os.environ.get("HAM10000_ALLOW_DOWNLOAD"), context.ip_address, context.url, context.headers):
        st.caption(
            "This server fetches nothing for visitors. Whoever runs it can, with "
            f"`python -m core download --sample {SAMPLE_PER_DX}` or `python -m core download`."
        )
        return
    sample = st.button(
        f"Fetch a small real sample ({SAMPLE_PER_DX * len(DX)} pictures, under 5 MB)",
        icon=":material/download:",
        key="fetch-sample",
    )
    with st.expander("Fetch the full set (about 3 GB)"):
        st.caption("Keep this page open meanwhile. If it is interrupted, press again: it goes on where it stopped.")
        full = st.button("Fetch the full set", icon=":material/download:", key="fetch-full")
    if sample:
        _run_download(lambda report: isic_archive.download_sample(data_dir(), SAMPLE_PER_DX, progress=report))
    elif full:
        _run_download(lambda report: dataverse.download_full(data_dir(), progress=report))


def _run_download(job: Callable[[Report], Path]) -> None:
    bar = st.progress(0.0, text="Starting")
    shown: set[tuple[int, int]] = set()

    def report(progress: Progress) -> None:
        if progress.note:
            st.session_state[DOWNLOAD_NOTE] = progress.note
        percent = (progress.step, int(100 * progress.share))
        if percent not in shown:  # a page cannot draw each of 10,000 reports
            shown.add(percent)
            bar.progress(progress.share, text=progress.text)

    try:
        job(report)
    except UserError as error:
        bar.empty()
        st.error(str(error), icon=":material/error:")
        return
    tables.forget_tables()
    st.rerun()
