"""Evaluation: compute the scores of trained models, and compare them."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
GROUP = "Evaluation"


@app.command(rich_help_panel=GROUP)
def evaluate(name: Annotated[str, typer.Argument(help="A folder in trained_models/.")]) -> None:
    """Compute a model's scores with 95% intervals and write them to its card.

    If the dataset is installed, also by sex, age, body site and type of confirmation.
    """
    from core.cli.score_tables import card_as_text
    from core.data.metadata import find_dataset
    from core.evaluation import leaderboard as board
    from core.evaluation.slices import add_slices
    from core.files import require_writable
    from core.store.folders import model_folder
    from core.store.names import CARD

    folder = model_folder(name)
    require_writable(folder / CARD)
    print(card_as_text(board.evaluate(folder)))
    dataset = find_dataset()
    if dataset is None:
        print(
            "Skipped scores by sex, age, body site and type of confirmation: they need the dataset (set HAM10000_DIR)."
        )
        return
    facts = add_slices(folder, dataset.metadata).slices
    if facts:
        print(f"Slices of the {facts.split} split written to {folder / facts.file.name}")


@app.command(rich_help_panel=GROUP)
def leaderboard(
    split: Annotated[str, typer.Option(help="test, or validation to choose between models.")] = "test",
) -> None:
    """Print the scores of all trained models."""
    from core.cli.score_tables import as_text
    from core.evaluation.leaderboard import read_leaderboard, with_floor
    from core.store.predictions import as_split

    scored = as_split(split)
    print(as_text(with_floor(read_leaderboard(scored), scored)))


@app.command(rich_help_panel=GROUP)
def score(
    predictions: Annotated[Path, typer.Argument(help="CSV: image and MEL, NV, BCC, ..., or image and label.")],
    truth: Annotated[
        Path | None, typer.Option(help="CSV with the true diagnoses. Default: HAM10000's test split.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Compare with this model in trained_models/.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Score your own predictions as the leaderboard scores models.

    The dataset isn't needed. Reads the ISIC challenge's format, this project's, and tables of labels.
    """
    from core.cli import score_report
    from core.errors import UserError
    from core.evaluation.prediction_table import read_prediction_table
    from core.evaluation.scoring import score as score_table
    from core.evaluation.truth import read_truth, split_truth

    if json and markdown:
        raise UserError("Choose one of --json and --markdown.")
    table = read_prediction_table(predictions)
    result = score_table(table, read_truth(truth) if truth else split_truth(), against)
    lay_out = score_report.as_json if json else score_report.as_markdown if markdown else score_report.as_text
    print(lay_out(result))


@app.command(rich_help_panel=GROUP)
def other_clinics(
    names: Annotated[
        list[str] | None, typer.Argument(help="Folders in trained_models/. Default: all that predict images.")
    ] = None,
) -> None:
    """Predict MILK10k's images with trained models and write the scores to their cards.

    MILK10k's images come from other clinics and devices; set MILK10K_DIR to the folder that holds it.
    """
    from core.data.milk10k import find_milk10k
    from core.errors import UserError
    from core.files import require_writable
    from core.release.other_clinics import score_other_clinics
    from core.store.card import read_card
    from core.store.folders import model_folder, model_folders
    from core.store.names import CARD

    chosen = {name: model_folder(name) for name in names} if names else model_folders()
    for folder in chosen.values():
        require_writable(folder / CARD)
    dataset = find_milk10k()
    if dataset is None:
        raise UserError("MILK10k is needed; set MILK10K_DIR to the folder that holds it.")
    for name, folder in chosen.items():
        card = read_card(folder)
        if names or card.export or card.members:
            score_other_clinics(folder, dataset)
        else:
            print(f"{name}: skipped, it has no export (`python -m core export {name}`).")


@app.command(rich_help_panel=GROUP)
def compare() -> None:
    """Compare paired runs that differ in one thing, such as a leaky split or wrong labels."""
    from core.evaluation.comparisons import compare as run_compare

    table = run_compare()
    for row in table.to_dict("records"):
        low, high = row["gap_low"], row["gap_high"]
        gap = f"{row['gap']:+.3f} " + ("[no interval]" if low != low else f"[{low:+.3f}, {high:+.3f}]")
        what = row["label"] if isinstance(row["label"], str) else row["model"]
        head = f"{row['kind']:11}{what:26}{row['images_of']:15}{row['measure']:21}"
        print(f"{head} n = {row['images']:5,}  wrong {row['wrong']:.3f}  right {row['right']:.3f}  gap {gap}")
