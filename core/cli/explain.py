"""Explain: heatmaps of trained models, how well they fit the lesions, and whether predictions depend on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.app import image_progress

if TYPE_CHECKING:
    from core.explain.study.scores import HeatmapScores
    from core.inference.heatmaps import HeatmapMethod

GROUP = "Explain"
app = typer.Typer()
explain = typer.Typer(no_args_is_help=True, help="Compute and score the heatmaps of trained models.")
app.add_typer(explain, name="explain", rich_help_panel=GROUP)

Name = Annotated[str, typer.Argument(help="A folder in trained_models/.")]
Minutes = Annotated[
    float, typer.Option(min=0, help="Stop after about this many minutes; run the command again to continue.")
]
Method = Annotated[str, typer.Option(help="Which heatmaps: Grad-CAM or LayerCAM.")]
Target = Annotated[str, typer.Option(help="The class whose heatmap is used: predicted or true.")]


@explain.command()
def heatmaps(
    name: Name,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Only score this many random test images; prints means, writes nothing.")
    ] = None,
    penultimate_layer: Annotated[
        str | None, typer.Option(help="With --sample: another layer than the last convolution, by tf-keras-vis (slow).")
    ] = None,
    minutes: Minutes = 5,
    method: Method = "Grad-CAM",
) -> None:
    """Score the heatmaps of the test images against the lesion masks; writes cam_scores.csv or layer_cam_scores.csv."""
    from core.data.metadata import load_dataset
    from core.errors import UserError, require_known
    from core.explain.study.explainers import Explainer, LayerExplainer
    from core.explain.study.scores import score_heatmaps, write_cam_scores, write_layer_cam_scores
    from core.files import require_writable
    from core.inference.heatmaps import METHODS
    from core.store.folders import model_folder
    from core.store.names import CARD

    require_known("method", method, METHODS)
    if penultimate_layer and not sample:
        raise UserError("--penultimate-layer needs --sample N, because it is slow.")
    if penultimate_layer and method != "Grad-CAM":
        raise UserError("--penultimate-layer computes Grad-CAM only; leave --method out.")
    folder = model_folder(name)
    chosen = next(each for each in METHODS if each == method)
    if not sample:
        require_writable(folder / CARD)
    with image_progress() as show:
        if sample:
            by = LayerExplainer(folder, penultimate_layer) if penultimate_layer else Explainer(folder, method=chosen)
            run = score_heatmaps(folder, load_dataset(), sample, show, explainer=by)
        else:
            write = write_layer_cam_scores if chosen == "LayerCAM" else write_cam_scores
            run = write(folder, load_dataset(), show, 60 * minutes)
    _report(folder, run, chosen, means=sample is not None)


def _report(folder: Path, run: HeatmapScores, method: HeatmapMethod, means: bool) -> None:
    from core.explain.study.scores import complete
    from core.store.card import read_card
    from core.store.names import CAM_SCORES, LAYER_CAM_SCORES

    images = run.table["image_id"].nunique()
    print(f"{run.new:,} images scored in {run.seconds:.0f} s, {run.new / run.seconds:.1f} per second")
    if run.left_out:
        print(f"{len(run.left_out):,} left out, the first: {run.left_out[0]}")
    if means:
        found = complete(run.table).query("target == 'predicted'").select_dtypes("number").mean()
        print(found.drop("group").round(3).to_string())
        return
    if method == "LayerCAM":
        print(f"{images:,} of {run.tested:,} are in {folder.name}/{LAYER_CAM_SCORES}")
        return
    rest = run.tested - images - len(run.left_out)
    print(f"{images:,} of {run.tested:,} are in {folder.name}/{CAM_SCORES}" + "; run again to continue" * (rest > 0))
    facts = read_card(folder).cam_scores
    if facts and (speed := facts.speed):
        print(
            f"LiteRT: {speed.litert} images per second with all seven heatmaps; tf-keras-vis: "
            f"{speed.tf_keras_vis} with one. On {speed.images} images the heatmaps differ by at most "
            f"{speed.max_difference:.4f} of their maximum, by {speed.mean_difference:.5f} on average."
        )


@explain.command()
def scores(
    target: Target = "predicted",
    score: Annotated[str, typer.Option(help="Score of the tables by class: energy, pointing or iou.")] = "energy",
    method: Method = "Grad-CAM",
) -> None:
    """Print how well each model's heatmaps fit the lesions, next to a fixed central spot."""
    from core.errors import UserError, require_known
    from core.explain.localization import SCORES
    from core.explain.study.scores import TARGETS
    from core.explain.study.summary import as_text, read_all, summarize
    from core.inference.heatmaps import METHODS

    require_known("target", target, TARGETS)
    require_known("score", score, SCORES)
    require_known("method", method, METHODS)
    tables, faults = read_all(method=next(each for each in METHODS if each == method))
    for fault in faults.values():
        print(f"Left out: {fault}")
    if not tables:
        raise UserError("No model's heatmaps are scored yet; run `python -m core explain heatmaps NAME`.")
    print(as_text(summarize(tables), target, score))


app.command("cam-scores", hidden=True, help="The former name of `explain scores`.")(scores)


@explain.command()
def checks(name: Name, minutes: Minutes = 5, method: Method = "Grad-CAM") -> None:
    """Check whether predictions depend on what heatmaps and masks show; writes cam_checks.csv or layer_cam_checks.csv.

    Insertion and deletion, randomized weights; with Grad-CAM also covered lesions and surroundings.
    """
    from core.data.metadata import load_dataset
    from core.errors import require_known
    from core.explain.study.checks import write_checks
    from core.files import require_writable
    from core.inference.heatmaps import METHODS
    from core.store.folders import model_folder
    from core.store.names import CARD

    require_known("method", method, METHODS)
    chosen = next(each for each in METHODS if each == method)
    folder = model_folder(name)
    require_writable(folder / CARD)
    with image_progress() as show:
        table = write_checks(folder, load_dataset(), show, seconds=60 * minutes, method=chosen)
    print(table[table["measure"] != "probability"].drop(columns="step").to_string(index=False))


@explain.command()
def methods(
    name: Name,
    images: Annotated[int, typer.Option(min=10, help="Images of each split, one per lesion.")] = 150,
    served: Annotated[bool, typer.Option("--served", help="Only Grad-CAM and the app's own method.")] = False,
) -> None:
    """Compare other ways to explain a prediction with Grad-CAM; writes cam_methods.csv.

    All are scored on validation images; the best of them and Grad-CAM also on test images.
    """
    from core.data.metadata import load_dataset
    from core.explain.methods import GRADCAM, METHODS, SERVED
    from core.explain.study.methods import write_methods
    from core.files import require_writable
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    chosen = (GRADCAM, SERVED) if served else METHODS
    table = write_methods(folder, load_dataset(), images=images, methods=chosen)
    print(table.drop(columns=["rows", "columns"]).round(3).to_string(index=False))


@explain.command()
def layers(name: Name) -> None:
    """Compute heatmaps of a few images at each depth and by other methods (tf-keras-vis); writes layer_maps.npz."""
    from core.data.metadata import find_dataset
    from core.explain.study.layer_maps import write_layer_maps
    from core.files import require_writable
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    with image_progress() as show:
        written = write_layer_maps(folder, find_dataset(), show)
    print(f"Written to {written}")


@explain.command()
def synthetic(name: Name) -> None:
    """Store predictions and heatmaps of the gallery's synthetic lesions, so that it opens at once: synthetic.npz."""
    from core.explain.study.synthetic_gallery import write_synthetic_gallery
    from core.files import require_writable
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    print(f"Written to {write_synthetic_gallery(folder)}")
