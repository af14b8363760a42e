"""Cards: read, written, and refused in one sentence that names the file and the field."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import EXPERIMENTS, TRAINED_MODELS
from core.errors import UserError
from core.stats import UNDEFINED, Estimate
from core.store.card import card_text, read_card, write_card
from core.store.evaluation_facts import SyntheticScore
from core.store.export_facts import Export
from core.store.names import CARD
from core.store.stored import StoredFile
from tests.cards import PARITY, small_card

COMMITTED = [path.parent for root in (TRAINED_MODELS, EXPERIMENTS) for path in sorted(root.glob(f"*/{CARD}"))]


@pytest.fixture
def folder(write_model: Callable[..., Path]) -> Path:
    return write_model("some_model", evaluated=False)


def edit(folder: Path, **changes: Any) -> None:
    """Change keys of the file itself."""
    path = folder / CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda path: path.name)
def test_committed_cards_come_back_as_they_are(folder: Path) -> None:
    assert card_text(read_card(folder)) == (folder / CARD).read_text(encoding="utf-8")


def test_what_is_written_is_read_and_nothing_half_written_stays(folder: Path) -> None:
    card = replace(read_card(folder), synthetic_score=SyntheticScore(10, Estimate(0.5, 0.4, 0.6)))
    write_card(folder, card)
    assert read_card(folder) == card
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_card_is_checked_once_and_again_when_its_file_changes(folder: Path) -> None:
    first = read_card(folder)
    assert read_card(folder) is first
    found = (folder / CARD).stat()
    edit(folder, text="Another")
    os.utime(folder / CARD, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert read_card(folder).text == "Another", "by what is in it, not by when it was written"


def test_nan_becomes_null(folder: Path) -> None:
    write_card(folder, replace(read_card(folder), synthetic_score=SyntheticScore(10, UNDEFINED)))
    assert '"value": null' in (folder / CARD).read_text()
    found = read_card(folder).synthetic_score
    assert found and np.isnan(found.balanced_accuracy.value)


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '{"name": "x"}', "null", '{"schema": 2}', '{"schema": 3}'])
def test_a_damaged_card_is_one_line(content: str, folder: Path) -> None:
    (folder / CARD).write_text(content)
    with pytest.raises(UserError, match=r"^some_model/card\.json[ :][^\n]+\.$"):
        read_card(folder)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"parameters": "many"}, "parameters is not a whole number"),
        ({"parameter": 3}, "parameter is unknown"),
        ({"kind": "forest"}, "kind is not one of network, ensemble, baseline, experiment"),
        ({"input_size": [224]}, "input_size does not have 2 entries"),
        ({"weights": {"name": "weights.npz"}}, "weights.sha256 is missing"),
        ({"weights": {"name": "../x", "sha256": "0", "bytes": 1}}, "weights.name '../x' is not a plain file name"),
        ({"kind": "ensemble"}, "members is missing"),
        ({"training": {"seconds": 1, "seed": "x"}}, "training.seed is not a whole number"),
        ({"schema": 4}, "schema 4 is unknown, only 1 to 3 can be read"),
        ({"schema": 0}, "schema 0 is unknown"),
        ({"schema": "two"}, "schema 'two' is unknown"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change: dict[str, Any], problem: str, folder: Path) -> None:
    edit(folder, **change)
    with pytest.raises(UserError) as caught:
        read_card(folder)
    assert str(caught.value).startswith(f"some_model/card.json: {problem}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("counts", [{"nv": 3}, {}, dict.fromkeys("abcdefg", 1)])
def test_wrong_counts_are_named(counts: dict[str, int], folder: Path) -> None:
    edit(folder, data={"split_scheme": "lesion", "split_sha256": "0", "train_counts": counts})
    with pytest.raises(UserError, match=r"some_model/card\.json: data\.train_counts is not one count for each of"):
        read_card(folder)


def test_a_missing_card_and_another_models_card_are_named(folder: Path) -> None:
    edit(folder, name="other")
    with pytest.raises(UserError, match="card of 'other', not of 'some_model'"):
        read_card(folder)
    (folder / CARD).unlink()
    with pytest.raises(UserError, match=r"some_model/card\.json is missing"):
        read_card(folder)


def test_the_prior_is_the_class_share_of_training(folder: Path) -> None:
    prior = read_card(folder).prior
    assert prior[5] == pytest.approx(4693 / 7009)
    assert prior.sum() == pytest.approx(1)


def test_a_figure_is_undefined_where_it_was_not_evaluated(write_model: Callable[..., Path]) -> None:
    bare, whole = small_card("m"), read_card(write_model("m"))
    assert np.isnan(bare.figure("accuracy").value)
    assert np.isnan(whole.figure("nothing of the kind").value)
    assert whole.figure("accuracy", "validation") != whole.figure("accuracy")


def test_a_network_that_is_exported_has_weights() -> None:
    for kind in ("network", "baseline", "experiment"):
        assert small_card("m", kind=kind, weights=None).weights is None
    export = Export(StoredFile("model.tflite", "0", 1), "float16", PARITY)
    with pytest.raises(ValueError, match="weights is missing"):
        small_card("m", weights=None, export=export)
    assert small_card("m", kind="added", weights=None, export=export).export == export


def test_a_card_without_input_size_says_so() -> None:
    assert small_card("m", input_size=(64, 48)).require_input_size() == (64, 48)
    with pytest.raises(UserError, match=r"^m/card\.json: input_size is missing"):
        small_card("m").require_input_size()
