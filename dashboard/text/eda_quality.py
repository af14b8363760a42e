"""Unknown values, imputation and image sizes on the metadata page, in words."""

import pandas as pd

from core.config import SOURCE_SIZE
from dashboard.text.format import count, percent
from dashboard.text.phrases import PLURALS, listed

COLUMNS = {"age": "age", "sex": "sex", "localization": "body site"}
"""How a column is spoken of."""
NO_UNKNOWN_SITE = "No test row has an unknown site."
NO_SIZES = "None of the images shown is installed."


def unknown_sentence(table: pd.DataFrame, total: float, unit: str) -> str:
    """Name the value that is unknown most often.

    Args:
        table: Unknown values by dx, columns as in COLUMNS.
        total: Counted altogether.
        unit: "images" or "lesions".
    """
    sums = table.sum()
    if sums.sum() == 0:
        return f"Age, sex and body site are known for every one of the {unit} shown."
    worst = str(sums.idxmax())
    dx = str(table[worst].idxmax())
    others = listed([f"the {COLUMNS[str(name)]} for {n:,}" for name, n in sums.items() if name != worst])
    return (
        f"The {COLUMNS[worst]} is unknown most often: for {count(sums[worst], unit)} "
        f"({percent(sums[worst], total)}), {table[worst][dx]:,} of them {PLURALS[dx]}. Also missing: {others}."
    )


def leak_sentence(kept: pd.Series, own: pd.Series) -> str:
    """Say how often the body site alone reveals the diagnosis, before and after imputation.

    Args:
        kept: Row of `core.data.cleaning.imputation_leak` with the site left unknown.
        own: Row with the site filled in from the image's own diagnosis.
    """
    return (
        f"From the body site alone, a classifier gets **{own['right']:.0f} of {own['rows']:.0f}** test images right if "
        f"the site was filled in from their own diagnosis ({_interval(own)}), and {kept['right']:.0f} if it was left "
        f"unknown ({_interval(kept)})."
    )


def imputation_source(row: pd.Series) -> str:
    """Name the data behind `leak_sentence`: column rows counts images, lesions their lesions."""
    return (
        f"HAM10000, test split, by lesion, images with an unknown site: {count(row['rows'])} of "
        f"{count(row['lesions'], 'lesions')}; imputation and classifier fitted on training rows; 95% intervals from "
        "resamples of lesions"
    )


def _interval(row: pd.Series) -> str:
    low, high = percent(row["low"]).removesuffix("%"), percent(row["high"])
    return f"{percent(row['share'])}, 95% interval {low} to {high}"


def sizes_sentence(n: pd.Series, total: float, kinds: int, unit: str) -> str:
    """Name the most frequent image size.

    Args:
        n: Counts by (width, height), ascending.
        total: Counted altogether.
        kinds: Different sizes.
        unit: "images" or "lesions".
    """
    width, height = n.index[-1]
    which = ("The" if total == 1 else "All") if kinds == 1 else f"{percent(n.iloc[-1], total)} of the"
    verb = ("measures" if total == 1 else "measure") if unit == "images" else "have images of"
    text = f"{which} {count(total, unit)} {verb} **{width:.0f} x {height:.0f}** pixels (width x height)"
    if (height, width) == SOURCE_SIZE:
        return f"{text}, this project's working size; HAM10000 is published larger."
    return f"{text}."


def ratios_sentence(n: pd.Series, unit: str) -> str:
    """Say how many different aspect ratios there are.

    Args:
        n: Counts by height / width.
        unit: "images" or "lesions".
    """
    if len(n) == 1:
        return f"Every image is **{n.index[0]:.2f}** times as high as it is wide, so one input size fits all."
    return (
        f"{percent(n.max(), n.sum())} of the {unit} are {n.idxmax():.2f} times as high as wide; the others range from "
        f"{n.index.min():.2f} to {n.index.max():.2f}."
    )


def cleaned_sentence(changes: pd.DataFrame) -> str:
    """Say what the cleaning filled in.

    Args:
        changes: As `core.data.cleaning.changes` returns it; empty if nothing was chosen.
    """
    parts = []
    for column, rows in changes.groupby("column", sort=False):
        images = count(rows["images"].sum())
        if column == "localization":
            sites = ", ".join(f"{row.dx}: {row.becomes} {row.images:,}" for row in rows.itertuples())
            parts.append(f"the body site of {images}, from their own diagnosis ({sites})")
        else:
            parts.append(f"the {column} of {images} ({rows['becomes'].iloc[0]})")
    if not parts:
        return "Nothing is filled in: unknown stays unknown."
    return f"Filled in before counting: {'; '.join(parts)}."
