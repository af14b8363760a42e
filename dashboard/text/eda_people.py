"""Age and sex on the metadata page, in words. `unit` is what is counted: "images" or "lesions"."""

import pandas as pd

from core.labels import MALIGNANT
from core.weighted import quantiles
from dashboard.text.format import count, percent
from dashboard.text.phrases import PLURALS


def no_ages_sentence(unit: str) -> str:
    """Say that no age is known."""
    return f"No age is known for the {unit} shown."


def no_pyramid_sentence(unit: str) -> str:
    """Say that age and sex are never both known."""
    return f"Age and sex are not both known for any of the {unit} shown."


def ages_sentence(n: pd.Series, total: float, unit: str) -> str:
    """Give the median age and the middle half.

    Args:
        n: Counts by age.
        total: Counted with and without an age.
        unit: What is counted.
    """
    low, middle, high = quantiles(n.index.to_series(index=n.index), n, 0.25, 0.5, 0.75)
    missing = total - n.sum()
    text = (
        f"All {unit} with a known age are from people aged **{middle:g}**"
        if len(n) == 1
        else f"Half of the {unit} shown are from people aged {low:g} to {high:g} (median **{middle:g}**)"
    )
    if not missing:
        return f"{text}."
    return f"{text}; {count(missing, unit)} ({percent(missing, total)}) {'has' if missing == 1 else 'have'} no age."


def sexes_sentence(n: pd.Series, unit: str) -> str:
    """Compare men and women.

    Args:
        n: Counts by sex.
        unit: What is counted.
    """
    known = n.drop("unknown", errors="ignore")
    if known.empty:
        return f"The sex is unknown for all {count(n.sum(), unit)} shown."
    men, women = (percent(known.get(sex, 0), known.sum()) for sex in ("male", "female"))
    missing = n.get("unknown", 0)
    unknown = f"; it is unknown for {count(missing, unit)}" if missing else ""
    return f"Where the sex is known, {men} of the {unit} shown are from men and {women} from women{unknown}."


def dx_by_sex_sentence(table: pd.DataFrame, unit: str) -> str:
    """Name the diagnoses with the largest and the smallest share of men.

    Args:
        table: Counts by sex and dx.
        unit: What is counted.
    """
    male = table.loc[["male"]].iloc[0] if "male" in table.index else 0 * table.iloc[0]
    known = table.drop("unknown", errors="ignore").sum()
    share = (male / known.where(known > 0)).dropna().sort_values()
    if len(share) < 2 or share.iloc[0] == share.iloc[-1]:
        return f"The sex is known for {known.sum():,} of the {unit} shown."
    low, high = share.index[0], share.index[-1]
    return (
        f"{percent(male[high], known[high])} of the {PLURALS[high]} but only {percent(male[low], known[low])} of the "
        f"{PLURALS[low]} are from men ({unit} with a known sex)."
    )


def dx_by_age_sentence(table: pd.DataFrame, unit: str) -> str:
    """Name the age groups with the largest and the smallest share of malignant diagnoses.

    Args:
        table: Counts by age group and dx.
        unit: What is counted.
    """
    bad = table[[dx for dx in MALIGNANT if dx in table]].sum(axis=1)
    whole = table.sum(axis=1)
    peak, trough = str((bad / whole).idxmax()), str((bad / whole).idxmin())
    text = (
        f"Cancers and precancers ({', '.join(MALIGNANT)}) make up {percent(bad[peak], whole[peak])} of the {unit} from "
        f"people aged {peak}"
    )
    return f"{text} and {percent(bad[trough], whole[trough])} at age {trough}." if peak != trough else f"{text}."


def age_by_dx_sentence(boxes: pd.DataFrame) -> str:
    """Name the diagnoses with the highest and the lowest median age.

    Args:
        boxes: Columns dx and median.
    """
    ranked = boxes.sort_values("median")
    young, old = ranked.iloc[0], ranked.iloc[-1]
    text = f"The median age is {old['median']:g} for {PLURALS[old['dx']]}"
    return f"{text} and {young['median']:g} for {PLURALS[young['dx']]}." if len(boxes) > 1 else f"{text}."


def pyramids_sentence(known: pd.DataFrame, unit: str) -> str:
    """Explain the pyramids, and compare the median age of women and men.

    Args:
        known: Counts of those with a known age and sex.
        unit: What is counted.
    """
    text = f"Women are on the left (paler), men on the right; bars are shares of each diagnosis's {unit}"
    middle = {sex: quantiles(part["age"], part[unit], 0.5)[0] for sex, part in known.groupby("sex")}
    if len(middle) < 2:
        return f"{text}."
    return f"{text}; the median age is {middle['female']:g} for women and {middle['male']:g} for men."
