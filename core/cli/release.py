"""Release: turn trained weights into what the app serves, and check that."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.app import image_progress

app = typer.Typer()
GROUP = "Release"


@app.command(rich_help_panel=GROUP)
def export(
    name: Annotated[str, typer.Argument(help="A folder in trained_models/.")],
    precision: Annotated[str | None, typer.Option(help="Precision of the weights: float32, float16 or int8.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of replacing what the app serves.")] = None,
    web: Annotated[
        Path | None,
        typer.Option(help="Convert nothing; write the page that classifies in the browser into this folder."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Convert nothing; write the export with a Hugging Face card and an example to this folder."),
    ] = None,
) -> None:
    """Convert a model to the LiteRT graph that the app serves: probabilities, embedding and heatmaps."""
    if web is not None:
        _write_page(name, web)
        return
    if folder is not None:
        _write_hub_folder(name, folder)
        return
    from core.data.metadata import load_dataset
    from core.files import require_writable
    from core.release.export import export as run_export
    from core.release.synthetic_score import describe_synthetic, score_synthetic
    from core.store.folders import model_folder
    from core.store.names import EXPORT

    model = model_folder(name)
    require_writable(out or model / EXPORT)
    print(f"Written to {run_export(model, load_dataset(), precision=precision, out=out)}")
    if out is None:
        print(f"{name}: {describe_synthetic(score_synthetic(model))}")


def _write_hub_folder(name: str, folder: Path) -> None:
    from core.files import require_writable_folder
    from core.release.publish import publish
    from core.store.folders import model_folder

    require_writable_folder(folder)
    print(f"Written to {publish(model_folder(name), folder)}")


def _write_page(name: str, folder: Path) -> None:
    from core.files import require_writable_folder
    from core.release.web import write_site

    require_writable_folder(folder)
    site = write_site(folder, [name])
    print(f"Written to {folder}: {len(site.files)} files, version {site.version}. Any static host can serve them.")


@app.command(rich_help_panel=GROUP)
def web_runtime(
    update: Annotated[str | None, typer.Option(help="Fetch this version with npm, for example 2.5.3.")] = None,
) -> None:
    """Check or update the runtime (LiteRT.js) of the page that classifies in the browser."""
    from core.release import web_runtime

    found = web_runtime.update(update) if update else web_runtime.verify()
    files = ", ".join(f"{name} ({facts['bytes']:,} bytes)" for name, facts in found["files"].items())
    print(f"{found['package']} {found['version']}, {found['license']}: {files} as in the manifest")


@app.command(rich_help_panel=GROUP)
def add(
    name: Annotated[str, typer.Argument(help="Name of its folder in trained_models/.")],
    model: Annotated[Path, typer.Argument(help="A .keras or .tflite file that you made yourself.")],
    scaling: Annotated[
        str | None,
        typer.Option(help='Input: "0 to 255", "0 to 1", "-1 to 1", "ImageNet" or "ImageNet, BGR". Default: tries all.'),
    ] = None,
    size: Annotated[
        tuple[int, int] | None, typer.Option(help="Height and width, for a model that takes any size.")
    ] = None,
) -> None:
    """Add your own model: scores and calibrates it, so that the app shows it like the others.

    Needs HAM10000. Only add files that you made yourself: loading a model can run code that is hidden in it.
    """
    from core import config
    from core.cli.score_tables import card_as_text
    from core.data.metadata import load_dataset
    from core.data.milk10k import find_milk10k
    from core.files import require_writable_folder
    from core.release.add import add as run_add
    from core.release.other_clinics import score_other_clinics
    from core.store.card import read_card

    require_writable_folder(config.TRAINED_MODELS / Path(name).name)
    folder = run_add(name, model, load_dataset(), scaling, size)
    milk = find_milk10k()
    if milk:
        score_other_clinics(folder, milk)
    else:
        print("Not scored on images from other clinics, by which models are ranked too: set MILK10K_DIR and run")
        print(f"`python -m core other-clinics {name}`.")
    print(card_as_text(read_card(folder)))
    print(f"Written to {folder}")


@app.command(rich_help_panel=GROUP)
def parity(name: Annotated[str, typer.Argument(help="A folder in trained_models/.")]) -> None:
    """Compare exports of every precision with Keras on the test images: size, latency, predictions, accuracy."""
    from core.data.metadata import load_dataset
    from core.files import require_writable
    from core.release.export import measure_precisions
    from core.release.parity import as_lines
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    print("\n".join(as_lines(name, measure_precisions(folder, load_dataset()))))


@app.command(rich_help_panel=GROUP)
def calibrate(name: Annotated[str, typer.Argument(help="A folder in trained_models/.")]) -> None:
    """Fit temperature and conformal sets on a model's predictions."""
    from core.files import require_writable
    from core.release.calibrate import calibrate as run_calibrate
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    run_calibrate(folder)


@app.command(rich_help_panel=GROUP)
def image_check(
    name: Annotated[str, typer.Argument(help="The network whose embedding is used.")] = "efficientnet_lite0",
) -> None:
    """Fit the image check, which refuses images that aren't dermatoscopic before any model sees them.

    Needs HAM10000 and MILK10k (HAM10000_DIR, MILK10K_DIR).
    """
    from core.data.metadata import load_dataset
    from core.data.milk10k import find_milk10k
    from core.errors import UserError
    from core.files import require_writable
    from core.release.fit_ood import as_lines, fit_image_check
    from core.store.folders import model_folder
    from core.store.names import OOD_DETECTOR

    folder = model_folder(name)
    require_writable(folder / OOD_DETECTOR)
    dataset, milk = load_dataset(), find_milk10k()
    if milk is None:
        raise UserError("MILK10k is needed; set MILK10K_DIR to the folder that holds it.")
    with image_progress() as show:
        card = fit_image_check(folder, dataset, milk, show)
    if card.ood_detector:
        print("\n".join(as_lines(card.ood_detector)))
