"""README: what it links to is there, its screenshots are small, and .ci/run finds its commands."""

import re
import subprocess
from pathlib import Path

import pytest

from core.config import ROOT, TRAINED_MODELS
from core.resampling.strategies import STRATEGIES
from core.store.card import read_card
from core.store.folders import model_folders
from core.training.recipe_table import RECIPES

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "trained_models/README.md", "tests/benchmarks/README.md")
LINKS = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document: str) -> None:
    folder = (ROOT / document).parent
    assert [to for to in LINKS.findall((ROOT / document).read_text()) if not (folder / to).exists()] == []


def test_every_page_has_a_small_screenshot_and_no_other_is_kept() -> None:
    shown = set(re.findall(r"dashboard/screenshots/\S+\.jpg", (ROOT / "README.md").read_text()))
    assert len(shown) == len(list((ROOT / "dashboard" / "app_pages").glob("*.py")))
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "dashboard" / "screenshots").iterdir()} == shown
    assert {name: size for name in shown if (size := (ROOT / name).stat().st_size) > 150_000} == {}


def test_ci_runs_the_commands_of_the_readme() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    line = next(line for line in run.splitlines() if line.startswith("install_command="))
    script = f'{line}\necho "${{install_command% && *}}"\necho "${{install_command##* && }}"'
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, cwd=ROOT, check=True)
    install, test = done.stdout.splitlines()
    assert install.endswith("pip install -r requirements-dev.txt")
    assert test == ".venv/bin/python -m pytest -n auto --dist loadfile"


def test_the_second_code_block_that_is_tried_on_windows_does_the_same() -> None:
    blocks = re.findall(r"```(?:sh|powershell)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for unix, windows in (blocks[0:2], blocks[-2:]):
        translated = unix.strip().replace("python3", "py -3.11").replace(".venv/bin/", ".venv\\Scripts\\")
        assert windows.strip().startswith(translated.replace(" && ", "; "))


def test_the_screenshots_are_not_in_the_image() -> None:
    assert "dashboard/screenshots" in (ROOT / ".dockerignore").read_text().splitlines()
    assert not Path(ROOT / "dashboard" / "screenshot.png").exists()


def test_the_number_of_strategies_is_that_of_the_registry() -> None:
    (number,) = re.findall(r"what (\d+) strategies", (ROOT / "README.md").read_text())
    assert int(number) == len(STRATEGIES) - 1  # one of them does nothing


@pytest.mark.parametrize("name", model_folders())
def test_each_trained_model_is_described_with_the_epochs_that_it_ran(name: str) -> None:
    text, card = (TRAINED_MODELS / "README.md").read_text(), read_card(TRAINED_MODELS / name)
    assert f"`{name}`" in text or f"`{name}/`" in text or f"ensemble {name} " in text
    planned = sum(phase.epochs for phase in RECIPES[name].phases) if card.kind == "network" else None
    if card.training.epochs_run != planned:
        ran = rf"`{name}`[^.]*?--epochs {card.training.epochs_run}`"
        assert re.search(ran, text), f"{name} ran {card.training.epochs_run} of {planned} epochs"


def test_every_ensemble_is_made_by_the_command_that_is_shown() -> None:
    commands = (TRAINED_MODELS / "README.md").read_text().splitlines()
    cards = [read_card(folder) for folder in model_folders().values()]
    ensembles = [card for card in cards if card.members]
    assert ensembles
    for card in ensembles:
        assert f"python -m core ensemble {card.name} {' '.join(member.name for member in card.members)}" in commands
