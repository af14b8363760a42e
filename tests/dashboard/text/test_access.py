"""What the address and the cookies tell of what a browser forbids."""

import pytest
from streamlit.web.server.starlette import starlette_routes

from dashboard.text.access import XSRF_COOKIE, camera_obstacle, upload_obstacle

HERE = "http://192.168.1.20:8501/classify"


def test_the_cookie_has_streamlits_name() -> None:
    assert XSRF_COOKIE == starlette_routes.XSRF_COOKIE_NAME


@pytest.mark.parametrize(
    "url",
    [
        None, "https://lab.example.org/classify", "http://localhost:8501", "http://127.0.0.1:8501/classify",
        "http://[::1]:8501/", "http://lab.localhost/",
    ],
)  # fmt: skip
def test_where_a_camera_can_be_used_there_is_no_obstacle(url: str | None) -> None:
    assert camera_obstacle(url) is None


@pytest.mark.parametrize("url", [HERE, "http://lab.example.org/", "http://localhost.example.org", "http://[fe80::1]/"])
def test_over_plain_http_the_camera_is_explained(url: str) -> None:
    assert "only over https" in str(camera_obstacle(url))


def test_without_the_cookie_uploads_are_explained() -> None:
    assert upload_obstacle(None, []) is None
    assert upload_obstacle(HERE, ["other", XSRF_COOKIE]) is None
    assert "in its own tab" in str(upload_obstacle(HERE, ["other"]))
