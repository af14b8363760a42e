import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.errors import UserError
from core.models.registry import list_models
from core.training.recipes import Recipe


def test_models_are_listed_as_a_table_and_as_json() -> None:
    shown = CliRunner().invoke(app, ["models"]).output
    assert "baseline_cnn" in shown and "2,124,839" in shown
    assert json.loads(CliRunner().invoke(app, ["models", "--json"]).output) == list_models()


@pytest.fixture
def trained(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """Train nothing; collect the recipes, and refuse one model."""
    recipes = []

    def train(recipe: Recipe, *_: object, **__: object) -> Path:
        if recipe.model == "custom_cnn":
            raise UserError("its weights are missing.")
        recipes.append(recipe)
        return Path(recipe.model)

    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    monkeypatch.setattr("core.training.train.train", train)
    return recipes


def test_options_change_the_recipe(trained: list[Recipe]) -> None:
    done = CliRunner().invoke(app, ["train", "baseline_cnn", "--epochs", "3", "--sampling", "balanced", "--seed", "7"])
    assert done.exit_code == 0 and "Written to baseline_cnn" in done.output
    (recipe,) = trained
    assert (recipe.sampling, recipe.seed, {phase.epochs for phase in recipe.phases}) == ("balanced", 7, {3})


def test_of_several_models_one_that_cannot_be_trained_is_skipped(trained: list[Recipe]) -> None:
    done = CliRunner().invoke(app, ["train", "custom_cnn", "baseline_cnn"])
    assert done.exit_code == 1
    assert "Skipped custom_cnn: its weights are missing." in done.stderr
    assert [recipe.model for recipe in trained] == ["baseline_cnn"]


def test_a_single_one_stops_with_its_reason(trained: list[Recipe]) -> None:
    with pytest.raises(UserError, match="its weights are missing"):
        CliRunner().invoke(app, ["train", "custom_cnn"], catch_exceptions=False)
    assert trained == []


def test_two_models_cannot_be_saved_under_one_name(trained: list[Recipe]) -> None:
    with pytest.raises(UserError, match="--save-as names one folder"):
        CliRunner().invoke(app, ["train", "custom_cnn", "baseline_cnn", "--save-as", "x"], catch_exceptions=False)
    assert trained == []
