"""The grid's two tables against draws made by hand; those of a real run are in test_grid.py."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.lab.grid import GRID, PROTOCOLS_TABLE
from core.lab.grid_parts import GridKey, Parts
from core.lab.measures import MEASURES, estimate
from core.lab.tables import PROTOCOLS_SCHEMA, grid_table, protocol_table, read_table, write_tables
from core.stats import interval


def draws(seed: int, value: float) -> np.ndarray:
    """Of every measure: the figure, by measure a little more, and 40 draws around it."""
    rng = np.random.default_rng(seed)
    middle = value + 0.01 * np.arange(len(MEASURES))[:, None]
    return np.hstack([middle, middle + 0.05 * rng.normal(size=(len(MEASURES), 40))]).astype(np.float32)


@pytest.fixture
def parts() -> Parts:
    rows = [
        ("right", "none", "mlp", 0, "own", 0.4), ("right", "none", "mlp", 1, "own", 0.5),
        ("right", "smote", "mlp", 0, "own", 0.5), ("right", "smote", "mlp", 1, "own", 0.7),
        ("image_split", "smote", "knn", 0, "own", 0.6),
        ("before_split", "none", "knn", 0, "inflated", 0.8), ("before_split", "none", "knn", 0, "honest", 0.5),
        ("before_split", "none", "knn", 1, "inflated", 0.7), ("before_split", "none", "knn", 1, "honest", 0.5),
        ("dx_type", "none", "knn", 0, "inflated", 0.7),  # its honest half has not run
    ]  # fmt: skip
    return {GridKey(*key): draws(i, value) for i, (*key, value) in enumerate(rows)}


def test_the_grid_is_the_mean_over_seeds_with_its_spread(parts: Parts) -> None:
    table = grid_table(parts).set_index(["split_scheme", "strategy", "classifier"])
    assert set(table.index) == {("lesion", "none", "mlp"), ("lesion", "smote", "mlp"), ("image", "smote", "knn")}
    row = table.loc[("lesion", "smote", "mlp")]
    assert row["seeds"] == 2 and table.loc[("image", "smote", "knn"), "seeds"] == 1
    both = (
        parts[GridKey("right", "smote", "mlp", 0, "own")].astype(float)
        + parts[GridKey("right", "smote", "mlp", 1, "own")]
    ) / 2
    before = (
        parts[GridKey("right", "none", "mlp", 0, "own")].astype(float)
        + parts[GridKey("right", "none", "mlp", 1, "own")]
    ) / 2
    for i, measure in enumerate(MEASURES):
        assert row[[measure, f"{measure}_low", f"{measure}_high"]].tolist() == pytest.approx(
            astuple(estimate(both[i])), abs=1e-4
        )
        assert row[f"{measure}_spread"] == pytest.approx(0.1, abs=1e-4)  # half of 0.7 - 0.5
        gap = both[i] - before[i]
        assert row[[f"{measure}_gap", f"{measure}_gap_low", f"{measure}_gap_high"]].tolist() == pytest.approx(
            [gap[0], *interval(gap[1:])], abs=1e-4
        )


def test_a_gap_is_empty_where_there_is_nothing_to_compare_with(parts: Parts) -> None:
    table = grid_table(parts).set_index(["strategy", "classifier"])
    gaps = table[[f"{measure}_gap{end}" for measure in MEASURES for end in ("", "_low", "_high")]]
    assert gaps.loc[("smote", "knn")].isna().all()
    none = gaps.loc[("none", "mlp")]
    assert (none[[f"{measure}_gap" for measure in MEASURES]] == 0).all()
    assert none.isna().sum() == 2 * len(MEASURES)


def test_a_wrong_protocol_is_compared_with_its_honest_counterpart(parts: Parts) -> None:
    table = protocol_table(parts)
    assert table.columns.tolist() == list(PROTOCOLS_SCHEMA)
    assert set(table["protocol"]) == {"before_split"}
    assert table["measure"].tolist() == list(MEASURES)
    names = table[["strategy", "classifier", "seeds"]].drop_duplicates().to_numpy().tolist()
    assert names == [["none", "knn", 2]]
    inflated, honest = (
        (
            parts[GridKey("before_split", "none", "knn", 0, which)].astype(float)
            + parts[GridKey("before_split", "none", "knn", 1, which)]
        )
        / 2
        for which in ("inflated", "honest")
    )
    for i, row in enumerate(table.itertuples()):
        assert (row.inflated, row.honest, row.gap) == pytest.approx((0.75 + i / 100, 0.5 + i / 100, 0.25), abs=1e-4)
        assert (row.low, row.high) == pytest.approx(interval((inflated[i] - honest[i])[1:]), abs=1e-4)


def test_a_pair_is_found_behind_a_half_that_has_not_run(parts: Parts) -> None:
    late = {
        key._replace(protocol="a_dx_type"): value for key, value in parts.items() if key.protocol == "dx_type"
    }  # sorts first
    assert len(protocol_table(late | parts)) == len(protocol_table(parts)) == len(MEASURES)
    assert len(grid_table({GridKey("aaa", "none", "knn", 0, "honest"): draws(0, 0.5)} | parts)) == len(
        grid_table(parts)
    )


def test_tables_are_read_as_they_were_written(parts: Parts, tmp_path: Path) -> None:
    write_tables(parts, tmp_path)
    for name, table in ((GRID, grid_table(parts)), (PROTOCOLS_TABLE, protocol_table(parts))):
        again = read_table(name, tmp_path)
        assert again.columns.tolist() == table.columns.tolist()
        assert again.astype(str).equals(table.astype(str))  # "none" is a name, an empty figure is none
        text = (tmp_path / name).read_text().splitlines()
        assert len(text) == 1 + len(table)
        assert max(len(figure.partition(".")[2]) for line in text for figure in line.split(",")) == 4  # decimals


@pytest.mark.parametrize("name", [GRID, PROTOCOLS_TABLE])
def test_a_table_with_a_strange_name_or_figure_in_any_column_is_damaged(
    parts: Parts, tmp_path: Path, name: str
) -> None:
    write_tables(parts, tmp_path)
    whole = read_table(name, tmp_path).astype(object)
    for column in whole.columns:
        for damaged in ("nonsense", ""):
            table = whole.copy()
            table.loc[1, column] = damaged
            table.to_csv(tmp_path / name, index=False)
            if damaged or not column.endswith(("_gap", "low", "high", "full", "size")):  # only these may be empty
                with pytest.raises(
                    UserError,
                    match=rf"^{tmp_path.name}/{name} is damaged: column {column} .*; fetch it again or run `python",
                ):
                    read_table(name, tmp_path)
            else:
                assert len(read_table(name, tmp_path)) == len(whole)
