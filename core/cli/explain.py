"""Commands that explain trained models: heatmaps, their scores, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.app import app

if TYPE_CHECKING:
    from core.explain.study.scores import Run

SAMPLE_HELP = "score only so many test pictures drawn at random, print the means, write nothing"


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="a folder in trained_models/")],
    sample: Annotated[int | None, typer.Option(min=1, help=SAMPLE_HELP)] = None,
    penultimate_layer: Annotated[
        str | None, typer.Option(help="with --sample: by tf-keras-vis at this layer instead of the last convolution")
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="stop after about so long; what is done is kept, and the next run goes on")
    ] = 5,
    checks: Annotated[
        bool, typer.Option("--checks", help="insertion, deletion, spoilt weights, covered parts")
    ] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="a few pictures across layers and methods (tf-keras-vis)")
    ] = False,
) -> None:
    """Score the heatmaps of the test pictures, in random order, against the lesion masks.

    With --checks: not that, but whether the answers rest on what the heatmaps and the masks name. With --layers: not
    that, but heatmaps of a few pictures at each depth of the network and by other methods, for the gallery.
    """
    from core.data.metadata import find_dataset, load_dataset
    from core.errors import UserError
    from core.explain.study.checks import write_checks
    from core.explain.study.explainers import LayerExplainer
    from core.explain.study.layer_maps import write_strips
    from core.explain.study.scores import score_heatmaps, write_cam_scores
    from core.store.card import model_folder

    if penultimate_layer and not sample:
        raise UserError("--penultimate-layer goes with --sample N: at another layer than the served one, it is slow.")
    folder, seconds = model_folder(name), 60 * minutes
    with progress() as show:
        if layers:
            print(f"Written to {write_strips(folder, find_dataset(), show)}")
        elif checks:
            table = write_checks(folder, load_dataset(), show, seconds=seconds)
            print(table[table["measure"] != "probability"].drop(columns="step").to_string(index=False))
        elif sample:
            explainer = LayerExplainer(folder, penultimate_layer) if penultimate_layer else None
            run = score_heatmaps(folder, load_dataset(), sample, show, explainer=explainer)
            _report(folder, run, means=True)
        else:
            _report(folder, write_cam_scores(folder, load_dataset(), show, seconds), means=False)


def _report(folder: Path, run: Run, means: bool) -> None:
    from core.explain.study.scores import complete
    from core.store.card import read_card

    pictures = run.table["image_id"].nunique()
    print(f"{run.new:,} pictures scored in {run.seconds:.0f} s, {run.new / run.seconds:.1f} a second")
    if run.left_out:
        print(f"{len(run.left_out):,} left out, the first: {run.left_out[0]}")
    if means:
        found = complete(run.table).query("target == 'predicted'").select_dtypes("number").mean()
        print(found.drop("group").round(3).to_string())
        return
    rest = run.tested - pictures - len(run.left_out)
    print(f"{pictures:,} of {run.tested:,} stand in {folder.name}/cam_scores.csv" + "; run again for more" * (rest > 0))
    if speed := read_card(folder)["cam_scores"].get("speed"):
        print(
            f"LiteRT {speed['litert']} pictures a second with all seven heatmaps, tf-keras-vis {speed['tf_keras_vis']} "
            f"with one; on {speed['pictures']} pictures they differ by at most {speed['max_difference']:.4f} of the "
            f"heatmap's maximum, by {speed['mean_difference']:.5f} on average"
        )


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
    from core.errors import UserError, require_known
    from core.explain.localization import SCORES
    from core.explain.study.findings import findings
    from core.explain.study.scores import TARGETS
    from core.explain.study.summary import as_text, read_all, summarize

    require_known("target", target, TARGETS)
    tables, faults = read_all()
    for fault in faults.values():
        print(f"Left out: {fault}")
    if not tables:
        raise UserError("No model's heatmaps are scored yet; run `python -m core explain NAME`.")
    table = summarize(tables)
    print(as_text(table, target))
    for score in SCORES:
        print(f"\nFindings by {score}", *findings(table, score, target), sep="\n- ")
