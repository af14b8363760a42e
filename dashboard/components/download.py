"""The offer to download the dataset, and who may accept it. What downloads is imported once somebody has."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from core.config import data_dir
from core.data.download import DOI
from core.errors import UserError
from core.labels import DX
from dashboard.caches import tables
from dashboard.components.widgets import DOWNLOAD_NOTE

if TYPE_CHECKING:
    from core.data.download.job import DownloadProgress, Report

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
        f"10,015 images (about 3 GB) from [Harvard Dataverse](https://doi.org/{DOI})."
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
        from core.data.download import isic_archive

        _run_download(lambda report: isic_archive.download_sample(data_dir(), SAMPLE_PER_DX, progress=report))
    elif full:
        from core.data.download import dataverse

        _run_download(lambda report: dataverse.download_full(data_dir(), progress=report))


def _run_download(job: Callable[[Report], Path]) -> None:
    bar = st.progress(0.0, text="Starting")
    shown: set[tuple[int, int]] = set()

    def report(progress: DownloadProgress) -> None:
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
