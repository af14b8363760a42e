"""Commands that explain trained models: heatmaps, their scores, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.app import app

if TYPE_CHECKING:
    from core.data.metadata import Dataset

SAMPLE_HELP = "score only so many test pictures drawn at random, print the means, write nothing"


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="a folder in trained_models/")],
    sample: Annotated[int | None, typer.Option(min=1, help=SAMPLE_HELP)] = None,
    checks: Annotated[
        bool, typer.Option("--checks", help="insertion, deletion, spoilt weights, covered parts")
    ] = False,
) -> None:
    """Score the heatmaps of all test pictures against the lesion masks, and write the gallery's (tf-keras-vis).

    With --checks: not that, but whether the answers rest on what the heatmaps and the masks name.
    """
    from core.data.metadata import load_dataset
    from core.evaluation.cards import model_folder, read_card
    from core.serving.cam_scores import complete, score_heatmaps, write_cam_scores
    from core.serving.gallery import explain as write_gallery

    folder, dataset = model_folder(name), load_dataset()
    if checks:
        _check(folder, dataset)
        return
    with progress() as show:
        run = score_heatmaps(folder, dataset, sample, show) if sample else write_cam_scores(folder, dataset, show)
    pictures = run.table["image_id"].nunique()
    print(f"{pictures:,} pictures scored in {run.seconds:.0f} s, {pictures / run.seconds:.1f} a second")
    if run.left_out:
        print(f"{len(run.left_out):,} left out, the first: {run.left_out[0]}")
    if sample:
        means = complete(run.table).query("target == 'predicted'").select_dtypes("number").mean()
        print(means.drop("group").round(3).to_string())
        return
    card = read_card(folder)
    if speed := card["cam_scores"].get("speed"):
        print(
            f"LiteRT {speed['litert']} pictures a second with all seven heatmaps, tf-keras-vis {speed['tf_keras_vis']} "
            f"with one; on {speed['pictures']} pictures they differ by at most {speed['max_difference']:.4f} of the "
            f"heatmap's maximum, by {speed['mean_difference']:.5f} on average"
        )
        print(f"Written to {write_gallery(folder, dataset)}")


def _check(folder: Path, dataset: Dataset) -> None:
    from core.serving.cam_checks import write_checks

    with progress() as show:
        table = write_checks(folder, dataset, show)
    shown = table[table["measure"] != "probability"]
    print(shown.drop(columns="step").to_string(index=False))


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """A progress bar of pictures, told (done, of how many)."""
    from tqdm import tqdm

    with tqdm(desc="Pictures", unit="") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@app.command()
def cam_scores(
    target: Annotated[str, typer.Option(help="predicted or true: which diagnosis's heatmap")] = "predicted",
) -> None:
    """Print how well each model's heatmaps fit the lesions, beside what needs no picture, and what that says."""
    from core.errors import UserError
    from core.explain.scores import SCORES
    from core.serving.cam_scores import TARGETS
    from core.serving.cam_summary import as_text, findings, read_all, summarize

    if target not in TARGETS:
        raise UserError(f"There is no target {target!r}; known are {', '.join(TARGETS)}.")
    tables, faults = read_all()
    for fault in faults.values():
        print(f"Left out: {fault}")
    if not tables:
        raise UserError("No model's heatmaps are scored yet; run `python -m core explain NAME`.")
    table = summarize(tables)
    print(as_text(table, target))
    for score in SCORES:
        print(f"\nFindings by {score}", *findings(table, score, target), sep="\n- ")
