"""`python -m core COMMAND`: everything that happens offline. Each command is a thin shell over one function."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def split() -> None:
    """Recompute the splits from the full dataset and write the committed table."""
    from core.data.metadata import load_dataset
    from core.data.splits import SPLITS_FILE, make_splits
    from core.files import replacing

    table = make_splits(load_dataset())
    with replacing(SPLITS_FILE) as beside:
        table.to_csv(beside, index=False)
    print(f"{len(table):,} pictures written to {SPLITS_FILE}")
    for name in ("lesion", "image"):
        print(f"{name}:", ", ".join(f"{k} {v:,}" for k, v in table[name].value_counts().items()))


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="default: HAM10000_DIR, else data/ham10000")] = None,
) -> None:
    """Read every picture of the dataset and say what is missing or damaged."""
    from core.data.images import check_pictures
    from core.data.metadata import load_dataset

    dataset = load_dataset(folder)
    print(f"{len(dataset.metadata):,} rows, {len(dataset.images):,} pictures, {len(dataset.missing):,} missing")
    check_pictures(dataset)
    print("Every picture that is there can be read.")


def main() -> None:
    """Run a command; a UserError becomes one line on stderr and exit code 1."""
    try:
        app()
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
