"""Commands that make trained models ready to serve and explain."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.app import app


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="a folder in trained_models/")],
    precision: Annotated[str | None, typer.Option(help="of the weights: float32, float16 or int8")] = None,
    out: Annotated[Path | None, typer.Option(help="write here; what the app serves stays as it is")] = None,
) -> None:
    """Write a model's LiteRT graph (probabilities, embedding, heatmaps; labels inside): what the app serves."""
    from core.data.metadata import load_dataset
    from core.release.export import export as run_export
    from core.release.synthetic_score import describe_synthetic, score_synthetic
    from core.store.card import model_folder

    print(f"Written to {run_export(model_folder(name), load_dataset(), precision=precision, out=out)}")
    if out is None:
        print(f"{name}: {describe_synthetic(score_synthetic(model_folder(name)))}")


@app.command()
def parity(name: Annotated[str, typer.Argument(help="a folder in trained_models/")]) -> None:
    """Measure exports of every precision against Keras on the test pictures: size, latency, answers, accuracy."""
    from core.data.metadata import load_dataset
    from core.release.export import measure_precisions
    from core.release.parity import as_lines
    from core.store.card import model_folder

    print("\n".join(as_lines(name, measure_precisions(model_folder(name), load_dataset()))))


@app.command()
def calibrate(name: Annotated[str, typer.Argument(help="a folder in trained_models/")]) -> None:
    """Fit on validation what serving needs besides: temperature, conformal thresholds, the guard with its table."""
    from tqdm import tqdm

    from core.data.metadata import load_dataset
    from core.release.calibrate import calibrate as run_calibrate
    from core.store.card import model_folder

    folder, dataset = model_folder(name), load_dataset()
    with tqdm(desc="Pictures", unit="") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        run_calibrate(folder, dataset, log=tqdm.write, on_done=show)


@app.command()
def predict(
    paths: Annotated[list[Path], typer.Argument(help="pictures, or folders of them")],
    model: Annotated[str, typer.Option(help="a folder in trained_models/")],
    out: Annotated[Path, typer.Option(help="CSV in the ISIC challenge's format")],
    json_lines: Annotated[Path | None, typer.Option(help="everything that is said, one JSON object a picture")] = None,
    rejected: Annotated[Path | None, typer.Option(help="CSV of refused files with the reason")] = None,
) -> None:
    """Classify pictures with a trained model; files that are refused stop nothing."""
    from tqdm import tqdm

    from core.inference.batch import find_pictures
    from core.inference.batch import predict as run_predict
    from core.inference.pipeline import Judge
    from core.store.card import model_folder

    found, judge = find_pictures(paths), Judge(model_folder(model))
    with tqdm(total=len(found), desc="Pictures", unit="") as bar:
        count = run_predict(judge, found, out, json_lines, rejected, on_done=lambda done: bar.update(done - bar.n))
    print(f"{count.answered:,} pictures answered, written to {out}; {count.refused:,} refused")
    if count.refused:
        print(f"The reasons are in {rejected}." if rejected else "Give --rejected FILE.csv to learn the reasons.")
