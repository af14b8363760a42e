"""Lab: embeddings, the grid of experiments, and resampling on frozen features."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
GROUP = "Lab"
FEATURES_BYTES = 130_000_000
"""Size of the pooled features of all of HAM10000: 10,015 rows of 6,144 numbers in half precision."""


@app.command(rich_help_panel=GROUP)
def notebook_smote() -> None:
    """Repeat the Kaggle notebook's SMOTE on one-hot metadata and count the wrong labels that it makes."""
    from core.data.committed import NOTEBOOK_SMOTE
    from core.data.metadata import load_dataset
    from core.files import require_writable
    from core.resampling.notebook import SMOTE_FILE, count_smote, summarise_mismatch
    from core.store.model_tables import write_table

    require_writable(SMOTE_FILE)
    counts = count_smote(load_dataset().metadata)
    write_table(SMOTE_FILE.parent, NOTEBOOK_SMOTE, counts)
    found = summarise_mismatch(counts)
    print(f"{counts['before'].sum():,} rows became {found.rows:,}; counts written to {SMOTE_FILE}")
    print(
        f"{found.drawn:,} of the {found.synthetic:,} synthetic rows got an image of another diagnosis; "
        f"expected {found.expected:,.0f} [{found.low:,.0f}, {found.high:,.0f}]"
    )


@app.command(rich_help_panel=GROUP)
def embed(
    cache: Annotated[Path | None, typer.Option(help="File for the pooled features; reused if it exists.")] = None,
) -> None:
    """Embed every image with frozen ImageNet weights; writes trained_models/embeddings/."""
    from tqdm import tqdm

    from core.config import RUNS
    from core.data.metadata import load_dataset
    from core.files import require_writable, require_writable_folder
    from core.lab.embed import embed as run
    from core.lab.embeddings import FOLDER

    cache = cache or RUNS / "imagenet_features.npy"
    require_writable(cache, need=FEATURES_BYTES)
    require_writable_folder(FOLDER)
    dataset = load_dataset()
    with tqdm(total=len(dataset.images), unit="image") as bar:
        card = run(dataset, cache, on_done=lambda n: bar.update(n - bar.n))
    print(f"{'depths and statistics':48}{'dimensions':>11}{'variance':>10}{'validation balanced accuracy':>30}")
    for each in card.selection.compared:
        print(f"{each.features:48}{each.dimensions:>11}{each.explained:>10.3f}{each.balanced_accuracy:>30.3f}")
    print(f"Kept: {', '.join(card.depths)} ({', '.join(card.statistics)}), {card.dimensions} dimensions")
    print(f"Written to {FOLDER}, {card.arrays.bytes / 1e6:.1f} MB")


@app.command(rich_help_panel=GROUP)
def heads(name: Annotated[str, typer.Argument(help="A network in trained_models/.")]) -> None:
    """Fit a new head on a network's frozen features, with and without SMOTE, to compare the two."""
    from core.config import EXPERIMENTS
    from core.data.metadata import load_dataset
    from core.files import require_writable_folder
    from core.lab.heads import train_heads
    from core.store.folders import model_folder

    trained = model_folder(name)
    require_writable_folder(EXPERIMENTS)
    for folder in train_heads(trained, load_dataset()):
        print(f"Written to {folder}")


@app.command(rich_help_panel=GROUP)
def experiment(
    backend: Annotated[str, typer.Option(help="local or dask.")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="Address of the Dask scheduler.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Number of processes of the local backend.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="Number of random seeds per setting.")] = 5,
    classifier: Annotated[str | None, typer.Option(help="Run only this classifier. Default: all.")] = None,
    fresh: Annotated[bool, typer.Option(help="Start over instead of resuming an interrupted grid.")] = False,
    tables: Annotated[bool, typer.Option(help="Run nothing; only write the tables of what has finished.")] = False,
    again: Annotated[
        bool, typer.Option("--remeasure", help="Train nothing; compute the metrics again from the predictions.")
    ] = False,
) -> None:
    """Run the grid of splits, resampling strategies, classifiers and seeds; resumes an interrupted grid."""
    from tqdm import tqdm

    from core.config import EXPERIMENTS
    from core.data.metadata import find_dataset
    from core.errors import UserError
    from core.files import require_writable, require_writable_folder
    from core.lab.classifiers import CLASSIFIERS
    from core.lab.grid import PARTS, PREDICTIONS, all_runs, run_grid
    from core.lab.remeasure import remeasure
    from core.lab.tables import write_tables

    if fresh and (tables or again):
        raise UserError("--fresh trains again, and --tables and --remeasure train nothing; leave one of them out.")
    require_writable(PARTS)
    for folder in (EXPERIMENTS, PREDICTIONS):
        require_writable_folder(folder)
    if again:
        write_tables(parts := remeasure(PREDICTIONS, PARTS))
        print(f"{len(parts):,} settings and seeds measured again; tables written to {EXPERIMENTS}")
        return
    dataset = find_dataset()
    metadata = dataset.metadata if dataset else None
    runs = [] if tables else all_runs(seeds, metadata is not None, only=classifier)
    with tqdm(total=len(runs), unit="run") as bar:
        parts = run_grid(
            runs, metadata=metadata, backend=backend, scheduler=scheduler, jobs=jobs, keep=PREDICTIONS,
            fresh=fresh,
            on_run=lambda done, total: bar.update(done - bar.n),  # noqa: ARG005
        )  # fmt: skip
    if not parts:
        raise UserError(f"{PARTS} holds no results of today's settings; run `python -m core experiment` first.")
    if not tables and (absent := sorted(set(CLASSIFIERS) - {key.classifier for key in parts})):
        print(
            f"{len(parts):,} settings and seeds are in {PARTS}. The tables stay as they are, because they would lose "
            f"{', '.join(absent)}: run these too, or write the tables of what there is with --tables."
        )
        return
    write_tables(parts)
    print(f"{len(parts):,} settings and seeds; tables written to {EXPERIMENTS}")


@app.command(rich_help_panel=GROUP)
def lesson() -> None:
    """Compute the figures of all steps of the lesson; writes trained_models/experiments/lesson.csv."""
    from functools import cache

    from core.files import require_writable
    from core.lab.embeddings import load_embeddings
    from core.lab.experiment import run_setting
    from core.lessons.results import FILE, compute, truth, write

    require_writable(FILE)
    data = load_embeddings()
    table = compute(cache(lambda setting: run_setting(setting, data)), lambda step: print(f"{step.key} ..."))
    write(table)
    from core.lessons.steps import STEPS

    for step in STEPS:
        found = truth(step, table)
        ends = f" [{found.low:g}, {found.high:g}]" if found.low == found.low else ""
        print(f"{step.key:16}{found.value}{found.unit}{ends}")
    print(f"{len(table):,} figures written to {FILE}")
