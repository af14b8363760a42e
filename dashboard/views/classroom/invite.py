"""How students find a room: its code, its link, and a QR code of the link."""

import io
from urllib.parse import urlsplit

import segno
import streamlit as st

from core.classroom.contracts import Room
from core.classroom.secrets import show_code
from dashboard.text.classroom import invite_note
from dashboard.views.classroom.door import ROOM, TEACH


def show_invite(room: Room) -> None:
    """Show how to join; small once the class has started."""
    if room.closed:
        return
    link, label = page_address(ROOM, room.code), f"Join with the code **{show_code(room.code)}**"
    with st.expander(label, icon=":material/qr_code:", expanded=room.step is None):
        code, text = st.columns([1, 2], vertical_alignment="center")
        code.image(qr_code(link), width=240, alt=f"QR code of the link {link}")
        with text:
            st.markdown(f"# {show_code(room.code)}")
            st.markdown("Scan the code, open the link, or choose “Class” in this app and type the room code.")
            st.code(link, language=None, wrap_lines=True)
        if note := invite_note(urlsplit(link).hostname, urlsplit(link).port):
            st.warning(note, icon=":material/wifi_off:")


def show_secret_link(token: str) -> None:
    """Show the link that opens this screen anywhere."""
    st.markdown(
        "**Your secret link.** It opens this screen in any browser, and whoever has it leads the class. Save it before "
        "you start, and don't project it."
    )
    if st.toggle("Show the secret link", key="show-secret"):
        st.code(page_address(TEACH, token), language=None, wrap_lines=True)


def page_address(name: str, value: str) -> str:
    """Return this page's address with one query parameter."""
    here = urlsplit(st.context.url or "http://localhost:8501/class")
    return here._replace(query=f"{name}={value}", fragment="").geturl()


def qr_code(link: str) -> bytes:
    """Draw a link as a QR code, a PNG with its white border."""
    stream = io.BytesIO()
    segno.make(link, error="m", micro=False).save(stream, kind="png", scale=8, border=3)
    return stream.getvalue()
