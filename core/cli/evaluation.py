"""Commands that score trained models."""

from typing import Annotated

import typer

from core.cli.app import app


@app.command()
def evaluate(name: Annotated[str, typer.Argument(help="a folder in trained_models/")]) -> None:
    """Compute a model's figures with intervals from its predictions and write them onto its card."""
    from core.evaluation import leaderboard as board
    from core.evaluation.cards import model_folder

    print(board.card_as_text(board.evaluate(model_folder(name))))


@app.command()
def leaderboard(
    split: Annotated[str, typer.Option(help="test, or validation while choosing")] = "test",
) -> None:
    """Print the leaderboard of trained_models/."""
    from core.evaluation.leaderboard import as_text, read_leaderboard, with_floor
    from core.evaluation.predictions import as_split

    side = as_split(split)
    print(as_text(with_floor(read_leaderboard(side), side)))
