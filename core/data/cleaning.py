"""Unknown metadata values: keep them, or apply any of the notebook's three imputations."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import shared_groups
from core.weighted import quantiles

UNKNOWN = "unknown"
READERS = {"all": "all training rows", "unknown": "training rows of unknown site"}


@dataclass(frozen=True)
class Cleaning:
    """Which imputations to apply; none by default.

    Attributes:
        age: Missing ages become the median age.
        sex: Unknown sex becomes the most frequent sex.
        localization: Unknown site becomes the most frequent site of the row's diagnosis. This leaks the label into a
            feature; see `imputation_leak`.
    """

    age: bool = False
    sex: bool = False
    localization: bool = False


@dataclass(frozen=True)
class Fill:
    """Values to impute.

    Attributes:
        age: Median age in years; NaN if no age is known.
        sex: Most frequent known sex; "unknown" if none is known.
        localization: Most frequent known site by diagnosis; omits diagnoses without a known site.
    """

    age: float
    sex: str
    localization: dict[str, str]


def fit_fill(table: pd.DataFrame) -> Fill:
    """Compute the values to impute; ties go to the alphabetically first value, as in `Series.mode()[0]`.

    Args:
        table: Columns dx, age, sex, localization; one row per image, or counts with a column `images`.
    """
    weight = _weight(table)
    sexes = weight[table["sex"] != UNKNOWN].groupby(table["sex"]).sum()
    known = table["localization"] != UNKNOWN
    sites = table[known].assign(n=weight).pivot_table(index="dx", columns="localization", values="n", aggfunc="sum")
    return Fill(
        age=quantiles(table["age"], weight, 0.5)[0],
        sex=str(sexes.idxmax()) if len(sexes) else UNKNOWN,
        localization={str(dx): str(site) for dx, site in sites.idxmax(axis=1).items()} if known.any() else {},
    )


def clean(table: pd.DataFrame, choice: Cleaning, fill: Fill | None = None) -> pd.DataFrame:
    """Apply the chosen imputations.

    Args:
        table: As for `fit_fill`.
        choice: What to impute.
        fill: Values computed elsewhere, e.g. from training rows; default: from `table` itself, as in the notebook.

    Returns:
        A new table; `table` is not changed.

    Example:
        >>> table = pd.DataFrame({"dx": ["nv"] * 3, "age": [30, 50, None], "sex": "female", "localization": "back"})
        >>> clean(table, Cleaning(age=True))["age"].tolist()
        [30.0, 50.0, 40.0]
    """
    fill = fill or fit_fill(table)
    out = table.copy()
    if choice.age:
        out["age"] = out["age"].fillna(fill.age)
    if choice.sex:
        out["sex"] = out["sex"].where(out["sex"] != UNKNOWN, fill.sex)
    if choice.localization:
        modal = out["dx"].map({dx: fill.localization.get(str(dx), UNKNOWN) for dx in out["dx"].unique()})
        out["localization"] = out["localization"].where(out["localization"] != UNKNOWN, modal)
    return out


def changes(table: pd.DataFrame, choice: Cleaning) -> pd.DataFrame:
    """List what `clean` would change.

    Returns:
        Columns column, dx ("any" if the value doesn't depend on the diagnosis), becomes, images; one row per
        imputed value.
    """
    fill, weight = fit_fill(table), _weight(table)
    rows: list[tuple[str, str, str, int]] = []
    if choice.age:
        rows.append(("age", "any", f"{fill.age:g}", int(weight[table["age"].isna()].sum())))
    if choice.sex:
        rows.append(("sex", "any", fill.sex, int(weight[table["sex"] == UNKNOWN].sum())))
    if choice.localization:
        unknown = weight[table["localization"] == UNKNOWN].groupby(table["dx"]).sum()
        sites = fill.localization
        rows += [("localization", str(dx), sites.get(str(dx), UNKNOWN), int(n)) for dx, n in unknown.items()]
    return pd.DataFrame(rows, columns=["column", "dx", "becomes", "images"])


def imputation_leak(metadata: pd.DataFrame, splits: pd.DataFrame, resamples: int = 2000) -> pd.DataFrame:
    """Measure how much an imputed site reveals about the diagnosis.

    A reader sees only the site of test rows whose site is unknown, and predicts the diagnosis that was most frequent
    for that site in training. The site is left unknown, imputed from the row's own diagnosis (as in the notebook), or
    imputed without using the diagnosis. Imputed values are computed from training rows. The reader has learned either
    from all training rows or only from those with an imputed site.

    Args:
        metadata: Columns image_id, dx, localization.
        splits: As `core.data.splits.load_splits` returns them; the lesion split is used.
        resamples: Number of bootstrap resamples by lesion.

    Returns:
        Columns site (kept / own_dx / all), reader (a key of `READERS`), rows, lesions, right, share, low, high
        (95% interval of the share), bits (mutual information of the shown site and the diagnosis on these rows)
        and bits_dx (entropy of the diagnosis, the maximum of bits).
    """
    table = metadata.set_index("image_id").join(splits[["group", "lesion"]], how="inner")
    fill = fit_fill(table[table["lesion"] == "train"]).localization
    anyone = fit_fill(table[table["lesion"] == "train"].assign(dx="any")).localization.get("any", UNKNOWN)
    unknown = table["localization"] == UNKNOWN
    asked = table[unknown & (table["lesion"] == "test")]
    rows = []
    for site, sites in (("kept", {}), ("own_dx", fill), ("all", dict.fromkeys(fill, anyone))):
        shown = clean(table, Cleaning(localization=True), Fill(float("nan"), UNKNOWN, sites))["localization"]
        for reader in READERS:
            lesson = (table["lesion"] == "train") & (unknown | (reader == "all"))
            guess = shown[asked.index].map(_most_frequent(shown[lesson], table.loc[lesson, "dx"]))
            right = (guess == asked["dx"]).to_numpy()
            share = _share(right, shared_groups(asked.index.to_numpy(str), asked["group"].to_numpy()), resamples)
            bits = _shared_bits(shown[asked.index], asked["dx"])
            rows.append((site, reader, len(asked), asked["group"].nunique(), right.sum(), *share, bits))
    leak = pd.DataFrame(rows, columns=["site", "reader", "rows", "lesions", "right", "share", "low", "high", "bits"])
    return leak.assign(bits_dx=_bits(asked["dx"]))


def _weight(table: pd.DataFrame) -> pd.Series:
    return table["images"] if "images" in table else pd.Series(1, index=table.index)


def _most_frequent(site: pd.Series, dx: pd.Series) -> dict[str, str]:
    return {str(s): str(d) for s, d in pd.crosstab(site, dx).idxmax(axis=1).items()} if len(site) else {}


def _share(right: NDArray[np.bool_], groups: NDArray[np.int64], resamples: int) -> tuple[float, float, float]:
    """Return a share and its 95% bootstrap interval, resampling whole lesions."""
    if not len(right):
        return float("nan"), float("nan"), float("nan")
    lesions = pd.DataFrame({"group": groups, "right": right}).groupby("group")["right"].agg(["sum", "size"]).to_numpy()
    drawn = lesions[np.random.default_rng(SEED).integers(0, len(lesions), (resamples, len(lesions)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(right.mean()), float(low), float(high)


def _bits(values: pd.Series) -> float:
    share = values.value_counts(normalize=True)
    return float(-(share * np.log2(share)).sum()) + 0.0


def _shared_bits(a: pd.Series, b: pd.Series) -> float:
    both = a.astype(str) + "|" + b.astype(str)
    return _bits(a) + _bits(b) - _bits(both) + 0.0
