"""`python -m core COMMAND`: everything that happens offline, one module a field."""

import sys

from core.cli import (  # noqa: F401  (commands register on import)
    data,
    evaluation,
    explain,
    lab,
    release,
    training,
)
from core.cli.app import app
from core.errors import UserError


def main() -> None:
    """Run a command; a UserError becomes one line on stderr and exit code 1."""
    try:
        app()
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
