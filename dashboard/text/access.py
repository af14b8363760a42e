"""What a visitor's browser forbids at this address, and what to do about it."""

from collections.abc import Collection
from urllib.parse import urlsplit

XSRF_COOKIE = "_streamlit_xsrf"
"""Without this cookie Streamlit refuses every upload; browsers withhold it inside another site's page."""


def upload_obstacle(url: str | None, cookies: Collection[str]) -> str | None:
    """Say why this browser can't upload files here; None if it can.

    Args:
        url: Address of the page as the browser knows it; None if there is no browser.
        cookies: Names of the cookies that the browser sent.
    """
    if url is None or XSRF_COOKIE in cookies:
        return None
    return (
        "Files can't be uploaded here, because the browser doesn't send this app's cookie. That happens if the app is "
        "shown inside another site's page or if cookies are blocked. Open the app in its own tab and allow its cookies."
    )


def camera_obstacle(url: str | None) -> str | None:
    """Say why this browser can't open the camera here; None if it can, as far as the address tells.

    Browsers open it only over https, or on the machine that runs the app.

    Args:
        url: Address of the page as the browser knows it; None if there is no browser.

    Example:
        >>> camera_obstacle("https://lab.example.org/classify"), camera_obstacle("http://localhost:8501/classify")
        (None, None)
    """
    address = urlsplit(url or "")
    host = address.hostname or ""
    here = host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
    if address.scheme != "http" or here:
        return None
    return (
        "The camera can't be used here: browsers allow it only over https, and this page was opened over http. Take "
        "the photo with the device's own camera and upload it, or ask the owner of this app to serve it over https."
    )
