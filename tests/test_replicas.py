"""Two replicas behind nginx: visitors stay with theirs, move when it dies, and the app sees that a proxy is there."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack

import cv2
import numpy as np
import pytest

from core.synthetic.lesions import sample_lesion
from tests.servers import SBIN, Replicas
from tests.visitors import LostError, Visitor, run_apart

VISITORS = 6
pytestmark = pytest.mark.proxy


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    if not shutil.which("nginx", path=SBIN):
        reason = "no nginx: `apt-get install nginx-light`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    started = Replicas(tmp_path_factory.mktemp("replicas"))
    yield started
    started.close()


def jpeg() -> bytes:
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(sample_lesion("mel", 1).image[..., ::-1]))
    return bytes(data.tobytes())


async def classify(visitor: Visitor) -> None:
    """A page, an upload through the XSRF check, an answer with its images: all of it fails at the wrong replica."""
    await visitor.visit("classify")
    seen = await visitor.upload(jpeg())
    assert not seen.faults
    assert seen.charts and seen.media  # the probabilities and the heatmap


async def with_visitors(replicas: Replicas, act: object) -> None:
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(replicas.url)) for _ in range(VISITORS)]
        await act(visitors)  # type: ignore[operator]


def test_visitors_behind_one_address_spread_and_each_stays(replicas: Replicas) -> None:
    async def act(visitors: list[Visitor]) -> None:
        homes = [visitor.cookies["replica"] for visitor in visitors]
        assert sorted(set(homes)) == ["one", "two"]
        for _ in range(2):
            await asyncio.gather(*map(classify, visitors))
        assert [visitor.cookies["replica"] for visitor in visitors] == homes

    run_apart(with_visitors(replicas, act))


def test_nobody_behind_the_proxy_may_make_the_server_download(replicas: Replicas) -> None:
    async def act(visitors: list[Visitor]) -> None:
        async with Visitor(replicas.address("one")) as near:
            assert [label for label in (await near.visit("")).buttons if label.startswith("Download a small sample")]
        seen = await visitors[0].visit("")
        assert not [label for label in seen.buttons if label.startswith("Download a small sample")]

    run_apart(with_visitors(replicas, act))


def test_when_a_replica_dies_its_visitors_go_on_at_the_other_and_stay_there(replicas: Replicas) -> None:
    async def act(visitors: list[Visitor]) -> None:
        await asyncio.gather(*map(classify, visitors))
        dead = visitors[0].cookies["replica"]
        lost = [visitor for visitor in visitors if visitor.cookies["replica"] == dead]
        replicas.kill(dead)
        for visitor in lost:
            with pytest.raises(LostError):
                await visitor.visit("classify")
            await visitor.connect()
        await asyncio.gather(*map(classify, visitors))
        assert {visitor.cookies["replica"] for visitor in visitors} == {"one", "two"} - {dead}
        replicas.start(dead)
        await asyncio.gather(*map(classify, visitors))  # also by those whose first replica is back
        async with AsyncExitStack() as stack:
            new = [await stack.enter_async_context(Visitor(replicas.url)) for _ in range(VISITORS)]
            assert dead in {visitor.cookies["replica"] for visitor in new}

    run_apart(with_visitors(replicas, act))


def test_a_large_image_passes_the_proxy_and_too_large_a_one_is_refused(replicas: Replicas) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    _, large = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert 3 * 2**20 < large.size < 10 * 2**20

    async def act(visitors: list[Visitor]) -> None:
        visitor = visitors[0]
        await visitor.visit("classify")
        assert len((await visitor.upload(large.tobytes())).media) > 0
        with pytest.raises(LostError, match="413"):
            await visitor.upload(bytes(41 * 2**20))
        await classify(visitor)

    run_apart(with_visitors(replicas, act))
