"""A faulty dataset is named on each page that shows images of it, and takes nothing from what works without it."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.caches import dataset
from tests.dashboard.pages import images, text_of, visit

CSV = "HAM10000_metadata.csv"
PAGES = {
    "home": ("Home", {}),
    "metadata": ("app_pages/metadata_eda", {}),
    "metadata, images": ("app_pages/metadata_eda", {"show": "Images"}),
    "splits": ("app_pages/split_resampling", {"show": "Split"}),
    "notebook": ("app_pages/split_resampling", {"show": "The notebook's SMOTE"}),
    "leaderboard": ("app_pages/leaderboard", {}),
    "classify, upload": ("app_pages/classify", {}),
    "classify, camera": ("app_pages/classify", {"source": "Camera"}),
    "classify, synthetic": ("app_pages/classify", {"source": "Synthetic lesion"}),
    "gallery": ("app_pages/gradcam_gallery", {"view": "Gallery"}),
    "gallery, pair": ("app_pages/gradcam_gallery", {"view": "Right and wrong"}),
}
CONTROLS = {
    "button", "button_group", "camera_input", "file_uploader", "imgs", "multiselect", "number_input", "page_link",
    "pagination", "plotly_chart", "segmented_control", "selectbox", "slider", "tab", "toggle",
}  # fmt: skip


def empty_table(folder: Path) -> None:
    (folder / CSV).write_bytes(b"")


def no_table(folder: Path) -> None:
    (folder / CSV).unlink()


def dead_link(folder: Path) -> None:
    no_table(folder)
    (folder / CSV).symlink_to("/gone/table.csv")


def folder_for_table(folder: Path) -> None:
    no_table(folder)
    (folder / CSV).mkdir()


def pipe_for_table(folder: Path) -> None:
    no_table(folder)
    os.mkfifo(folder / CSV)


def loop_for_table(folder: Path) -> None:
    no_table(folder)
    (folder / CSV).symlink_to(folder / CSV)


def workbook(folder: Path) -> None:
    (folder / CSV).write_bytes(b"PK\3\4" + bytes(99))


def two_files_each(folder: Path) -> None:
    for path in list(folder.rglob("*.jpg")):
        path.with_suffix(".png").write_bytes(b"x")


def empty_images(folder: Path) -> None:
    for path in folder.rglob("*.jpg"):
        path.write_bytes(b"")


def folders_for_images(folder: Path) -> None:
    for path in list(folder.rglob("*.jpg")):
        path.unlink()
        path.mkdir()


FAULTS = [
    empty_table, no_table, dead_link, folder_for_table, pipe_for_table, loop_for_table, workbook, two_files_each,
    empty_images, folders_for_images,
]  # fmt: skip
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, and links only for administrators")


def cut_images(folder: Path) -> None:
    for path in folder.rglob("*.jpg"):
        path.write_bytes(path.read_bytes()[:99])


def no_fault(folder: Path) -> None:
    """Leave the folder as it is."""


@pytest.fixture
def install(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], None]], Path]:
    def change(fault: Callable[[Path], None]) -> Path:
        fault(mini_ham)
        monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
        return mini_ham

    return change


@POSIX
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one_sentence_and_nothing_worse(fault: Callable[[Path], None], install: Callable) -> None:
    install(fault)
    found = dataset.fault()
    assert found and found.endswith(".") and "\n" not in found
    assert dataset.usable() is None


def test_a_folder_that_cannot_be_listed_is_a_fault_too(install: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, scan = install(no_fault), os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == folder:
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "can't be opened" in str(dataset.fault())


def test_a_table_that_was_mended_is_read_again(install: Callable) -> None:
    folder = install(no_fault)
    table = folder / CSV
    whole = table.read_bytes()
    table.write_bytes(b"")
    assert dataset.fault()
    table.write_bytes(whole)
    assert dataset.usable() and not dataset.fault()


def controls(page: AppTest) -> Counter[str]:
    """What a visitor can see and use, by kind."""
    found = Counter(element.type for element in page.main if element.type in CONTROLS)
    return found + Counter({"image": len(images(page))})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_all_that_it_has_without_a_dataset(
    name: str, install: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, query = PAGES[name]
    with monkeypatch.context() as absent:
        absent.delenv("HAM10000_DIR", raising=False)
        for module in ("core.data.metadata", "dashboard.caches.dataset"):
            absent.setattr(f"{module}.data_dir", lambda: Path("/nowhere"))
        without = visit(script, **query)
    install(empty_table)
    page = visit(script, **query)
    assert without.main and not controls(without) - controls(page)
    faults = [error.value for error in page.error]
    assert all(CSV in fault for fault in faults)
    assert faults or name == "leaderboard"  # which has counts and predictions of its own


@pytest.mark.parametrize("name", PAGES)
def test_damaged_images_are_named_and_cost_no_page(name: str, install: Callable) -> None:
    install(cut_images)
    script, query = PAGES[name]
    page = visit(script, **query)
    assert "Something went wrong" not in text_of(page)
    assert controls(page).total()


def test_one_damaged_image_is_named_beside_those_that_are_whole(install: Callable) -> None:
    folder = install(no_fault)
    damaged = min(folder.rglob("*.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:99])
    page = visit("app_pages/metadata_eda", show="Images")
    assert len(page.error) == 1 and damaged.stem in page.error[0].value
    assert len(images(page)) > 1
