"""Download files over HTTP; incomplete or damaged files never get their final name.

pooch skips files that already have the right checksum, verifies downloads, renames them into place and retries. Its
own downloader would restart a 1.4 GB archive after every interruption, and identifies itself as python-requests, which
Harvard Dataverse rejects with 403 (IQSS/dataverse.harvard.edu#479). So `Web` passes pooch a downloader that resumes
(HTTP Range) and has its own user agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from core.errors import UserError

if TYPE_CHECKING:
    import requests

TIMEOUT = 30.0
"""Seconds without data after which a connection counts as lost."""
RETRIES = 3
CHUNK = 1 << 16
"""Bytes written at a time; at most these are lost when interrupted."""
USER_AGENT = "ham10000-lab (teaching app; https://doi.org/10.7910/DVN/DBW86T)"

OnBytes = Callable[[int, int], None]
"""Called with (bytes done, total bytes) of one file."""


@dataclass(frozen=True)
class Remote:
    """A file to download.

    Attributes:
        name: Name on disk.
        url: Address.
        size: Bytes, according to the server.
        md5: Hex checksum; a file without one is never resumed.
    """

    name: str
    url: str
    size: int
    md5: str | None = None


class Web:
    """HTTP session that retries and turns every failure into a `UserError`."""

    def __init__(self, timeout: float = TIMEOUT, retries: int = RETRIES) -> None:
        """Open the session without sending anything.

        Args:
            timeout: Seconds without data after which a connection counts as lost.
            retries: Number of retries per file, after 1, 2, 3 ... seconds.
        """
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        self.timeout, self.retries = timeout, retries
        self.session = requests.Session()
        # No compression, so that byte offsets in the response are those in the file.
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
        """Download JSON.

        Raises:
            UserError: No connection, an HTTP error, or a response that isn't JSON.
        """
        with _explained("its list of files", url):
            response = self.session.get(url, params=params, timeout=self.timeout)
            _check_status(response, "its list of files")
        try:
            return response.json()
        except ValueError as error:
            raise UserError(f"{urlsplit(url).hostname} did not send its list of files; try again later.") from error

    def fetch(
        self, remote: Remote, folder: Path, on_bytes: OnBytes, check: Callable[[Path], None] | None = None
    ) -> Path:
        """Download one file into a folder, unless it is there with the right checksum.

        Args:
            remote: The file.
            folder: Target folder; created if needed. A partial download, `.NAME.part`, is resumed.
            check: Raises ValueError for a file that must be rejected.

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
        import requests

        done = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={done}-"} if done else {}
        with self.session.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # The file is complete; the checksum will tell whether it is right.
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
            "or download the files by hand as README.md explains."
        )


@contextmanager
def _explained(what: str, url: str) -> Iterator[None]:
    import requests

    host = urlsplit(url).hostname
    try:
        yield
    except requests.RequestException as error:
        raise UserError(
            f"The connection to {host} failed while downloading {what}; "
            "check the network and start the download again to resume it."
        ) from error
    except ValueError as error:  # raised by pooch for a wrong checksum
        raise UserError(f"{what} arrived damaged from {host} and was deleted; start the download again.") from error
