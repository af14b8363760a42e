"""Data: fetch the dataset, check it, and compute the tables that are made of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from core.data.download.job import DownloadProgress, Report
    from core.data.image_set import ImageSet

app = typer.Typer()
GROUP = "Data"
SHOWN = 20
"""Pairs of near duplicates that the terminal shows."""
FOLDER_HELP = "Folder of the dataset. Default: HAM10000_DIR, or data/ham10000 if that isn't set."


@app.command(rich_help_panel=GROUP)
def download(
    folder: Annotated[Path | None, typer.Argument(help=FOLDER_HELP)] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Download only this many thumbnails per diagnosis.")] = None,
) -> None:
    """Download HAM10000: all of it from Harvard Dataverse (2.8 GB), or a sample from the ISIC Archive."""
    from core.config import data_dir
    from core.data.download.dataverse import download_full
    from core.data.download.isic_archive import download_sample
    from core.files import require_writable_folder

    require_writable_folder(folder or data_dir())
    with _progress_bars() as report:
        if sample:
            download_sample(folder or data_dir(), sample, progress=report)
        else:
            download_full(folder or data_dir(), progress=report)


@contextmanager
def _progress_bars() -> "Iterator[Report]":
    """Show one bar for each step of a download, then its closing note."""
    from tqdm import tqdm

    bars: list[Any] = []
    notes: list[str] = []

    def report(progress: "DownloadProgress") -> None:
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


@app.command(rich_help_panel=GROUP)
def check(
    folder: Annotated[Path | None, typer.Argument(help=FOLDER_HELP)] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Find images that show one lesion under two lesion_ids instead.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(help="With --duplicates: find lesions that this dataset shows too.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="With --duplicates: also write the pairs to this CSV file.")] = None,
) -> None:
    """Read every image of the dataset; list missing and damaged ones, or near duplicates.

    --duplicates and --against also read MILK10k.
    """
    from core.data.images import check_images
    from core.data.metadata import load_dataset
    from core.errors import UserError

    if duplicates:
        _check_duplicates(folder, against, out)
        return
    if against or out:
        raise UserError("--against and --out belong to --duplicates; add it.")
    dataset = load_dataset(folder)
    print(f"{len(dataset.metadata):,} rows, {len(dataset.images):,} images, {len(dataset.missing):,} missing")
    if not dataset.images:
        raise UserError(f"None of the images in the metadata was found. {dataset.why_missing}")
    check_images(dataset)
    print("Every installed image can be read.")
    if dataset.missing:
        print(dataset.why_missing)


def _check_duplicates(folder: Path | None, against: Path | None, out: Path | None) -> None:
    """Find near duplicates; candidates are the nearest by the embedding of the image check's network."""
    from core.config import data_dir
    from core.data.duplicates import find_duplicates
    from core.data.image_set import read_image_set
    from core.errors import UserError
    from core.files import replacing
    from core.inference.crop import prepare
    from core.inference.fitted import CHECK_MODEL
    from core.inference.model import open_model
    from core.store.folders import model_folder

    where = folder or data_dir()
    if against and against.resolve() == where.resolve():
        raise UserError("--against is the dataset itself; leave it out to find near duplicates within the dataset.")
    first, second = read_image_set(where), read_image_set(against) if against else None
    model = open_model(model_folder(CHECK_MODEL))
    with ExitStack() as stack:
        if beside := stack.enter_context(replacing(out)) if out else None:
            beside.touch()  # a file that can't be written is refused before minutes of work
        report = stack.enter_context(_steps())
        pairs = find_duplicates(lambda image: model.run(prepare(image)).embeddings[0], first, second, report)
        if beside:
            pairs.to_csv(beside, index=False)
    _print_pairs(pairs, first, second, out)


def _print_pairs(pairs: "pd.DataFrame", first: "ImageSet", second: "ImageSet | None", out: Path | None) -> None:
    from core.data.duplicates import MATCHES

    where = f"{first.name} and {second.name}" if second else f"{len(first.paths):,} images of {first.name}"
    what = "lesion in both datasets" if second else "lesion under two lesion_ids"
    same, doubtful = ((pairs["match"] == each).sum() for each in MATCHES)
    found = "1 pair of images shows" if same == 1 else f"{same:,} pairs of images show"
    print(f"{where}: {found} one {what}, {doubtful:,} more doubtful.")
    if len(pairs):
        print(pairs.head(SHOWN).to_string(index=False))
    if len(pairs) > SHOWN:
        print(f"and {len(pairs) - SHOWN:,} more", f"in {out}" if out else "(--out FILE.csv writes all of them)")


