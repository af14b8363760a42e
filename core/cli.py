"""`python -m core COMMAND`: everything that happens offline. Each command is a thin shell over one function."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from core.data.download import Progress, Report

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def split() -> None:
    """Recompute the splits and their leakage from the full dataset and write the committed tables."""
    from core.data.leakage import LEAKAGE_FILE, count_overlap, leaked_share
    from core.data.metadata import load_dataset
    from core.data.splits import SPLITS_FILE, make_splits
    from core.files import replacing

    dataset = load_dataset()
    table = make_splits(dataset)
    with replacing(SPLITS_FILE) as beside:
        table.to_csv(beside, index=False)
    print(f"{len(table):,} pictures written to {SPLITS_FILE}")
    for name in ("lesion", "image"):
        print(f"{name}:", ", ".join(f"{k} {v:,}" for k, v in table[name].value_counts().items()))
    overlap = count_overlap(table.set_index("image_id"), dataset.metadata.set_index("image_id")["dx"])
    with replacing(LEAKAGE_FILE) as beside:
        overlap.to_csv(beside, index=False)
    for name in ("lesion", "image"):
        seen = leaked_share(overlap, name).loc["all"]
        print(f"{name}: {seen['leaked']:,.0f} of {seen['total']:,.0f} test pictures have a sibling in train")


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
def summarize(
    folder: Annotated[Path | None, typer.Argument(help="default: HAM10000_DIR, else data/ham10000")] = None,
    out: Annotated[Path | None, typer.Option(help="folder for the tables; default: the committed ones")] = None,
) -> None:
    """Count the metadata and write the tables that stand in for it where the dataset is not installed."""
    from core.data.metadata import load_dataset
    from core.data.summary import summarize, write_tables

    tables = summarize(load_dataset(folder), committed=out is None)
    for name, path in write_tables(tables, out).items():
        print(f"{len(tables[name]):,} rows written to {path}")
    counts = tables["counts"]
    print(f"{counts['images'].sum():,} images of {counts['lesions'].sum():,} lesions")
    print(counts.groupby("dx")[["images", "lesions"]].sum().to_string())


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


@app.command()
def download(
    folder: Annotated[Path | None, typer.Argument(help="default: HAM10000_DIR, else data/ham10000")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="only so many thumbnails a diagnosis")] = None,
) -> None:
    """Fetch HAM10000: the full set from Harvard Dataverse (2.8 GB), or a sample of it from the ISIC Archive."""
    from core.config import data_dir
    from core.data.dataverse import download_full
    from core.data.isic_archive import download_sample

    with _progress_bars() as report:
        if sample:
            download_sample(folder or data_dir(), sample, progress=report)
        else:
            download_full(folder or data_dir(), progress=report)


@contextmanager
def _progress_bars() -> "Iterator[Report]":
    """One bar a step of a download, then its closing note."""
    from tqdm import tqdm

    bars: list[Any] = []
    notes: list[str] = []

    def report(progress: "Progress") -> None:
        if progress.note:
            notes.append(progress.note)
            return
        if len(bars) < progress.step:
            for bar in bars:
                bar.close()
            bars.append(tqdm(desc=f"{progress.step}/{progress.steps} {progress.file}", unit="B", unit_scale=True))
        bars[-1].total = progress.total or None
        bars[-1].update(progress.done - bars[-1].n)

    try:
        yield report
    finally:
        for bar in bars:
            bar.close()
    print(*notes, sep="\n")


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


@app.command()
def export(name: Annotated[str, typer.Argument(help="a folder in trained_models/")]) -> None:
    """Write a model's LiteRT graph (float16; probabilities, embedding, heatmaps), which is what the app serves."""
    from core.data.metadata import load_dataset
    from core.evaluation.cards import model_folder
    from core.serving.export import export as run_export
    from core.serving.synthetic import describe_synthetic, score_synthetic

    print(f"Written to {run_export(model_folder(name), load_dataset())}")
    print(f"{name}: {describe_synthetic(score_synthetic(model_folder(name)))}")


@app.command()
def explain(name: Annotated[str, typer.Argument(help="a folder in trained_models/")]) -> None:
    """Write the reference Grad-CAM (tf-keras-vis) of right and wrong test pictures for the gallery."""
    from core.data.metadata import load_dataset
    from core.evaluation.cards import model_folder
    from core.serving.gallery import explain as run_explain

    print(f"Written to {run_explain(model_folder(name), load_dataset())}")


@app.command()
def fit_phantoms(
    masks: Annotated[Path | None, typer.Option(help="default: the dataset's folder of lesion masks")] = None,
) -> None:
    """Fit the model behind the synthetic lesions to the training lesions and write its parameters."""
    from core.data.metadata import load_dataset
    from core.data.phantom_fit import fit_phantoms as fit
    from core.data.phantom_model import PARAMETERS_FILE
    from core.data.phantoms import MASKS

    dataset = load_dataset()
    fit(dataset, masks or dataset.folder / MASKS)
    print(f"Written to {PARAMETERS_FILE}")


def main() -> None:
    """Run a command; a UserError becomes one line on stderr and exit code 1."""
    try:
        app()
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
