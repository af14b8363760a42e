"""Commands on resampling."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.app import app


@app.command()
def notebook_smote() -> None:
    """Run the notebook's SMOTE over one-hot metadata on the full dataset and write the committed counts."""
    from core.data.metadata import load_dataset
    from core.files import replacing
    from core.resampling.notebook import SMOTE_FILE, count_smote, summarise_mismatch

    counts = count_smote(load_dataset().metadata)
    with replacing(SMOTE_FILE) as beside:
        counts.to_csv(beside, index=False)
    found = summarise_mismatch(counts)
    print(f"{counts['before'].sum():,} rows became {found.rows:,}; counts written to {SMOTE_FILE}")
    print(
        f"{found.drawn:,} of the {found.synthetic:,} synthetic rows got a picture of another diagnosis; "
        f"expected {found.expected:,.0f} [{found.low:,.0f}, {found.high:,.0f}]"
    )


@app.command()
def embed(
    cache: Annotated[Path | None, typer.Option(help="file for the pooled features, reused where it exists")] = None,
) -> None:
    """Embed every picture with frozen ImageNet weights, and write trained_models/embeddings/."""
    from tqdm import tqdm

    from core.config import RUNS
    from core.data.metadata import load_dataset
    from core.lab.embed import embed as run
    from core.lab.embeddings import FOLDER

    dataset = load_dataset()
    with tqdm(total=len(dataset.images), unit="picture") as bar:
        card = run(dataset, cache or RUNS / "imagenet_features.npy", on_done=lambda n: bar.update(n - bar.n))
    print(f"{'depths and statistics':48}{'dimensions':>11}{'variance':>10}{'validation balanced accuracy':>30}")
    for row in card["choice"]["compared"]:
        score = f"{row['balanced_accuracy']:.3f}"
        print(f"{row['features']:48}{row['dimensions']:>11}{row['explained']:>10.3f}{score:>30}")
    print(f"Kept: {', '.join(card['depths'])} ({', '.join(card['statistics'])}), {card['dimensions']} dimensions")
    print(f"Written to {FOLDER}, {card['arrays']['bytes'] / 1e6:.1f} MB")


@app.command()
def heads(name: Annotated[str, typer.Argument(help="a network in trained_models/")]) -> None:
    """Fit a new head on a network's frozen features, without and with SMOTE, for the comparison of the two."""
    from core.data.metadata import load_dataset
    from core.lab.heads import train_heads
    from core.store.card import model_folder

    for folder in train_heads(model_folder(name), load_dataset()):
        print(f"Written to {folder}")


@app.command()
def experiment(
    backend: Annotated[str, typer.Option(help="local or dask")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="address of the Dask scheduler")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes of the local backend")] = 1,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
    classifier: Annotated[str | None, typer.Option(help="run this one alone; default all")] = None,
    fresh: Annotated[bool, typer.Option(help="forget what an interrupted grid has done")] = False,
    tables: Annotated[bool, typer.Option(help="run nothing; write the tables of what is done so far")] = False,
) -> None:
    """Run the grid of splits, strategies, classifiers and seeds; an interrupted one goes on where it stopped."""
    from tqdm import tqdm

    from core.data.metadata import find_dataset
    from core.lab.grid import OUT, PARTS, all_tasks, run_grid
    from core.lab.tables import write_tables

    dataset = find_dataset()
    metadata = dataset.metadata if dataset else None
    if fresh:
        PARTS.unlink(missing_ok=True)
    tasks = [] if tables else all_tasks(seeds, metadata is not None, only=classifier)
    with tqdm(total=len(tasks), unit="task") as bar:
        parts = run_grid(
            tasks, metadata=metadata, backend=backend, scheduler=scheduler, jobs=jobs,
            on_task=lambda done, total: bar.update(done - bar.n),  # noqa: ARG005
        )  # fmt: skip
    write_tables(parts)
    print(f"{len(parts):,} settings and seeds; tables written to {OUT}")
