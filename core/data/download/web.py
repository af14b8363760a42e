"""Fetching files over HTTP so that nothing half or damaged ever bears its final name.

pooch does what a library can: it skips a file that is there with the right checksum, verifies what arrives, renames
it into place and tries again. Its own downloader would start a 1.4 GB archive anew after every cut, and would call
itself python-requests, which Harvard Dataverse answers with 403 (IQSS/dataverse.harvard.edu#479), so `Web` gives pooch
a downloader that resumes by HTTP Range and bears a name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from core.errors import UserError

TIMEOUT = 30.0
"""Seconds of silence after which a connection counts as lost."""
RETRIES = 3
CHUNK = 1 << 16
"""Bytes written at a time; what a cut loses at most."""
USER_AGENT = "ham10000-lab (teaching app; https://doi.org/10.7910/DVN/DBW86T)"

OnBytes = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) of one file."""


@dataclass(frozen=True)
class Remote:
    """A file to fetch.

    Attributes:
        name: Its name on disk.
        url: Where it lies.
        size: Bytes, as its server lists them.
        md5: Hex checksum; a file without one is fetched anew rather than resumed.
    """

    name: str
    url: str
    size: int
    md5: str | None = None


class Web:
    """One HTTP session with patience, whose every failure is a `UserError`."""

    def __init__(self, timeout: float = TIMEOUT, retries: int = RETRIES) -> None:
        """Open the session; nothing is sent.

        Args:
            timeout: Seconds of silence after which a connection counts as lost.
            retries: How often a file is tried again, waiting 1, 2, 3 ... seconds.
        """
        self.timeout, self.retries = timeout, retries
        self.session = requests.Session()
        # Identity, so that a byte offset means the same in the file and on the wire.
        self.session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        busy = Retry(
            total=retries,
            connect=0,
            read=0,
            backoff_factor=0.5,
            status_forcelist=(429, 500, 502, 503, 504),
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=busy))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON at an address.

        Raises:
            UserError: No connection, an HTTP error, or no JSON.
        """
        with _explained("its list of files", url):
            response = self.session.get(url, params=params, timeout=self.timeout)
            _check_status(response, "its list of files")
        try:
            return response.json()
        except ValueError as error:
            raise UserError(
                f"{urlsplit(url).hostname} sent something else than its list of files; try again later."
            ) from error

    def fetch(
        self, remote: Remote, folder: Path, on_bytes: OnBytes, check: Callable[[Path], None] | None = None
    ) -> Path:
        """Fetch one file into a folder, unless it is there with the right checksum.

        Args:
            remote: What to fetch.
            folder: Where to; made if needed. `.NAME.part` there is what a cut download left, and is resumed.
            check: Raises ValueError for a file that must not be kept.

        Raises:
            UserError: No connection, an HTTP error, a wrong checksum or a failed check after all retries, a full disk.
        """
        import pooch

        pooch.get_logger().setLevel("WARNING")

        def download(url: str, output: str, _pooch: object) -> None:
            part = folder / f".{remote.name}.part"
            if remote.md5 is None:
                part.unlink(missing_ok=True)
            self._stream(url, part, remote, on_bytes)
            part.replace(output)
            if check:
                check(Path(output))

        known = {remote.name: f"md5:{remote.md5}" if remote.md5 else None}
        registry = pooch.create(
            folder, "", registry=known, urls={remote.name: remote.url}, retry_if_failed=self.retries
        )
        with _explained(remote.name, remote.url):
            return Path(registry.fetch(remote.name, downloader=download))

    def _stream(self, url: str, part: Path, remote: Remote, on_bytes: OnBytes) -> None:
        done = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={done}-"} if done else {}
        with self.session.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # All of it is there already; the checksum decides.
            _check_status(response, remote.name)
            if response.status_code != requests.codes.partial_content:
                done = 0
            with part.open("ab" if done else "wb") as stream:
                on_bytes(done, remote.size)
                for chunk in response.iter_content(CHUNK):
                    stream.write(chunk)
                    done += len(chunk)
                    on_bytes(done, remote.size)


def _check_status(response: requests.Response, what: str) -> None:
    if not response.ok:
        host = urlsplit(response.url).hostname
        raise UserError(
            f"{host} answered HTTP {response.status_code} for {what}; try again later, "
            "or put the files in place by hand as README.md says."
        )


@contextmanager
def _explained(what: str, url: str) -> Iterator[None]:
    host = urlsplit(url).hostname
    try:
        yield
    except requests.RequestException as error:
        raise UserError(
            f"No connection to {host}, or it was lost, while fetching {what}; "
            "check the network and start the download again, it goes on where it stopped."
        ) from error
    except ValueError as error:  # what pooch raises for a wrong checksum
        raise UserError(f"{what} arrived damaged from {host} and was thrown away; start the download again.") from error
