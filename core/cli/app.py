"""The application that every group of commands is added to."""

import platform
from typing import Annotated

import typer

from core.config import VERSION

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"HAM10000 lab {VERSION}, Python {platform.python_version()}, {platform.platform()}")
        raise typer.Exit


@app.callback()
def core(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Everything that runs offline. Groups are listed in the order you would use them.

    `python -m core COMMAND --help` explains a command.
    """
