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
ROOMS = (
    "config", "labels", "errors", "files", "stats", "store", "data", "synthetic", "models", "training", "evaluation",
    "resampling", "lab", "inference", "release", "explain", "lessons", "cli",
)  # fmt: skip
"""Of core, in order: each imports only what stands before it, or stays inside."""
KERAS_ROOMS = {"models", "training", "lab", "release", "explain"}
"""What trains, exports and draws reference heatmaps; the rest of core does without Keras, inside functions too."""
DASHBOARD_ROOMS = {
    "text": set(),
    "charts": {"text"},
    "caches": set(),
    "navigation": set(),
    "components": {"caches", "charts", "text"},
    "views": {"navigation", "caches", "charts", "text", "components"},
    "app_pages": {"navigation", "views"},
    "server": {"caches", "views"},
    "shell": {"navigation", "components", "server"},
    "Home": {"shell", "server"},
}
"""Which other rooms of the dashboard each may import; the server imports views and caches to warm them up."""
EXCEPTIONS = {
    ("app_pages", "caches"): "which models there are decides what a page shows at all",
    ("app_pages", "charts"): "a tab of one chart has no view of its own",
    ("app_pages", "components"): "tabs and the catching of errors stand around all views",
}
KERAS_AT_TOP = {
    "core/training/run.py",
    "core/training/averaging.py",
    "core/training/batches.py",
    "core/models/cam_heads.py",
}
"""Reached only by functions that train or export."""
STREAMLIT_CACHES = {"cache_data", "cache_resource"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path, root: str) -> str:
    """First folder below `root`, or the file's own name there."""
    return path.relative_to(ROOT / root).parts[0].removesuffix(".py")


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
    room = room_of(path, "core")
    if room.startswith("__"):
        return
    for name in imports(ast.parse(path.read_text())):
        parts = name.split(".")
        if parts[0] == "core" and len(parts) > 1 and parts[1] != room:
            assert ROOMS.index(parts[1]) < ROOMS.index(room), f"core.{room} imports {name}"


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_keras_stays_where_training_export_and_reference_heatmaps_reach(path: Path) -> None:
    heavy = roots(imports(ast.parse(path.read_text()))) & HEAVY
    assert not heavy or room_of(path, "core") in KERAS_ROOMS


@pytest.mark.parametrize("path", DASHBOARD, ids=relative)
def test_arrows_inside_the_dashboard_point_one_way(path: Path) -> None:
    room = room_of(path, "dashboard")
    if room.startswith("__"):
        return
    for name in imports(ast.parse(path.read_text())):
        parts = name.split(".")
        if parts[0] == "dashboard" and len(parts) > 1 and parts[1] != room:
            assert parts[1] in DASHBOARD_ROOMS[room] or (room, parts[1]) in EXCEPTIONS, f"{room} imports {name}"


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_keras_is_imported_at_the_top_only_where_training_alone_reaches(path: Path) -> None:
    heavy = roots(top_level_imports(ast.parse(path.read_text()))) & HEAVY
    assert not heavy or relative(path) in KERAS_AT_TOP


@pytest.mark.parametrize("path", DASHBOARD, ids=relative)
def test_caches_live_in_one_room_and_no_page_imports_keras(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not roots(imports(tree)) & HEAVY
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & STREAMLIT_CACHES
    assert not used or room_of(path, "dashboard") == "caches"


def test_charts_and_text_do_not_import_streamlit() -> None:
    for path in [p for p in DASHBOARD if room_of(p, "dashboard") in {"charts", "text"}]:
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
