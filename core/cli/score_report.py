"""The scores of somebody's predictions, laid out for a terminal, as Markdown or as JSON."""

import json
import math
from typing import Any

import pandas as pd

from core.cli.score_tables import format_estimate
from core.evaluation.metrics import METRICS, POINTS
from core.evaluation.scoring import ScoringResult, has_metric
from core.labels import NAMES
from core.stats import DRAWS, Estimate

MEASURES = ("recall", "precision", "f1")
AREAS = {"auc": "AUC", "ap": "average precision"}
NO_PROBABILITIES = "needs probabilities"


def as_text(result: ScoringResult) -> str:
    """Lay the scores out for a terminal: totals, diagnoses at both operating points, curves, calibration."""
    tables = [(title, table.to_string()) for title, table in _tables(result)]
    return "\n".join([_head(result), *(f"\n{title}\n{table}" for title, table in tables), "", *_foot(result)])


def as_markdown(result: ScoringResult) -> str:
    """Lay the scores out as Markdown."""
    tables = [f"### {title}\n\n{_pipes(table)}" for title, table in _tables(result)]
    return "\n\n".join([f"## {_head(result)}", *tables, *_foot(result)])


def as_json(result: ScoringResult) -> str:
    """Return all scores as JSON; what is undefined is null."""
    plain: dict[str, Any] = {
        "predictions": result.name,
        "truth": result.truth,
        "images": len(result.scores.truth),
        "lesions": result.scores.lesions,
        "labels_only": result.labels_only,
        "notes": list(result.notes),
        "metrics": {name: _ends(each) for name, each in result.metrics.items()},
        "per_diagnosis": {point: _records(table) for point, table in result.per_diagnosis.items()},
        "areas": None if result.areas is None else _records(result.areas),
        "reliability": None if result.reliability is None else _records(result.reliability),
        "against": result.against,
        "differences": {name: _ends(each) for name, each in result.differences.items()},
    }
    return json.dumps(plain, indent=2, allow_nan=False)


def _head(result: ScoringResult) -> str:
    size = f"{len(result.scores.truth):,} images, {result.scores.lesions:,} lesions"
    return f"{result.name}, scored on {result.truth} ({size})"


def _tables(result: ScoringResult) -> list[tuple[str, pd.DataFrame]]:
    tables = [("All diagnoses", _totals(result))]
    for point, table in result.per_diagnosis.items():
        cells = pd.DataFrame({each: _estimates(table, each) for each in MEASURES})
        tables.append((f"By diagnosis, {POINTS[point]}", _by_diagnosis(table).join(cells)))
    if result.labels_only:  # both operating points choose the label
        tables = [tables[0], ("By diagnosis", tables[1][1])]
    if result.areas is not None:
        cells = pd.DataFrame({label: _estimates(result.areas, name) for name, label in AREAS.items()})
        tables.append(("One diagnosis against the rest", _by_diagnosis(result.areas).join(cells)))
    if result.reliability is not None:
        tables.append(("Calibration: confidence against accuracy", _bins(result.reliability)))
    return [(title, _named(table)) for title, table in tables]


def _totals(result: ScoringResult) -> pd.DataFrame:
    rows = {}
    for name, metric in METRICS.items():
        has = has_metric(metric, result.labels_only)
        row = {"score": format_estimate(result.metrics[name]) if has else NO_PROBABILITIES}
        if result.against:
            row[f"minus {result.against}"] = _signed(result.differences[name]) if has else ""
        rows[metric.label] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def _by_diagnosis(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"diagnosis": table["dx"].map(NAMES), "images": table["images"], "lesions": table["lesions"]})


def _bins(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "confidence from": table["start"].round(3),
            "to": table["end"].round(3),
            "images": table["images"],
            "mean confidence": table["confidence"].round(3),
            "accuracy": _estimates(table, "right"),
        }
    )


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Use the first column as row names."""
    return table if "score" in table.columns else table.set_index(table.columns[0])


def _estimates(table: pd.DataFrame, name: str) -> list[str]:
    ends = table[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
    return [format_estimate(Estimate(*row)) for row in ends]


def _signed(difference: Estimate) -> str:
    if math.isnan(difference.value):
        return "undefined"
    ends = "no interval" if math.isnan(difference.low) else f"{difference.low:+.3f}, {difference.high:+.3f}"
    return f"{difference.value:+.3f} [{ends}]"


def _foot(result: ScoringResult) -> list[str]:
    lines = [f"95% intervals from {DRAWS:,} resamples of lesions."]
    if result.against:
        lines.append("Differences are paired, on the same lesions; clear where the interval excludes 0.")
    return [*lines, *(f"Note: {note}" for note in result.notes)]


def _pipes(table: pd.DataFrame) -> str:
    header = [table.index.name or "", *table.columns]
    rows = [header, ["---"] * len(header), *([str(name), *map(str, row)] for name, *row in table.itertuples())]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows)


def _ends(each: Estimate) -> dict[str, float | None]:
    return {"value": _finite(each.value), "low": _finite(each.low), "high": _finite(each.high)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _finite(value) for key, value in row.items()} for row in table.to_dict("records")]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
