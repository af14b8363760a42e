"""Commands that list and train models."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.cli.app import app
from core.errors import UserError


@app.command()
def models(as_json: Annotated[bool, typer.Option("--json", help="as a list of objects")] = False) -> None:
    """List the models of the registry."""
    from core.models.registry import list_models

    rows = list_models()
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'name':24}{'parameters':>12}{'trainable':>12}{'layers':>8}  needs_imagenet  trained  source")
    for row in rows:
        counts = f"{row['parameters']:>12,}{row['trainable_parameters']:>12,}{row['layers']:>8}"
        marks = f"{_yes(row['needs_imagenet']):14}  {_yes(row['trained']):7}"
        print(f"{row['name']:24}{counts}  {marks}  {row['source']}")


def _yes(true: bool) -> str:
    return "yes" if true else "no"


@app.command()
def train(
    names: Annotated[list[str], typer.Argument(help="models of the registry; `python -m core models` lists them")],
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
    experiment: Annotated[
        bool, typer.Option("--experiment", help="one half of a comparison: into experiments/, without weights")
    ] = False,
    fresh: Annotated[bool, typer.Option(help="forget an interrupted run of that name")] = False,
    finish: Annotated[bool, typer.Option(help="train no more; write the best epoch of an interrupted run")] = False,
    distribute: Annotated[bool, typer.Option(help="share each batch among all devices (JAX backend)")] = False,
    imagenet_weights: Annotated[Path | None, typer.Option(help="folder with Keras' ImageNet weight files")] = None,
) -> None:
    """Train models on the lesion split; an interrupted run resumes where its last epoch ended.

    Of several, one that cannot train (its ImageNet weights are not to be had, say) is skipped with its reason.
    """
    if save_as and len(names) > 1:
        raise UserError("--save-as names one folder; train one model at a time with it.")
    from core.data.metadata import load_dataset
    from core.training.distribute import use_all_devices
    from core.training.recipe_table import get_recipe
    from core.training.recipes import with_schedule
    from core.training.train import train as run_training

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
    changes = {key: value for key, value in changes.items() if value is not None}
    dataset, devices = load_dataset(), use_all_devices() if distribute else 1
    skipped = False
    for name in names:
        recipe = with_schedule(get_recipe(name, **changes), epochs, learning_rate, steps, phases)
        try:
            folder = run_training(
                recipe,
                dataset,
                name=save_as or name,
                fresh=fresh,
                finish=finish,
                imagenet_weights=imagenet_weights,
                devices=devices,
                experiment=experiment,
            )
        except UserError as error:
            if len(names) == 1:
                raise
            skipped = True
            print(f"Skipped {name}: {error}", file=sys.stderr)
        else:
            print(f"Written to {folder}")
    if skipped:
        raise typer.Exit(1)


@app.command()
def baseline() -> None:
    """Fit the baseline that any model must beat: age, sex and localization, no pictures."""
    from core.data.metadata import load_dataset
    from core.training.baselines import train_metadata_only

    print(f"Written to {train_metadata_only(load_dataset())}")


@app.command()
def ensemble(
    name: Annotated[str, typer.Argument(help="folder in trained_models/ to write")],
    members: Annotated[list[str], typer.Argument(help="folders in trained_models/ to average")],
) -> None:
    """Average trained models, each over the four mirrorings of a picture."""
    from core.data.metadata import load_dataset
    from core.training.ensemble import build_ensemble

    print(f"Written to {build_ensemble(name, members, load_dataset())}")
