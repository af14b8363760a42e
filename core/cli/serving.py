"""Commands that make trained models ready to serve and explain."""

from typing import Annotated

import typer

from core.cli.app import app


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
