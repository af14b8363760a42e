"""Who may import whom, and what the running app must never load."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT

CORE = sorted((ROOT / "core").rglob("*.py"))
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))
HEAVY = {"tensorflow", "keras", "tf_keras_vis"}
LAYERS = {"data": 0, "models": 1, "training": 2, "evaluation": 3, "explain": 3, "resampling": 4, "serving": 4}
"""Height of each package of core; imports point downwards or stay inside."""
KERAS_AT_TOP = {"core/training/run.py", "core/training/batches.py", "core/explain/closed_form.py"}
"""Reached only by functions that train or export."""
STREAMLIT_CACHES = {"cache_data", "cache_resource"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top_level_imports(tree: ast.Module) -> set[str]:
    """Imports that run when the module is imported (type-checking blocks do not)."""
    run = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))]
    plain = [n for n in run if not isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return imports(ast.Module(plain, []))


def roots(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_core_knows_nothing_of_the_dashboard(path: Path) -> None:
    assert not roots(imports(ast.parse(path.read_text()))) & {"streamlit", "plotly", "dashboard"}


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_arrows_inside_core_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT / "core").parts[0]
    if package not in LAYERS:
        return
    for name in imports(ast.parse(path.read_text())):
        parts = name.split(".")
        if parts[0] == "core" and len(parts) > 1 and parts[1] in LAYERS and parts[1] != package:
            assert LAYERS[parts[1]] < LAYERS[package], f"core.{package} imports {name}"


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_keras_is_imported_at_the_top_only_where_training_alone_reaches(path: Path) -> None:
    heavy = roots(top_level_imports(ast.parse(path.read_text()))) & HEAVY
    assert not heavy or relative(path) in KERAS_AT_TOP


@pytest.mark.parametrize("path", DASHBOARD, ids=relative)
def test_caches_live_in_loaders_and_pages_do_not_import_keras(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not roots(imports(tree)) & HEAVY
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & STREAMLIT_CACHES
    assert not used or path.name.endswith("loaders.py")


def test_charts_do_not_import_streamlit() -> None:
    for path in (ROOT / "dashboard" / "charts").glob("*.py"):
        assert "streamlit" not in roots(imports(ast.parse(path.read_text()))), path.name


def test_every_file_of_code_is_short() -> None:
    long = {relative(p): n for p in CORE + DASHBOARD if (n := len(p.read_text().splitlines())) > 250}
    assert not long


VISIT = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({page!r}, default_timeout=60).run()
assert not app.exception, [e.message for e in app.exception]
print(sorted({{name.split(".")[0] for name in sys.modules}} & {heavy!r}))
"""


@pytest.mark.parametrize("page", sorted(p.stem for p in (ROOT / "dashboard" / "app_pages").glob("*.py")))
def test_no_page_loads_tensorflow(page: str) -> None:
    script = "Home" if page == "overview" else f"app_pages/{page}"  # the home page's links need its navigation
    code = VISIT.format(page=str(ROOT / "dashboard" / f"{script}.py"), heavy=HEAVY)
    env = {k: v for k, v in os.environ.items() if k != "HAM10000_DIR"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("[]"), done.stdout
