"""`python -m core COMMAND`: everything that runs offline, one module per group of commands."""

import io
import os
import sys

import typer

from core.cli import data, evaluation, explain, lab, release, serve, training
from core.cli.app import app
from core.errors import UserError
from core.files import explain as explain_error

for group in (
    data,
    training,
    evaluation,
    lab,
    release,
    explain,
    serve,
):  # the order in which one works, and of the help
    app.add_typer(group.app)


def main() -> None:
    """Run a command; a mistake that the user can correct becomes one sentence on stderr.

    Exit codes: 1 for bad input, a missing file or a file system's refusal, 2 for a mistyped command or option.
    """
    # TensorFlow's faster kernels (oneDNN), which it uses by itself on few processors only; training takes a fifth less.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    for stream in (sys.stdout, sys.stderr):  # a file's name need not be valid text, nor the terminal know every letter
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        _fail(str(error))
    except typer.Abort:
        _fail("Stopped.", code=130)
    except typer.TyperException as error:
        if not str(error):  # no command was given: the help has been shown
            sys.exit(2)
        _fail(_usage(error), code=2)
    except BrokenPipeError:  # the reader of a pipe had enough, as in `| head`
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        # A file that can't be written is named where it is written; without a name it is what the command prints.
        _fail(f"{error.filename or 'The output could not be written'}: {explain_error(error)}.")
    sys.exit(code)


def _fail(sentence: str, code: int = 1) -> None:
    print(f"Error: {sentence}", file=sys.stderr)
    sys.exit(code)


def _usage(error: typer.TyperException) -> str:
    """Name what is wrong with the words typed, and where to look."""
    sentence, context = " ".join(error.format_message().split()), getattr(error, "ctx", None)
    stop = "" if sentence.endswith((".", "?")) else "."
    return f"{sentence}{stop} See `{context.command_path if context else 'python -m core'} --help`."
