"""Files are those of the card, parts are of the present files, members are those that an ensemble was made of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UserError
from core.store.card import read_card
from core.store.export_facts import Export
from core.store.fitted_facts import Calibration
from core.store.provenance import check_file, check_members, current, matches, predictor, stored_file
from core.store.stored import MadeFrom, Member, StoredFile
from tests.cards import PARITY, small_card

WriteModel = Callable[..., Path]


def test_files_are_checked_by_hash(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"some model")
    stored = stored_file(path)
    assert check_file(tmp_path, stored) == path
    path.write_bytes(b"some modem")
    with pytest.raises(UserError, match=rf"{tmp_path.name}/x\.npz is not the file"):
        check_file(tmp_path, stored)
    path.unlink()
    with pytest.raises(UserError, match=rf"{tmp_path.name}/x\.npz is missing"):
        check_file(tmp_path, stored)


@pytest.mark.parametrize("name", ["../x.npz", "/x.npz", "a/x.npz", "..", ".", "", "C:x", "a\\x"])
def test_a_stored_file_lies_in_the_models_folder(name: str) -> None:
    with pytest.raises(ValueError, match="is not a plain file name"):
        StoredFile(name, "0", 1)


def test_only_what_was_fitted_for_the_present_export_is_current() -> None:
    card = small_card("m", export=Export(StoredFile("model.tflite", "a", 1), "float16", PARITY))
    fitted = Calibration(MadeFrom(export="a"), 1.0, {}, {})
    assert current(card, fitted) is fitted
    assert current(card, replace(fitted, made_from=MadeFrom(export="b"))) is None
    assert current(card, replace(fitted, made_from=MadeFrom())) is None
    assert current(small_card("m"), fitted) is None
    assert current(card, None) is None


def test_every_recorded_file_counts() -> None:
    predictions, weights = StoredFile("predictions.csv", "p", 1), StoredFile("weights.npz", "w", 1)
    card = small_card("m", predictions=predictions, weights=weights)
    assert matches(MadeFrom(predictions="p"), card) and matches(MadeFrom("w", "p"), card)
    assert not matches(MadeFrom("w", "other"), card)
    assert not matches(MadeFrom("w", "p", "an export"), card)


def test_an_export_predicts_and_an_ensembles_members_do() -> None:
    files = {"predictions": StoredFile("predictions.csv", "p", 1)}
    alone = small_card("m", export=Export(StoredFile("model.tflite", "e", 1), "float16", PARITY), **files)
    assert predictor(alone) == MadeFrom(export="e")
    assert predictor(small_card("m", members=(Member("a"), Member("b")), **files)) == MadeFrom(predictions="p")
    assert not matches(predictor(small_card("m", **files)), small_card("m", **files))  # it can't predict new images


def test_members_are_those_that_the_ensemble_was_made_of(write_model: WriteModel) -> None:
    folder, member = write_model("whole"), write_model("member")
    files = read_card(member).files

    def whole(made_from: MadeFrom, name: str = "member") -> list[Path]:
        return check_members(folder, small_card("whole", members=(Member(name, made_from),)))

    for made_from in (MadeFrom(), MadeFrom(weights=files.weights), MadeFrom(predictions=files.predictions)):
        assert whole(made_from) == [member]
    for made_from in (MadeFrom(weights="0"), MadeFrom(predictions="0")):
        with pytest.raises(UserError, match=r"^whole/card\.json: its member member has been trained again"):
            whole(made_from)
    with pytest.raises(UserError, match="its member gone is missing"):
        whole(MadeFrom(), "../gone")
    assert check_members(folder, small_card("whole")) == []
