"""The visitors of the load test stay on this machine."""

import pytest

from tests.servers import free_port
from tests.visitors import LostError, Visitor, run_apart


@pytest.mark.parametrize("url", ["https://example.org", "http://127.0.0.1.example.org:8501", "http://0.0.0.0:8501"])
def test_no_other_machine_is_visited(url: str) -> None:
    with pytest.raises(SystemExit, match="not on this machine"):
        Visitor(url)


async def _knock(url: str) -> None:
    async with Visitor(url):
        pass


def test_where_nobody_listens_the_visitor_is_lost_and_does_not_wait() -> None:
    with pytest.raises(LostError):
        run_apart(_knock(f"http://127.0.0.1:{free_port()}"))