@contextmanager
def _steps() -> "Iterator[Callable[[str, int, int], object]]":
    """One bar for each step."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in bars:
            bars[step] = tqdm(desc=step, total=total)
        bars[step].update(done - bars[step].n)

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()


@app.command(rich_help_panel=GROUP)
def split() -> None:
    """Recompute the splits and their leakage from the full dataset; overwrites the committed tables."""
    from core.data.committed import LEAKAGE, SPLITS
    from core.data.croissant import write_croissant
    from core.data.leakage import LEAKAGE_FILE, count_overlap, leaked_share
    from core.data.metadata import load_dataset
    from core.data.milk10k import SPLITS_FILE as MILK10K_SPLITS_FILE
    from core.data.splits import SPLITS_FILE, make_splits
    from core.files import require_writable
    from core.store.model_tables import write_table

    for path in (SPLITS_FILE, LEAKAGE_FILE, MILK10K_SPLITS_FILE):
        require_writable(path)
    dataset = load_dataset()
    table = make_splits(dataset)
    write_table(SPLITS_FILE.parent, SPLITS, table)
    print(f"{len(table):,} images written to {SPLITS_FILE}")
    for name in ("lesion", "image"):
        print(f"{name}:", ", ".join(f"{k} {v:,}" for k, v in table[name].value_counts().items()))
    overlap = count_overlap(table.set_index("image_id"), dataset.metadata.set_index("image_id")["dx"])
    write_table(LEAKAGE_FILE.parent, LEAKAGE, overlap)
    for name in ("lesion", "image"):
        seen = leaked_share(overlap, name).loc["all"]
        print(f"{name}: {seen['leaked']:,.0f} of {seen['total']:,.0f} test images show a lesion that is also in train")
    left = table.loc[table["near_duplicate"], "lesion"].value_counts()
    print("removed as near duplicates of a later split:", ", ".join(f"{n} from {name}" for name, n in left.items()))
    _split_milk10k()
    print(f"Described in {write_croissant()}")


def _split_milk10k() -> None:
    from core.data.committed import MILK10K_SPLITS
    from core.data.milk10k import SPLITS_FILE, find_milk10k, make_split
    from core.store.model_tables import write_table

    if (milk := find_milk10k()) is None:
        print("MILK10K_DIR is not set; its split stays as committed")
        return
    table = make_split(milk)
    write_table(SPLITS_FILE.parent, MILK10K_SPLITS, table)
    print(f"{len(table):,} images of MILK10k written to {SPLITS_FILE}")
    print("MILK10k:", ", ".join(f"{k} {v:,}" for k, v in table["split"].value_counts().items()))


@app.command(rich_help_panel=GROUP)
def summarize(
    folder: Annotated[Path | None, typer.Argument(help=FOLDER_HELP)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the tables to. Default: the committed tables.")
    ] = None,
) -> None:
    """Write the tables of counts that the app shows if the dataset isn't installed."""
    from core.config import TABLES
    from core.data.metadata import load_dataset
    from core.data.summary import summarize, write_tables
    from core.files import require_writable_folder

    require_writable_folder(out or TABLES)
    tables = summarize(load_dataset(folder), committed=out is None)
    for name, path in write_tables(tables, out).items():
        print(f"{len(tables[name]):,} rows written to {path}")
    counts = tables["counts"]
    print(f"{counts['images'].sum():,} images of {counts['lesions'].sum():,} lesions")
    print(counts.groupby("dx")[["images", "lesions"]].sum().to_string())


@app.command(rich_help_panel=GROUP)
def fit_synthetic(
    masks: Annotated[
        Path | None, typer.Option(help="Folder of lesion masks. Default: the one inside the dataset.")
    ] = None,
) -> None:
    """Fit the generator of synthetic lesions to the training lesions; overwrites its parameters and examples."""
    from core.data.masks import MASKS
    from core.data.metadata import load_dataset
    from core.files import require_writable
    from core.synthetic.examples import EXAMPLES_FILE, write_examples
    from core.synthetic.fit import fit_synthetic_lesions as fit
    from core.synthetic.lesions import load_parameters
    from core.synthetic.model import PARAMETERS_FILE

    require_writable(PARAMETERS_FILE)
    dataset = load_dataset()
    fit(dataset, masks or dataset.folder / MASKS)
    load_parameters.cache_clear()
    write_examples()
    print(f"Written to {PARAMETERS_FILE} and {EXAMPLES_FILE.name}")
