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
    name: Annotated[str, typer.Argument(help="a model of the registry; `python -m core models` lists them")],
    epochs: Annotated[int | None, typer.Option(min=1, help="epochs of every phase")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="peak of every phase")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="batches an epoch; default: every row once")] = None,
    phases: Annotated[int | None, typer.Option(min=1, help="only the first so many phases")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam or adamw")] = None,
    weight_decay: Annotated[float | None, typer.Option(min=0.0)] = None,
    logit_adjustment: Annotated[float | None, typer.Option(min=0.0, help="tau; 0 is plain cross-entropy")] = None,
    focal_gamma: Annotated[float | None, typer.Option(min=0.0, help="focal loss; 0 is plain cross-entropy")] = None,
    class_weights: Annotated[bool | None, typer.Option(help="weigh by inverse frequency")] = None,
    sampling: Annotated[str | None, typer.Option(help="natural or balanced")] = None,
    rows: Annotated[str | None, typer.Option(help="pictures, smote_mismatched or smote_matched")] = None,
    split: Annotated[str | None, typer.Option(help="lesion, or image to measure the leak")] = None,
    per_class: Annotated[int | None, typer.Option(min=1, help="at most so many pictures of each diagnosis")] = None,
    ema: Annotated[float | None, typer.Option(min=0.0, max=0.9999, help="momentum of averaged weights")] = None,
    mixed_precision: Annotated[bool | None, typer.Option(help="compute in bfloat16")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="epochs without a better one before a phase ends")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    save_as: Annotated[str | None, typer.Option(help="folder in trained_models/, default: the recipe's name")] = None,
    fresh: Annotated[bool, typer.Option(help="forget an interrupted run of that name")] = False,
    finish: Annotated[bool, typer.Option(help="train no more; write the best epoch of an interrupted run")] = False,
    distribute: Annotated[bool, typer.Option(help="share each batch among all devices (JAX backend)")] = False,
    imagenet_weights: Annotated[Path | None, typer.Option(help="folder with Keras' ImageNet weight files")] = None,
) -> None:
    """Train a model on the lesion split; an interrupted run resumes where its last epoch ended."""
    from core.data.metadata import load_dataset
    from core.training.distribute import use_all_devices
    from core.training.finish import train as run_training
    from core.training.recipes import with_schedule
    from core.training.zoo import get_recipe

    changes = {
        "batch_size": batch_size,
        "optimizer": optimizer,
        "weight_decay": weight_decay,
        "logit_adjustment": logit_adjustment,
        "focal_gamma": focal_gamma,
        "class_weights": class_weights,
        "sampling": sampling,
        "rows": rows,
        "split": split,
        "per_class": per_class,
        "ema": ema,
        "mixed_precision": mixed_precision,
        "patience": patience,
        "seed": seed,
    }
    recipe = get_recipe(name, **{key: value for key, value in changes.items() if value is not None})
    folder = run_training(
        with_schedule(recipe, epochs=epochs, learning_rate=learning_rate, steps=steps, phases=phases),
        load_dataset(),
        name=save_as or name,
        fresh=fresh,
        finish=finish,
        imagenet_weights=imagenet_weights,
        devices=use_all_devices() if distribute else 1,
    )
    print(f"Written to {folder}")
