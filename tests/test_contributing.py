"""The examples in CONTRIBUTING.md work: they are put into a copy of the code, which then has what they add."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from core.config import ROOT


class Edit(NamedTuple):
    """Where an example belongs: a new file, or an existing one before or after a line; without one, at the end."""

    file: str
    before: str = ""
    after: str = ""


PLACES = {
    "A model": [Edit("core/models/cnn.py"), Edit("core/training/recipe_table.py", after="RECIPES = {\n")],
    "A sampler": [Edit("core/resampling/samplers.py"), Edit("core/resampling/strategies.py", after="_ENTRIES = (\n")],
    "A metric": [
        Edit("core/evaluation/metrics.py", before="_TABLE = (\n"),
        Edit("core/evaluation/metrics.py", after="_TABLE = (\n"),
    ],
    "A chart": [
        Edit("dashboard/charts/eda_people.py"),
        Edit("dashboard/app_pages/metadata_eda.py", after='    "Age and sex": [\n'),
    ],
    "A lesson step": [
        Edit("core/lessons/imbalance.py"),
        Edit("core/lessons/steps.py", before="from core.lessons.leaks import"),
        Edit("core/lessons/steps.py", after="STEPS: tuple[Step, ...] = (\n"),
    ],
    "A page": [Edit("dashboard/app_pages/glossary.py"), Edit("dashboard/navigation.py", after="PAGES = {\n")],
}
CHECKS = {
    "A model": """
from core.models.registry import get_model
from core.training.recipe_table import get_recipe
assert get_recipe("deep_cnn").phases[0].epochs == 20
spec = get_model("deep_cnn")
assert spec.build(spec.input_size, 7).count_params() == spec.parameters
""",
    "A sampler": """
import numpy as np
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec
labels = np.repeat(np.arange(7), 20)
features = np.random.default_rng(0).normal(size=(140, 2)).astype(np.float32) + 3 * labels[:, None]
assert 7 <= len(resample(features, labels, ResamplingSpec("cleaning_rule")).labels) <= 140
""",
    "A metric": """
import numpy as np
from core.evaluation.metrics import METRICS
assert METRICS["kappa"].function(np.arange(7), np.arange(7)) == 1
""",
    "A chart": """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("dashboard/app_pages/metadata_eda.py", default_timeout=60)
page.query_params["show"] = "Age and sex"
page.run()
assert not page.exception, page.exception
assert any("is the most frequent sex" in text.value for text in page.markdown)
""",
    "A lesson step": """
from core.lab.embeddings import load_embeddings
from core.lab.experiment import run_setting
from core.lessons.results import truth_of
from core.lessons.steps import STEPS
from dashboard.charts.lesson import lesson_chart
from dashboard.text.lessons import result_sentence
step, data = STEPS[0], load_embeddings()
assert step.title == "Another classifier"
figures = step.measure([run_setting(each, data) for each in step.settings], "knn")
assert 20 < truth_of(step, figures).value < 80
sentence = result_sentence(step, figures)
assert sentence.startswith("The result is **4")
assert len(lesson_chart(step, figures, 50.0, True, sentence).figure.data) == 3
""",
    "A page": """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("dashboard/app_pages/glossary.py", default_timeout=60).run()
assert not page.exception and page.table
from dashboard.navigation import PAGES
assert PAGES["glossary"][0] == "glossary"
""",
}


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_every_file_that_is_named_exists() -> None:
    example = {"dashboard/app_pages/glossary.py", "tests/dashboard/app_pages/test_glossary.py", "glossary.py"}
    named = {each.replace("NAME", "*") for each in code_in((ROOT / "CONTRIBUTING.md").read_text())} - example
    files = {each for each in named if re.fullmatch(r"[\w./*-]+\.(py|csv|json)", each)}
    there = [path.name for folder in ("core", "dashboard", "trained_models") for path in (ROOT / folder).rglob("*.*")]
    assert len(files) > 50
    assert [each for each in files if "/" in each and not any(ROOT.glob(each))] == []
    assert [each for each in files if "/" not in each and not fnmatch.filter(there, each)] == []


def test_every_function_on_the_way_from_an_upload_to_the_bars_exists() -> None:
    way = (ROOT / "CONTRIBUTING.md").read_text().split("\n## From an upload to the bars\n")[1].split("\n## ")[0]
    code = "\n".join(path.read_text() for folder in ("core", "dashboard") for path in (ROOT / folder).rglob("*.py"))
    names = {each.split(".")[-1] for each in code_in(way) if re.fullmatch(r"[A-Za-z_]+(\.[a-z_]+)?", each)}
    assert len(names) > 20
    defined = set(re.findall(r"(?:def|class) (\w+)|^ +(warnings): ", code, re.MULTILINE))
    assert names - {name for pair in defined for name in pair} == {"maxUploadSize"}


def examples() -> dict[str, list[str]]:
    """The code blocks under each bold heading, without those for the shell."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    parts = re.split(r"^\*\*(A .*?)\*\*:", text.split("\n## Add something\n")[1].split("\n## ")[0], flags=re.MULTILINE)
    return {
        name: re.findall(r"```(?:python|text)\n(.*?)```", part, re.DOTALL)
        for name, part in zip(parts[1::2], parts[2::2], strict=True)
    }


def put(root: Path, edit: Edit, code: str) -> None:
    path = root / edit.file
    text = path.read_text() if path.exists() else ""
    anchor = edit.before or edit.after
    assert text.count(anchor) == 1 or not anchor, f"{edit.file} has no one line {anchor!r}"
    if edit.before:
        text = text.replace(anchor, f"{code}\n\n{anchor}")
    elif edit.after:
        text = text.replace(anchor, f"{anchor}{code}")
    else:
        text = f"{text}\n\n{code}" if text else code
    path.write_text(text)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("core", "dashboard"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))
    (tmp_path / "trained_models").symlink_to(ROOT / "trained_models")
    return tmp_path


def test_every_kind_of_addition_is_tried() -> None:
    assert examples().keys() == PLACES.keys() == CHECKS.keys()


@pytest.mark.parametrize("name", PLACES)
def test_the_example_works(name: str, copy: Path) -> None:
    for edit, code in zip(PLACES[name], examples()[name], strict=True):
        put(copy, edit, code)
    env = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"} | {"PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, "-c", CHECKS[name]], capture_output=True, text=True, env=env, cwd=copy)
    assert done.returncode == 0, done.stderr[-3000:]
