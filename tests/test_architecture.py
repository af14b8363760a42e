"""Who may import whom, and what the running app must never load."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from core.config import ROOT

CORE = sorted((ROOT / "core").rglob("*.py"))
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))
HEAVY = {"tensorflow", "keras", "tf_keras_vis"}
PACKAGES = (
    "config", "labels", "errors", "files", "blas", "stats", "weighted", "store", "data", "synthetic", "models",
    "training", "evaluation", "resampling", "lab", "inference", "release", "explain", "lessons", "classroom", "cli",
)  # fmt: skip
"""Of core, in order: each imports only what stands before it, or stays inside."""
KERAS_PACKAGES = {"models", "training", "lab", "release", "explain"}
"""What trains, exports and draws reference heatmaps; the rest of core does without Keras, inside functions too."""
DASHBOARD_IMPORTS = {
    "text": set(),
    "charts": {"text"},
    "caches": set(),
    "navigation": set(),
    "components": {"caches", "charts", "text"},
    "views": {"navigation", "caches", "charts", "text", "components"},
    "app_pages": {"navigation", "views"},
    "server": {"caches", "navigation", "views"},
    "shell": {"navigation", "components", "server"},
    "Home": {"shell", "server"},
}
"""Which other parts of the dashboard each may import; the server imports views and caches to warm them up, and knows
the pages' addresses."""
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


def package_of(path: Path, root: str) -> str:
    """First folder below `root`, or the file's own name there."""
    return path.relative_to(ROOT / root).parts[0].removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
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


def imported_from(path: Path, root: str) -> list[tuple[str, str]]:
    """Other parts of `root` from which a file imports: the part and the whole name."""
    own = package_of(path, root)
    parts = [(name.split("."), name) for name in sorted(imports(parsed(path)))]
    return [(part[1], name) for part, name in parts if part[0] == root and len(part) > 1 and part[1] != own]


def test_core_knows_nothing_of_the_dashboard() -> None:
    knows = {relative(p): roots(imports(parsed(p))) & {"streamlit", "plotly", "dashboard"} for p in CORE}
    assert not {path: names for path, names in knows.items() if names}


def test_arrows_inside_core_point_one_way() -> None:
    wrong = []
    for path in CORE:
        package = package_of(path, "core")
        for other, name in [] if package.startswith("__") else imported_from(path, "core"):
            if PACKAGES.index(other) >= PACKAGES.index(package):
                wrong.append(f"{relative(path)} imports {name}")
    assert not wrong


def test_keras_stays_where_training_export_and_reference_heatmaps_reach() -> None:
    heavy = [path for path in CORE if roots(imports(parsed(path))) & HEAVY]
    assert not [relative(path) for path in heavy if package_of(path, "core") not in KERAS_PACKAGES]


def test_arrows_inside_the_dashboard_point_one_way() -> None:
    wrong = []
    for path in DASHBOARD:
        package = package_of(path, "dashboard")
        for other, name in [] if package.startswith("__") else imported_from(path, "dashboard"):
            if other not in DASHBOARD_IMPORTS[package] and (package, other) not in EXCEPTIONS:
                wrong.append(f"{relative(path)} imports {name}")
    assert not wrong


def test_keras_is_imported_at_the_top_only_where_training_alone_reaches() -> None:
    heavy = {relative(path) for path in CORE if roots(top_level_imports(parsed(path))) & HEAVY}
    assert not heavy - KERAS_AT_TOP


def test_no_page_imports_keras() -> None:
    assert not [relative(path) for path in DASHBOARD if roots(imports(parsed(path))) & HEAVY]


def test_caches_live_in_one_package() -> None:
    used = {p: {node.attr for node in ast.walk(parsed(p)) if isinstance(node, ast.Attribute)} for p in DASHBOARD}
    cached = [path for path, names in used.items() if names & STREAMLIT_CACHES]
    assert cached and not [relative(path) for path in cached if package_of(path, "dashboard") != "caches"]


def test_charts_and_text_do_not_import_streamlit() -> None:
    for path in [p for p in DASHBOARD if package_of(p, "dashboard") in {"charts", "text"}]:
        assert "streamlit" not in roots(imports(parsed(path))), path.name


def test_every_file_of_code_is_short() -> None:
    long = {relative(p): n for p in CORE + DASHBOARD if (n := len(p.read_text().splitlines())) > 250}
    assert not long


MUTABLE = {
    "core/training/run.py": "a run in progress",
    "core/training/checkpoint.py": "its state",
}


def test_contracts_are_frozen() -> None:
    mutable = []
    for path in CORE:
        for node in ast.walk(parsed(path)):
            found = [ast.unparse(each) for each in node.decorator_list] if isinstance(node, ast.ClassDef) else []
            if any("dataclass" in each and "frozen=True" not in each for each in found):
                mutable.append(relative(path))
    assert set(mutable) == set(MUTABLE)


def test_a_name_of_a_class_means_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for path in CORE + DASHBOARD:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(relative(path))
    assert not {name: paths for name, paths in homes.items() if len(paths) > 1}


