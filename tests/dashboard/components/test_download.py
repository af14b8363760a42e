"""The block that offers to fetch the dataset: to whom, and what happens then."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data.download.job import DownloadProgress, Report
from core.errors import UserError
from dashboard.components.download import may_download

LOCAL = "http://localhost:8501/"


@pytest.mark.parametrize(
    ("setting", "ip", "url", "headers", "allowed"),
    [
        (None, None, LOCAL, {"Host": "localhost:8501"}, True),
        (None, "::ffff:127.0.0.1", "http://127.0.0.1:8501", {"Host": "127.0.0.1:8501"}, True),
        (None, None, "http://[::1]:8501", {"host": "[::1]:8501"}, True),
        ("", None, LOCAL, {}, True),
        (None, "::ffff:203.0.113.7", LOCAL, {}, False),
        (None, "203.0.113.7", LOCAL, {"Host": "localhost:8501"}, False),
        (None, None, "https://skin.example.org/", {"Host": "localhost:8501"}, False),
        (None, None, LOCAL, {"Host": "skin.example.org"}, False),
        (None, None, LOCAL, {"Host": "localhost", "X-Forwarded-For": "203.0.113.7"}, False),
        (None, None, "http://localhost.example.org/", {}, False),
        (None, None, None, {}, False),
        ("1", "203.0.113.7", "https://skin.example.org/", {"Via": "1.1 proxy"}, True),
        (" True ", "203.0.113.7", None, {}, True),
        ("0", None, LOCAL, {}, False),
        ("no", None, LOCAL, {}, False),
    ],
)
def test_who_may_download(setting: str | None, ip: str | None, url: str | None, headers: dict, allowed: bool) -> None:
    assert may_download(setting, ip, url, headers) is allowed


def page() -> None:
    import streamlit as st

    from dashboard.caches import dataset
    from dashboard.components.download import fetch_data
    from dashboard.components.widgets import notice

    found = dataset.installed()
    st.caption(f"{len(found.images)} images" if found else "no images")
    fetch_data()
    notice()


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The block as its owner sees it, with no network."""

    def refuse(*_: object) -> None:
        raise AssertionError("reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    monkeypatch.setattr("core.config.ROOT", tmp_path)
    monkeypatch.delenv("HAM10000_ALLOW_DOWNLOAD", raising=False)
    monkeypatch.setattr(type(st.context), "ip_address", None)  # AppTest has a mock there
    at = AppTest.from_function(page, default_timeout=30)
    at.context = {"url": LOCAL}
    return at


def stand_in(
    monkeypatch: pytest.MonkeyPatch, name: str, job: Callable[[Report], None]
) -> list[tuple[Path, tuple[object, ...]]]:
    calls: list[tuple[Path, tuple[object, ...]]] = []

    def download(folder: Path, *args: object, progress: Report) -> Path:
        calls.append((folder, args))
        job(progress)
        return folder

    monkeypatch.setattr(name, download)
    return calls


def test_nothing_is_fetched_unasked(at: AppTest) -> None:
    at.run()
    assert not at.exception
    assert not at.error
    assert [button.label for button in at.button] == [
        "Download a small sample (70 images, under 5 MB)",
        "Download the full dataset",
    ]
    assert at.expander[0].label == "Download the full dataset (about 3 GB)"
    assert all(text in at.markdown[0].value for text in ("CC BY-NC 4.0", "isic-archive.com", "10.7910/DVN/DBW86T"))


def test_visitor_of_a_public_server_gets_no_buttons(at: AppTest) -> None:
    at.context = {"url": "https://skin.example.org/"}
    at.run()
    assert not at.exception
    assert not at.button
    assert "python -m core download --sample 10" in at.caption[1].value


@pytest.mark.parametrize(
    ("key", "name", "args"),
    [
        ("fetch-sample", "core.data.download.isic_archive.download_sample", (10,)),
        ("fetch-full", "core.data.download.dataverse.download_full", ()),
    ],
)
def test_button_fetches_then_the_page_shows_it(
    at: AppTest, tmp_path: Path, mini_ham: Path, monkeypatch: pytest.MonkeyPatch, key: str, name: str, args: tuple
) -> None:
    def job(report: Report) -> None:
        for done in range(5):
            report(DownloadProgress("a.zip", done, 4, 1, 1))
        shutil.copytree(mini_ham, tmp_path / "data" / "ham10000")
        report(DownloadProgress("done", 1, 1, 1, 1, "All is there."))

    calls = stand_in(monkeypatch, name, job)
    at.run()
    assert at.caption[0].value == "no images"
    at.button(key=key).click().run()
    assert not at.exception
    assert calls == [(tmp_path / "data" / "ham10000", args)]
    assert at.caption[0].value == "70 images"
    assert [toast.value for toast in at.toast] == ["All is there."]
    at.run()
    assert not at.toast
    assert len(calls) == 1  # a rerun fetches nothing


def test_fault_is_one_sentence_and_the_buttons_stay(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def job(report: Report) -> None:
        report(DownloadProgress("a.zip", 1, 4, 1, 1))
        raise UserError("No connection to example.org; start the download again.")

    stand_in(monkeypatch, "core.data.download.dataverse.download_full", job)
    at.run()
    at.button(key="fetch-full").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == ["No connection to example.org; start the download again."]
    assert len(at.button) == 2


def test_no_network_is_one_sentence_too(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    at.run()
    at.button(key="fetch-sample").click().run()
    assert not at.exception
    assert at.error[0].value.startswith("The connection to api.isic-archive.com")
