"""Tables of predictions from elsewhere: understood and noted, or refused with the rows named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.evaluation import prediction_table
from core.evaluation.prediction_table import parse_prediction_table, read_prediction_table
from core.labels import DX, ISIC, NAMES

ISIC_ORDER = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
IMAGES = [f"ISIC_000000{i}" for i in range(6)]


@pytest.fixture
def probabilities() -> pd.DataFrame:
    """Six images in the ISIC challenge's format."""
    values = np.random.default_rng(0).dirichlet(np.ones(7), 6).round(5)
    return pd.DataFrame(values, columns=list(ISIC_ORDER)).assign(image=IMAGES)[["image", *ISIC_ORDER]]


def parse(table: pd.DataFrame, **options: str) -> prediction_table.PredictionTable:
    return parse_prediction_table(table.to_csv(index=False, **options).encode(), "a.csv")  # type: ignore[call-overload]


def expected(table: pd.DataFrame) -> np.ndarray:
    columns = {dx: code for code, dx in ISIC.items()}
    return table[[columns[dx] for dx in DX]].to_numpy()


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table,
        lambda table: table.rename(columns=str.lower),
        lambda table: table.rename(columns={"image": "image_id"}),
        lambda table: table.rename(columns={code: NAMES[dx] for code, dx in ISIC.items()}),
        lambda table: table[table.columns[::-1]],
        lambda table: table.assign(dx="nv", split="test", doubt=""),
    ],
    ids=["isic", "small letters", "image_id", "names", "other order", "more columns"],
)
def test_columns_are_found_by_name(probabilities: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    found = parse(change(probabilities))
    assert found.image_id.tolist() == IMAGES and not found.labels_only and found.notes == ()
    np.testing.assert_array_equal(found.probabilities, expected(probabilities))
    assert found.row.tolist() == [2, 3, 4, 5, 6, 7]


def test_spreadsheets_with_decimal_commas_are_read(probabilities: pd.DataFrame) -> None:
    found = parse(probabilities, sep=";", decimal=",")
    np.testing.assert_array_equal(found.probabilities, expected(probabilities))


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda values: values * 100, "percentages"),
        (np.log, "logits"),
        (lambda values: np.log(values) + 3, "logits"),
        (lambda values: values.round(2), r"rows summed to .* as after rounding"),
    ],
    ids=["percent", "log probabilities", "logits", "rounded"],
)
def test_other_scales_are_understood_and_noted(
    probabilities: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], note: str
) -> None:
    values = probabilities[list(ISIC_ORDER)]
    found = parse(probabilities.assign(**change(values).to_dict("series")))
    np.testing.assert_allclose(found.probabilities, expected(probabilities), atol=0.02)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-4)
    assert len(found.notes) == 1
    with pytest.raises(AssertionError, match=note):
        raise AssertionError(found.notes[0])


def test_folders_and_endings_of_image_ids_go(probabilities: pd.DataFrame) -> None:
    found = parse(probabilities.assign(image=[f"test\\a/{each}.JPG" for each in IMAGES]))
    assert found.image_id.tolist() == IMAGES and "endings such as .jpg" in found.notes[0]


@pytest.mark.parametrize("labels", [DX, [dx.upper() for dx in DX], list(NAMES.values())], ids=["dx", "ISIC", "names"])
@pytest.mark.parametrize("column", ["label", "Predicted", "dx", "class"])
def test_labels_are_read_in_words_and_codes(labels: list[str], column: str) -> None:
    found = parse(pd.DataFrame({"image": list("abcdefg"), column: labels}))
    assert found.labels_only and found.probabilities.argmax(axis=1).tolist() == list(range(7))


def test_a_row_of_one_1_is_a_label(probabilities: pd.DataFrame) -> None:
    found = parse(probabilities.assign(**dict.fromkeys(ISIC_ORDER, 0)).assign(BKL=1.0))
    assert found.labels_only and "labels, not probabilities" in found.notes[0]
    assert set(found.probabilities.argmax(axis=1)) == {DX.index("bkl")}


def test_rounding_just_outside_0_to_1_is_no_fault(probabilities: pd.DataFrame) -> None:
    sure = probabilities.assign(**dict.fromkeys(ISIC_ORDER, -1e-9)).assign(BKL=[1.0000001, *[0.999999] * 5])
    found = parse(sure).probabilities
    assert found.min() == 0 and found.max() == 1


def test_lesions_are_kept(probabilities: pd.DataFrame) -> None:
    assert parse(probabilities).lesion is None
    found = parse(probabilities.assign(lesion_id=list("aabbcc"))).lesion
    assert found is not None and found.tolist() == list("aabbcc")
    own = parse(probabilities.assign(lesion_id=[*"aabb", None, None])).lesion
    assert own is not None and len(set(own)) == 4