UNTESTED = {
    "core/classroom/contracts.py": "fields alone",
    "core/lessons/": "tests/core/lessons/test_steps.py runs every step",
    "core/explain/study/samples.py": "tests/core/explain/study/test_methods.py draws and measures one",
    "core/models/cnn.py": "tests/core/models/test_registry.py builds every network",
    "core/models/efficientnet_lite.py": "tests/core/models/test_registry.py builds every network",
    "core/models/transfer.py": "tests/core/models/test_registry.py builds every network",
    "core/store/evaluation_facts.py": "fields alone, which tests/core/store/test_card.py reads and writes",
    "core/store/export_facts.py": "fields alone, which tests/core/store/test_card.py reads and writes",
    "core/store/heatmap_facts.py": "fields alone, which tests/core/store/test_card.py reads and writes",
    "core/store/names.py": "constants alone",
    "core/synthetic/model.py": "tests/core/synthetic/test_measure.py and test_lesions.py run it both ways",
    "dashboard/Home.py": "every test in tests/browser opens it",
    "dashboard/navigation.py": "every test in tests/browser opens it",
    "dashboard/shell.py": "every test in tests/browser opens it",
    "dashboard/caches/": "the pages' tests in tests/dashboard/app_pages",
    "dashboard/views/": "the pages' tests in tests/dashboard/app_pages",
    "dashboard/text/": "tests/dashboard/text/test_sentences.py has every sentence",
    "dashboard/components/widgets.py": "the pages' tests in tests/dashboard/app_pages",
    "dashboard/charts/body.py": "tests/dashboard/charts/test_eda.py draws every chart of the metadata page",
    "dashboard/charts/eda_people.py": "tests/dashboard/charts/test_eda.py draws every chart of the metadata page",
    "dashboard/charts/eda_quality.py": "tests/dashboard/charts/test_eda.py draws every chart of the metadata page",
    "dashboard/charts/eda_site.py": "tests/dashboard/charts/test_eda.py draws every chart of the metadata page",
}
"""Modules, and folders of them, that may lack a test file of their own, and what tests them instead."""
ACROSS = {
    "tests/core/classroom/test_postgresql.py": "all functions on another database",
    "tests/core/cli/test_cli.py": "all commands together",
    "tests/core/data/download/test_download_command.py": "the command over both downloads",
    "tests/core/explain/test_every_network.py": "all networks of the registry",
    "tests/core/inference/test_hostile_files.py": "hostile files through decoding and prediction",
    "tests/core/training/test_backends.py": "training on other backends, in processes of their own",
    "tests/dashboard/test_faulty_dataset.py": "every page beside a faulty dataset",
    "tests/dashboard/app_pages/test_address.py": "every page's link and Reset",
    "tests/dashboard/app_pages/test_class_board.py": "the class board and homework, on the class page and in the lab",
    "tests/dashboard/app_pages/test_add_predictions.py": "a visitor's predictions in every tab of the leaderboard",
    "tests/dashboard/app_pages/test_classify_many.py": "several images on the classify page",
    "tests/dashboard/test_on_device_scripts.py": "the scripts of the page that classifies in the browser",
    "tests/dashboard/text/test_sentences.py": "all sentences",
}
"""Test files that test no single module."""


def mirror_of(path: Path) -> Path:
    return ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}")


def has_reason(path: Path) -> bool:
    return any(relative(path) == name or (name[-1] == "/" and relative(path).startswith(name)) for name in UNTESTED)


def test_each_module_has_its_test_file_or_a_reason() -> None:
    modules = [path for path in CORE + DASHBOARD if not path.stem.startswith("__")]
    assert not [relative(mirror_of(p)) for p in modules if not mirror_of(p).is_file() and not has_reason(p)], "write it"


def test_no_test_file_stands_alone_and_no_reason_is_left_over() -> None:
    mirrored = {relative(mirror_of(path)) for path in CORE + DASHBOARD}
    files = {relative(path) for root in ("core", "dashboard") for path in (ROOT / "tests" / root).rglob("test_*.py")}
    assert files - mirrored == set(ACROSS)
    assert [name for name in UNTESTED if not (ROOT / name).exists()] == []
    assert [name for name in UNTESTED if name[-1] != "/" and mirror_of(ROOT / name).exists()] == []


EXAMPLES = ("core/evaluation/metrics.py", "core/models/registry.py", "core/inference/*.py", "core/resampling/*.py")


def test_what_others_call_has_an_example_that_runs() -> None:
    modules = [path for each in EXAMPLES for path in ROOT.glob(each) if path.stem != "__init__"]
    assert modules and not [relative(path) for path in modules if ">>> " not in path.read_text(encoding="utf-8")]


VISIT = """
import sys
from streamlit.testing.v1 import AppTest
for page in {pages!r}:
    app = AppTest.from_file(page, default_timeout=60).run()
    assert not app.exception, (page, [e.message for e in app.exception])
    print(page, sorted({{name.split(".")[0] for name in sys.modules}} & {heavy!r}))
"""


def test_no_page_loads_tensorflow() -> None:
    names = sorted(path.stem for path in (ROOT / "dashboard" / "app_pages").glob("*.py"))
    # the home page's links need its navigation
    pages = [f"dashboard/{'Home' if name == 'overview' else f'app_pages/{name}'}.py" for name in names]
    code = VISIT.format(pages=pages, heavy=HEAVY)
    env = {k: v for k, v in os.environ.items() if k != "HAM10000_DIR"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == [f"{page} []" for page in pages]


NOT_FOR_HOME = {
    "ai_edge_litert", "core.data.download.web", "core.evaluation", "core.inference", "core.lab.experiment", "cv2",
    "imblearn", "scipy", "sklearn",
}  # fmt: skip
"""A new server's first visitor waits for what Home imports; these it can do without where no images are installed."""
OPEN_HOME = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("dashboard/Home.py", default_timeout=60).run()
assert not app.exception and app.title[0].value, app.exception
print(sorted({not_for_home!r} & set(sys.modules)))
"""


def test_home_imports_only_what_it_shows_at_first() -> None:
    code = OPEN_HOME.format(not_for_home=NOT_FOR_HOME)
    env = {k: v for k, v in os.environ.items() if k != "HAM10000_DIR"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"
