"""Commands on the dataset itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.app import app

if TYPE_CHECKING:
    from core.data.download.job import Progress, Report


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
    left = table.loc[table["near_duplicate"], "lesion"].value_counts()
    print("near duplicates of a later part:", ", ".join(f"{n} leave {name}" for name, n in left.items()))
    _split_milk10k()


def _split_milk10k() -> None:
    from core.data.milk10k import SPLITS_FILE, find_milk10k, make_split
    from core.files import replacing

    if (milk := find_milk10k()) is None:
        print("MILK10K_DIR is not set; its split stays as committed")
        return
    table = make_split(milk)
    with replacing(SPLITS_FILE) as beside:
        table.to_csv(beside, index=False)
    print(f"{len(table):,} pictures of MILK10k written to {SPLITS_FILE}")
    print("MILK10k:", ", ".join(f"{k} {v:,}" for k, v in table["split"].value_counts().items()))


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
    from core.data.images import check_images
    from core.data.metadata import load_dataset

    dataset = load_dataset(folder)
    print(f"{len(dataset.metadata):,} rows, {len(dataset.images):,} pictures, {len(dataset.missing):,} missing")
    check_images(dataset)
    print("Every picture that is there can be read.")


@app.command()
def download(
    folder: Annotated[Path | None, typer.Argument(help="default: HAM10000_DIR, else data/ham10000")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="only so many thumbnails a diagnosis")] = None,
) -> None:
    """Fetch HAM10000: the full set from Harvard Dataverse (2.8 GB), or a sample of it from the ISIC Archive."""
    from core.config import data_dir
    from core.data.download.dataverse import download_full
    from core.data.download.isic_archive import download_sample

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
def fit_phantoms(
    masks: Annotated[Path | None, typer.Option(help="default: the dataset's folder of lesion masks")] = None,
) -> None:
    """Fit the model behind the synthetic lesions to the training lesions and write its parameters."""
    from core.data.masks import MASKS
    from core.data.metadata import load_dataset
    from core.synthetic.fit import fit_synthetic_lesions as fit
    from core.synthetic.model import PARAMETERS_FILE

    dataset = load_dataset()
    fit(dataset, masks or dataset.folder / MASKS)
    print(f"Written to {PARAMETERS_FILE}")
