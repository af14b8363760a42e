"""What a card says of its exports, as a table; nothing where it is of other weights."""

from core.store.precisions import precisions_of

ROW = {"bytes": 2_000_000, "pictures": 9, "agreement": 0.99, "max_difference": 0.1, "max_cam_difference": 0.2}
ROW |= {"accuracy": 0.8, "accuracy_gap": [-0.01, -0.02, 0.0], "milliseconds": 7.0}


def test_one_row_a_precision_of_the_present_weights():
    found = {"pictures": 9, "weights_sha256": "a", "float32": ROW, "int8": ROW | {"bytes": 500_000}}
    table = precisions_of({"weights": {"sha256": "a"}, "precisions": found})
    assert table["precision"].tolist() == ["float32", "int8"]
    assert table["megabytes"].tolist() == [2.0, 0.5]
    assert table["accuracy_gap_low"].tolist() == [-0.02, -0.02]
    assert precisions_of({"weights": {"sha256": "b"}, "precisions": found}).empty
    same = found | {"float32": ROW | {"accuracy_gap": [0.0, None, None]}}
    assert precisions_of({"weights": {"sha256": "a"}, "precisions": same})["accuracy_gap_high"].isna().tolist() == [
        True,
        False,
    ]
    assert precisions_of({"weights": {"sha256": "b"}}).empty
