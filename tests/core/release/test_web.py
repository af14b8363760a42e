"""The static page as files: which networks it offers, what its files name, and what a folder of it holds."""

import gzip
import json
import re
from pathlib import Path

import pytest

from core.config import ON_DEVICE, TRAINED_MODELS
from core.errors import UserError
from core.inference.model import read_export
from core.release import web
from core.store.card import read_card
from core.store.model_selection import validation_score


@pytest.fixture(scope="module")
def site() -> web.Site:
    return web.build_site(server_page=web.SERVER_PAGE)


def facts_of(site: web.Site) -> dict:
    return json.loads(site.files[f"page-{site.version}/site.json"]())


def test_the_first_network_needs_no_other_and_the_rest_come_best_first():
    first, *others = web.offered_networks()
    card = read_card(TRAINED_MODELS / first)
    assert web.check_of(TRAINED_MODELS / first, card) == first
    scores = [validation_score(read_card(TRAINED_MODELS / name)) for name in others]
    assert scores == sorted(scores, reverse=True) and len(others) < web.MOST


def test_without_an_exported_network_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("core.config.TRAINED_MODELS", tmp_path)
    with pytest.raises(UserError, match="No network is exported"):
        web.offered_networks()


def test_an_ensemble_is_refused_by_name():
    with pytest.raises(UserError, match="is an ensemble"):
        web.build_site(["efficientnet_lite_large_ensemble"])


def test_every_address_in_the_facts_is_a_file_and_graphs_are_whole(site):
    facts = facts_of(site)
    for name, network in facts["networks"].items():
        data = gzip.decompress(site.files[network["graph"]["url"]]())
        assert data == read_export(TRAINED_MODELS / name) and len(data) == network["graph"]["bytes"]
    assert {facts["runtime"]["script"], facts["runtime"]["wasm"]["url"]} <= set(site.files)


def test_the_index_and_every_module_name_only_files_that_there_are(site):
    index = site.files[web.INDEX]().decode()
    assert "{{" not in index
    named = re.findall(r'(?:href|src)="([^"#]+)"', index)
    assert set(named) - {web.SERVER_PAGE, "../"} <= set(site.files)
    for path, read in site.files.items():
        if path.startswith("page-") and path.endswith(".js"):
            for other in re.findall(r'from "\./([^"]+)"', read().decode()):
                assert f"page-{site.version}/{other}" in site.files, path


def test_the_worker_keeps_what_a_first_visit_needs_and_no_other_model(site):
    head = site.files[web.WORKER]().decode().splitlines()
    assert json.loads(head[0].split(" = ")[1].rstrip(";")) == site.version
    kept = json.loads(head[1].split(" = ")[1].rstrip(";"))
    assert tuple(kept) == site.first and set(kept) <= set(site.files)
    graphs = [path for path in kept if path.startswith("model-")]
    assert graphs == [facts_of(site)["networks"][site.default]["graph"]["url"]]


def test_a_changed_part_changes_the_version_and_no_models_address(site, tmp_path, monkeypatch):
    changed = tmp_path / "on_device"
    changed.mkdir()
    for path in ON_DEVICE.iterdir():
        if path.is_file():
            (changed / path.name).write_bytes(path.read_bytes() + (b"\n" if path.name == "text.js" else b""))
    monkeypatch.setattr(web, "ON_DEVICE", changed)
    other = web.build_site(server_page=web.SERVER_PAGE)
    assert other.version != site.version
    same = {path for path in site.files if path.startswith(("model-", "runtime-"))}
    assert same == {path for path in other.files if path.startswith(("model-", "runtime-"))}


def test_a_folder_for_a_static_host_holds_every_file_and_no_link_to_a_server(tmp_path):
    site = web.write_site(tmp_path / "page", ["efficientnet_lite0"])
    written = {path.relative_to(tmp_path / "page").as_posix() for path in (tmp_path / "page").rglob("*.*")}
    assert written == set(site.files)
    assert "classify" not in re.findall(r'<a href="([^"]*)"', (tmp_path / "page" / web.INDEX).read_text())


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Can't write"):
        web.write_site(tmp_path / "file", ["efficientnet_lite0"])


def test_the_policy_names_no_other_host():
    assert "http" not in web.POLICY and "*" not in web.POLICY and "'unsafe-inline'" not in web.POLICY
    assert "http" not in Path(ON_DEVICE / web.INDEX).read_text().replace("http-equiv", "")