def test_the_parts_of_a_split_are_no_lesions(probabilities: pd.DataFrame) -> None:
    split = probabilities.assign(lesion=["test"] * 5 + ["train"])
    assert parse(split).lesion is None
    found = parse(split.assign(group=[1, 1, 2, 2, 3, 3])).lesion
    assert found is not None and found.tolist() == list("112233")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(MEL=[0.1] * 5 + ["x"]), r"isn't a number, in row 7 \(ISIC_0000005\)"),
        (lambda t: t.assign(MEL=[None] + [0.1] * 5), r"an empty cell.* in row 2 \(ISIC_0000000\)"),
        (lambda t: t.assign(MEL=[np.inf] + [0.1] * 5), r"isn't a number, in row 2"),
        (lambda t: t.assign(MEL=[*t["MEL"][:5], -0.1]), r"a probability outside 0 to 1 in row 7"),
        (lambda t: t.assign(MEL=[*t["MEL"][:5], 0.99]), r"sum to 1\.\d+, not 1, in row 7 \(ISIC_0000005\)\. If your"),
        (
            lambda t: t.assign(**t[list(ISIC_ORDER)].mul([100] * 5 + [90], axis=0).to_dict("series")),
            r"percentages that don't sum to 100 in row 7 \(ISIC_0000005\)\.$",
        ),
        (lambda t: t.assign(**dict.fromkeys(ISIC_ORDER, 0.0)), r"sum to 0, not 1, in row 2"),
        (lambda t: t.assign(image=[*IMAGES[:5], IMAGES[0]]), r"more than once: row 2 \(ISIC_0000000\), row 7 "),
        (lambda t: t.assign(image=[*IMAGES[:5], IMAGES[0].lower()]), r"more than once: row 2 .*, row 7 "),
        (lambda t: t[["image"]].assign(label="nv", predicted="mel"), "has the columns label and predicted; leave only"),
        (lambda t: t.assign(image=[None, *IMAGES[1:]]), "no image id in row 2"),
        (lambda t: t.drop(columns="image"), r"no column with the image ids; name it image\. Found mel"),
        (lambda t: t.drop(columns=["MEL", "DF"]), "lacks the columns DF, MEL; a diagnosis"),
        (lambda t: t[["image"]].assign(score=1), "needs a column for each of AKIEC, .*, or one named label"),
        (lambda t: t[["image"]].assign(label=3), r"a number as label, .* row 2 .* and 1 more; write akiec"),
        (lambda t: t[["image"]].assign(label="wart"), r"an unknown label, in row 2"),
        (lambda t: t[["image"]].assign(label=["nv", None] * 3), r"an unknown label, in row 3"),
    ],
)
def test_rows_that_make_no_sense_are_named(
    probabilities: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    with pytest.raises(UserError, match=rf"^a\.csv.*{message}"):
        parse(change(probabilities))


def test_no_table_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="an Excel workbook"):
        parse_prediction_table(b"PK\x03\x04" + bytes(99), "a.csv")
    with pytest.raises(UserError, match=r"^b\.csv can't be read: No such file"):
        read_prediction_table(tmp_path / "b.csv")
    with pytest.raises(UserError, match=r"can't be read: Is a directory"):
        read_prediction_table(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as stream:
        stream.truncate(100 * 2**20)  # sparse: takes no disk
    with pytest.raises(UserError, match=r"^huge\.csv is larger than 20 MB"):
        read_prediction_table(tmp_path / "huge.csv")
    with pytest.raises(UserError, match="larger than 20 MB"):
        parse_prediction_table(bytes(prediction_table.MAX_BYTES + 1), "a.csv")


def test_a_table_of_nothing_but_rows_is_refused_before_it_takes_memory() -> None:
    with pytest.raises(UserError, match=r"^a\.csv has more than 2,000,000 cells; leave out rows or columns"):
        parse_prediction_table(b"image,label\n" + b"\n" * 3_000_000, "a.csv")


@pytest.mark.parametrize(("column", "what"), [("image", "an image id"), ("lesion_id", "a lesion")])
def test_one_long_cell_is_refused_before_every_row_takes_as_much_memory(column: str, what: str) -> None:
    rows = pd.DataFrame({"image": [f"i{n}" for n in range(5)], "lesion_id": "l", "label": "nv"})
    rows.loc[3, column] = "x" * (prediction_table.LONGEST + 1)
    with pytest.raises(UserError, match=rf"^a\.csv has {what} of more than 200 characters in row 5\.$"):
        parse_prediction_table(rows.to_csv(index=False).encode(), "a.csv")
    rows.loc[3, column] = "x" * prediction_table.LONGEST
    assert len(parse_prediction_table(rows.to_csv(index=False).encode(), "a.csv").image_id) == 5
