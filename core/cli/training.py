"""Training: list the models and train them."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import UserError

app = typer.Typer()
GROUP = "Training"
CHECKPOINT_BYTES = 100_000_000
"""Free disk space below which no training is started; a checkpoint of the smallest networks needs less."""


@app.command(rich_help_panel=GROUP)
def models(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False) -> None:
    """List the models that can be trained, with their exact parameter counts."""
    from core.models.registry import list_models

    rows = list_models()
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'name':36}{'parameters':>12}{'trainable':>12}{'layers':>8}  needs_imagenet  trained  source")
    for row in rows:
        counts = f"{row['parameters']:>12,}{row['trainable_parameters']:>12,}{row['layers']:>8}"
        marks = f"{_yes(row['needs_imagenet']):14}  {_yes(row['trained']):7}"
        print(f"{row['name']:36}{counts}  {marks}  {row['source']}")


def _yes(true: bool) -> str:
    return "yes" if true else "no"


@app.command(rich_help_panel=GROUP)
def train(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Models to train (`python -m core models` lists them), efficientnet_lite0_full (on new views each "
            "epoch) or efficientnet_lite0_milk10k, which also learns from MILK10k."
        ),
    ],
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each phase.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="Peak learning rate of each phase.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Batches per epoch. Default: each row once.")] = None,
    phases: Annotated[int | None, typer.Option(min=1, help="Run only this many phases of the recipe.")] = None,
    cached_views: Annotated[
        int | None, typer.Option(min=1, help="Augmented views per image, for phases on cached features.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Images per batch.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam or adamw.")] = None,
    weight_decay: Annotated[float | None, typer.Option(min=0.0, help="Only with adamw.")] = None,
    logit_adjustment: Annotated[
        float | None, typer.Option(min=0.0, help="Tau of the logit-adjusted loss; 0 is plain cross-entropy.")
    ] = None,
    focal_gamma: Annotated[
        float | None, typer.Option(min=0.0, help="Gamma of the focal loss; 0 is plain cross-entropy.")
    ] = None,
    class_weights: Annotated[bool | None, typer.Option(help="Weight classes by inverse frequency.")] = None,
    sampling: Annotated[str | None, typer.Option(help="natural or balanced.")] = None,
    rows: Annotated[str | None, typer.Option(help="images, smote_mismatched or smote_matched.")] = None,
    split_scheme: Annotated[str | None, typer.Option(help="lesion, or image to measure the leak.")] = None,
    cover: Annotated[
        str | None,
        typer.Option(
            help="Train and test with the lesion covered: only_skin, bounding_box or bounding_box_70; traditional is "
            "the same images as they are."
        ),
    ] = None,
    per_class: Annotated[int | None, typer.Option(min=1, help="At most this many images per diagnosis.")] = None,
    ema: Annotated[
        float | None, typer.Option(min=0.0, max=0.9999, help="Momentum of the moving average of the weights.")
    ] = None,
    mixed_precision: Annotated[bool | None, typer.Option(help="Compute in bfloat16.")] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="End a phase after this many epochs without improvement.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Random seed.")] = None,
    save_as: Annotated[str | None, typer.Option(help="Folder in trained_models/. Default: the model's name.")] = None,
    experiment: Annotated[
        bool, typer.Option("--experiment", help="Half of a paired comparison: write to experiments/, without weights.")
    ] = False,
    fresh: Annotated[bool, typer.Option(help="Start over instead of resuming an interrupted run.")] = False,
    finish: Annotated[bool, typer.Option(help="Stop training and write the best epoch of an interrupted run.")] = False,
    distribute: Annotated[bool, typer.Option(help="Split each batch across all devices (JAX backend).")] = False,
    imagenet_weights: Annotated[Path | None, typer.Option(help="Folder with Keras' ImageNet weight files.")] = None,
) -> None:
    """Train models on the split by lesion; resumes an interrupted run after its last epoch.

    Given several models, skips those that can't be trained (for example, if ImageNet weights are missing) and says why.
    """
    if save_as and len(names) > 1:
        raise UserError("--save-as names one folder, so train one model at a time with it.")
    from core.config import EXPERIMENTS, RUNS
    from core.data.metadata import load_dataset
    from core.files import require_writable_folder
    from core.store.folders import new_folder
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
        "split_scheme": split_scheme,
        "cover": cover,
        "per_class": per_class,
        "ema": ema,
        "mixed_precision": mixed_precision,
        "patience": patience,
        "seed": seed,
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    for name in names:
        get_recipe(name, **changes)
        new_folder(save_as or name, EXPERIMENTS if experiment else None)
        require_writable_folder(RUNS / (save_as or name), need=CHECKPOINT_BYTES)
    dataset, devices = load_dataset(), use_all_devices() if distribute else 1
    skipped = False
    for name in names:
        recipe = with_schedule(get_recipe(name, **changes), epochs, learning_rate, steps, phases, cached_views)
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


@app.command(rich_help_panel=GROUP)
def baseline() -> None:
    """Fit the baseline that every model must beat, from age, sex and body site, without images."""
    from core.data.metadata import load_dataset
    from core.store.folders import new_folder
    from core.training.baselines import METADATA_ONLY, train_metadata_only

    new_folder(METADATA_ONLY)
    print(f"Written to {train_metadata_only(load_dataset())}")


@app.command(rich_help_panel=GROUP)
def ensemble(
    name: Annotated[str, typer.Argument(help="Folder in trained_models/ to write.")],
    members: Annotated[
        list[str] | None,
        typer.Argument(help="Folders in trained_models/ to average. Only ensemble_inception_densenet has a default."),
    ] = None,
) -> None:
    """Average trained and exported models, each over the four flips of an image."""
    from core.data.metadata import load_dataset
    from core.models.registry import ENSEMBLES
    from core.release.ensemble import build_ensemble
    from core.store.folders import new_folder

    if not members and name not in ENSEMBLES:
        raise UserError(f"Name the models to average: python -m core ensemble {name} MODEL MODEL.")
    new_folder(name)
    print(f"Written to {build_ensemble(name, members or ENSEMBLES[name].members, load_dataset())}")
