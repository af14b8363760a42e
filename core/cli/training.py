"""Commands that list and train models."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.app import app


@app.command()
def models() -> None:
    """List the models of the registry."""
    from core.config import TRAINED_MODELS
    from core.models.registry import all_models

    print(f"{'name':24}{'parameters':>12}  {'input':>8}  trained  source")
    for spec in all_models().values():
        size = "x".join(map(str, spec.input_size))
        trained = "yes" if (TRAINED_MODELS / spec.name / "card.json").exists() else "no"
        print(f"{spec.name:24}{spec.parameters:>12,}  {size:>8}  {trained:7}  {spec.source}")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="a recipe; `python -m core models` lists them")],
    epochs: Annotated[int | None, typer.Option(min=1, help="epochs of every phase")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="peak of every phase")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    save_as: Annotated[str | None, typer.Option(help="folder in trained_models/, default: the recipe's name")] = None,
    fresh: Annotated[bool, typer.Option(help="forget an interrupted run of that name")] = False,
    finish: Annotated[bool, typer.Option(help="train no more; write the best epoch of an interrupted run")] = False,
    imagenet_weights: Annotated[Path | None, typer.Option(help="folder with Keras' ImageNet weight files")] = None,
) -> None:
    """Train a model on the lesion split; an interrupted run resumes where its last epoch ended."""
    from core.data.metadata import load_dataset
    from core.training.finish import train as run_training
    from core.training.recipes import get_recipe, with_schedule

    changes = {k: v for k, v in {"batch_size": batch_size, "seed": seed}.items() if v is not None}
    recipe = with_schedule(get_recipe(name, **changes), epochs, learning_rate)
    folder = run_training(
        recipe,
        load_dataset(),
        name=save_as or name,
        fresh=fresh,
        finish=finish,
        imagenet_weights=imagenet_weights,
    )
    print(f"Written to {folder}")
