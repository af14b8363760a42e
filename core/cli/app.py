"""The application that every command registers with."""

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Everything that happens offline: `python -m core COMMAND`. Each command is a thin shell over one function.",
)
