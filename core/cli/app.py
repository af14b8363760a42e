"""The application that every group of commands is added to."""

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from core.config import VERSION

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"HAM10000 lab {VERSION}, Python {platform.python_version()}, {platform.platform()}")
        raise typer.Exit


@contextmanager
def image_progress() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar of images; yield the function that reports (done, total)."""
    from tqdm import tqdm

    with tqdm(desc="Images", unit="") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@app.callback()
def core(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Everything that runs offline. Groups are listed in the order you would use them.

    `python -m core COMMAND --help` explains a command.
    """
