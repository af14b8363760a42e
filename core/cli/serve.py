"""Serve: classify images as the app does."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
GROUP = "Serve"


@app.command(rich_help_panel=GROUP)
def predict(
    paths: Annotated[list[Path], typer.Argument(help="Images, or folders of images.")],
    model: Annotated[str, typer.Option(help="A folder in trained_models/.")],
    out: Annotated[Path, typer.Option(help="CSV to write, in the format of the ISIC challenge.")],
    json_lines: Annotated[Path | None, typer.Option(help="Also write all details, one JSON object per image.")] = None,
    class_mix: Annotated[
        str, typer.Option(help="What the probabilities assume: ham10000 (two thirds nevi), or equal (all classes).")
    ] = "ham10000",
    rejected: Annotated[Path | None, typer.Option(help="Also write a CSV of rejected files with the reasons.")] = None,
) -> None:
    """Classify images with a trained model; skips unreadable files, and says why the image check doubts an image."""
    from tqdm import tqdm

    from core.inference.batch import check_targets, find_images, predict_files
    from core.inference.class_mix import as_class_mix
    from core.inference.pipeline import Pipeline

    mix, found = as_class_mix(class_mix), find_images(paths)
    check_targets(out, json_lines, rejected, images=len(found))
    pipeline = Pipeline.load(model)
    with tqdm(total=len(found), desc="Images", unit="") as bar:
        count = predict_files(
            pipeline, found, out, json_lines, rejected, on_done=lambda done: bar.update(done - bar.n), mix=mix
        )
    print(f"{count.predicted:,} images classified, written to {out}; {count.refused:,} rejected")
    if count.refused:
        print(f"The reasons are in {rejected}." if rejected else "Add --rejected FILE.csv to see why.")
