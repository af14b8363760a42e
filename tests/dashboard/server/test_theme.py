"""The theme that is kept is the one that Streamlit writes."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig, NewSession
from streamlit.runtime import app_session

from dashboard.server.theme import keep_theme

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar")


@pytest.fixture(autouse=True)
def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)


@pytest.fixture
def color() -> Iterator[None]:
    before = st.get_option("theme.dark.primaryColor")
    config.set_option("theme.dark.primaryColor", "#123456")
    yield
    config.set_option("theme.dark.primaryColor", before)


def _written(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    app_session._populate_theme_msg(message, section)
    return message


@pytest.mark.usefixtures("color")
def test_every_section_is_written_as_before() -> None:
    before = [_written(section) for section in SECTIONS]
    assert before[2].primary_color == "#123456"
    keep_theme()
    for _ in range(2):
        assert [_written(section) for section in SECTIONS] == before


def test_a_section_without_a_setting_stays_out_of_the_message() -> None:
    keep_theme()
    message = NewSession()
    app_session._populate_theme_msg(message.custom_theme.sidebar, "theme.light.sidebar")
    assert not message.custom_theme.HasField("sidebar")


def test_it_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(app_session, "_populate_theme_msg", lambda _, section: calls.append(section))
    keep_theme()
    for _ in range(3):
        _written("theme")
    assert calls == ["theme"]
