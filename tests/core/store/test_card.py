"""Cards: read, written, checked against the files that they describe."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import config
from core.errors import UserError
from core.labels import DX
from core.store.card import (
    check_file,
    check_members,
    class_prior,
    file_facts,
    model_folder,
    model_folders,
    read_card,
    read_history,
    write_card,
)

WriteModel = Callable[..., Path]


@pytest.fixture
def folder(write_model: WriteModel) -> Path:
    return write_model("some_model", evaluated=False)


def test_what_is_written_is_read_and_nan_becomes_null(folder: Path) -> None:
    card = read_card(folder) | {"figures": {"test": {"x": [float("nan"), 1.0]}}}
    write_card(folder, card)
    assert read_card(folder)["figures"] == {"test": {"x": [None, 1.0]}}
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '{"name": "x"}', "null"])
def test_a_damaged_card_is_one_line(content: str, folder: Path) -> None:
    (folder / "card.json").write_text(content)
    with pytest.raises(UserError, match=r"^some_model/card\.json [^\n]+\.$"):
        read_card(folder)


def test_a_missing_card_and_another_models_card_are_named(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"name": "other"}))
    with pytest.raises(UserError, match="card of 'other', not of 'some_model'"):
        read_card(folder)
    (folder / "card.json").unlink()
    with pytest.raises(UserError, match=r"some_model/card\.json is missing"):
        read_card(folder)


def test_files_are_checked_by_hash(folder: Path) -> None:
    card = read_card(folder)
    check_file(folder, card, "weights")
    (folder / "weights.npz").write_bytes(b"some_modem")
    with pytest.raises(UserError, match=r"some_model/weights\.npz is not the file"):
        check_file(folder, card, "weights")
    (folder / "weights.npz").unlink()
    with pytest.raises(UserError, match=r"some_model/weights\.npz is missing"):
        check_file(folder, card, "weights")
    with pytest.raises(UserError, match="weights names no file"):
        check_file(folder, card | {"weights": "weights.npz"}, "weights")


def test_a_card_cannot_point_outside_its_folder(folder: Path) -> None:
    outside = folder.parent / "outside.npz"
    outside.write_bytes(b"")
    with pytest.raises(UserError, match=r"some_model/outside\.npz is missing"):
        check_file(folder, {"weights": file_facts(outside) | {"file": "../outside.npz"}}, "weights")


def test_prior_is_the_class_share_of_training(folder: Path) -> None:
    prior = class_prior(read_card(folder))
    assert prior[5] == pytest.approx(4693 / 7009)
    assert prior.sum() == pytest.approx(1)


@pytest.mark.parametrize("counts", [None, {"nv": 3}, dict.fromkeys("abcdefg", 1), {}, dict.fromkeys((*DX, "scc"), 1)])
def test_wrong_counts_are_named(counts: object, folder: Path) -> None:
    with pytest.raises(UserError, match=r"some_model/card\.json: train_counts"):
        class_prior(read_card(folder) | {"train_counts": counts})


def test_folders_of_models_are_those_that_hold_a_models_file(folder: Path) -> None:
    root = config.TRAINED_MODELS
    (root / "embeddings").mkdir()
    (root / "embeddings" / "x.npz").write_bytes(b"")
    (root / "broken").mkdir()
    (root / "broken" / "weights.npz").write_bytes(b"")
    assert list(model_folders()) == ["broken", "some_model"]
    assert model_folder("some_model") == folder
    assert model_folders(root / "nowhere") == {}


def test_an_unknown_model_names_the_known(folder: Path) -> None:
    with pytest.raises(UserError, match="no trained model 'nope'; trained are some_model"):
        model_folder("nope")
    with pytest.raises(UserError, match="none is trained yet"):
        model_folder("nope", folder)


def test_infinity_is_no_figure(folder: Path) -> None:
    write_card(folder, read_card(folder) | {"x": np.inf})
    assert read_card(folder)["x"] is None


def test_history_is_read_epoch_by_epoch(folder: Path) -> None:
    table = read_history(folder)
    assert table["epoch"].tolist() == [0, 1, 2]
    assert table["phase"].tolist() == [0, 0, 1]
    assert table["val_balanced_accuracy"].tolist() == [0.3, 0.5, 0.6]


@pytest.mark.parametrize(
    "content", [None, "", "epoch,phase\n", "epoch,loss\n0,1\n", "epoch,phase\n0,x\n", "epoch,phase\n0,\n"]
)
def test_a_damaged_history_is_named(content: str | None, folder: Path) -> None:
    (folder / "history.csv").unlink()
    if content is not None:
        (folder / "history.csv").write_text(content)
    with pytest.raises(UserError, match=r"^some_model/history\.csv"):
        read_history(folder)


def test_only_baselines_ensembles_and_experiments_need_no_weights(folder: Path) -> None:
    card = {key: value for key, value in read_card(folder).items() if key != "weights"}
    write_card(folder, card)
    with pytest.raises(UserError, match=r"some_model/card\.json lacks weights"):
        read_card(folder)
    for extra in ({"kind": "baseline"}, {"kind": "ensemble"}, {"kind": "experiment"}, {"members": []}):
        write_card(folder, card | extra)
        assert read_card(folder) == card | extra
    write_card(folder, card | {"kind": "network"})
    with pytest.raises(UserError, match="lacks weights"):
        read_card(folder)


def test_members_are_those_that_the_ensemble_was_made_of(folder: Path, write_model: WriteModel) -> None:
    member = write_model("member")
    card = read_card(member)
    hashes = {"weights_sha256": card["weights"]["sha256"], "sha256": card["predictions"]["sha256"]}
    for key, value in hashes.items():
        assert check_members(folder, {"members": [{"name": "member", key: value}]}) == [member]
        with pytest.raises(UserError, match="its member member has been trained anew"):
            check_members(folder, {"members": [{"name": "member", key: "0"}]})
    assert check_members(folder, {}) == []
    with pytest.raises(UserError, match="its member gone is missing"):
        check_members(folder, {"members": [{"name": "../gone"}]})
    for wrong in ("member", ["member"], [{"sha256": "0"}]):
        with pytest.raises(UserError, match="members is not a list"):
            check_members(folder, {"members": wrong})
