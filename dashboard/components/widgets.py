"""Controls and parts that several pages share."""

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
    "Data: HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161), CC BY-NC 4.0."
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
        with st.expander("How well does a model recognise them?", icon=":material/query_stats:"):
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


SAMPLE_PER_DX = 10
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


def may_download(setting: str | None, ip: str | None, url: str | None, headers: Mapping[str, str]) -> bool:
    """Decide whether this visitor may make the server download the dataset.

    If HAM10000_ALLOW_DOWNLOAD is set, it decides: 1 allows every visitor, anything else none. Otherwise only somebody
    at the server's own machine is allowed: the connection comes from there, the browser's address bar and the Host
    header say localhost, and there is no proxy header. Behind a proxy that adds no header, a forged request could
    fake all that, so a public server should set HAM10000_ALLOW_DOWNLOAD=0.

    Args:
        setting: The environment's HAM10000_ALLOW_DOWNLOAD.
        ip: `st.context.ip_address`: None for the machine itself, but ::ffff:127.0.0.1 if it is addressed by number.
        url: `st.context.url`, as the browser sends it.
        headers: `st.context.headers`.
    """
    if setting:
        return setting.strip().lower() in ("1", "true", "yes", "on")
    lower = {name.lower(): value for name, value in headers.items()}
    hosts = {urlsplit(url or "").hostname, urlsplit(f"//{lower['host']}").hostname if "host" in lower else "localhost"}
    here = ip is None or ip.removeprefix("::ffff:") in LOCAL_HOSTS
    return here and hosts <= set(LOCAL_HOSTS) and not lower.keys() & set(PROXY_HEADERS)


def fetch_data() -> None:
    """Offer to download HAM10000, a sample or all of it; nothing is downloaded before a button is pressed.

    Visitors of a public server read how its owner can do it instead: see `may_download`. An interrupted download
    resumes when its button is pressed again.
    """
    st.markdown(
        "The images of **HAM10000** are not included in this app. They are free for non-commercial use with "
        "attribution (CC BY-NC 4.0): a small sample from the [ISIC Archive](https://www.isic-archive.com), or all "
        f"10,015 images (about 3 GB) from [Harvard Dataverse](https://doi.org/{dataverse.DOI})."
    )
    context = st.context
    if not may_download(os.environ.get("HAM10000_ALLOW_DOWNLOAD"), context.ip_address, context.url, context.headers):
        st.caption(
            "This server downloads nothing for visitors. Its owner can run "
            f"`python -m core download --sample {SAMPLE_PER_DX}` or `python -m core download`."
        )
        return
    sample = st.button(
        f"Download a small sample ({SAMPLE_PER_DX * len(DX)} images, under 5 MB)",
        icon=":material/download:",
        key="fetch-sample",
    )
    with st.expander("Download the full dataset (about 3 GB)"):
        st.caption("Keep this page open. If the download is interrupted, press the button again to resume it.")
        full = st.button("Download the full dataset", icon=":material/download:", key="fetch-full")
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
        if percent not in shown:  # a page can't draw each of 10,000 reports
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
