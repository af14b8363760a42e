"""The metadata page's charts in words: imbalance, lesions and images, how diagnoses were confirmed, body sites.

`unit` is what is counted: "images" or "lesions".
"""

import pandas as pd

from core.labels import DX
from dashboard.text.format import count, percent
from dashboard.text.phrases import CONFIRMED, PLURALS, inside, listed


def imbalance_sentence(n: pd.Series, unit: str) -> str:
    """Say how many of the most common diagnosis there are for each one of the rarest.

    Args:
        n: Counts by dx, ascending.
        unit: What is counted.
    """
    most, least, total = n.index[-1], n.index[0], n.sum()
    if len(n) == 1:
        return f"Only {PLURALS[most]} are shown: {count(total, unit)}."
    if n.iloc[-1] == n.iloc[0]:
        return f"No imbalance: each of the {len(n)} diagnoses shown has {count(n.iloc[0], unit)}."
    ratio = n.iloc[-1] / n.iloc[0]
    return (
        f"**{ratio:,.{1 if ratio < 10 else 0}f} times as many {unit} of {PLURALS[most]} as of {PLURALS[least]}**: "
        f"{PLURALS[most]} make up {percent(n.iloc[-1], total)} of the {count(total, unit)} shown, {PLURALS[least]} "
        f"{percent(n.iloc[0], total)}."
    )


def ratio_sentence(n: pd.Series, unit: str) -> str:
    """Say how accurate a model is that always predicts the most common diagnosis.

    Args:
        n: Counts by dx, descending.
        unit: What is counted.
    """
    if len(n) == 1:
        return "Only one diagnosis is shown, so there is no imbalance."
    return (
        f"A model that always predicts “{inside(str(n.index[0]))}” is right for {percent(n.max(), n.sum())} of the "
        f"{unit} shown but finds only one of the {len(n)} diagnoses, so accuracy alone says little."
    )


def images_per_lesion_sentence(n: pd.DataFrame, known: pd.DataFrame) -> str:
    """Compare images per lesion between diagnoses.

    Args:
        n: Columns images and lesions, one row per diagnosis.
        known: Columns dx and images_per_lesion, ascending, of the diagnoses that have lesions.
    """
    text = f"Shown: {count(n['images'].sum())} of {count(n['lesions'].sum(), 'lesions')}"
    if len(known) < 2:
        return f"{text}."
    low, high = known.iloc[0], known.iloc[-1]
    return (
        f"{text}, with {high['images_per_lesion']:.2f} images per lesion for {PLURALS[high['dx']]} and "
        f"{low['images_per_lesion']:.2f} for {PLURALS[low['dx']]}."
    )


def several_images_sentence(view: pd.DataFrame) -> str:
    """Say how many lesions have several images, and what that means for a split by image."""
    many = view[view["images_per_lesion"] > 1]
    if not many["lesions"].sum():
        return "No lesion shown has several images."
    return (
        f"{many['lesions'].sum():,} of {count(view['lesions'].sum(), 'lesions')} have several images; these "
        f"make up {many['images'].sum():,} of the {count(view['images'].sum())} shown. A split by image therefore puts "
        "images of one lesion in both train and test."
    )


def confirmed_sentence(table: pd.DataFrame, unit: str) -> str:
    """Say how many diagnoses histopathology confirmed, and which other method reveals the diagnosis.

    Args:
        table: Counts by dx and dx_type.
        unit: What is counted.
    """
    histo = table.get("histo", pd.Series(0, index=table.index))
    proven = [PLURALS[dx] for dx in DX if dx in table.index and histo[dx] == table.loc[dx].sum()]
    text = f"Histopathology confirmed {percent(histo.sum(), table.to_numpy().sum())} of the {unit} shown"
    if 0 < len(proven) < len(table):
        text += f", including all {listed(proven)}"
    alone = [kind for kind in table if kind != "histo" and (table[kind] > 0).sum() == 1 and len(table) > 1]
    if not alone:
        return f"{text}."
    only = listed([f"{CONFIRMED[str(kind)]} only occurs for {PLURALS[str(table[kind].idxmax())]}" for kind in alone])
    return f"{text}. How a diagnosis was confirmed can reveal it: {only}."


def body_sentence(n: pd.Series, unit: str) -> str:
    """Name the most frequent body site.

    Args:
        n: Counts by site, "unknown" among them.
        unit: What is counted.
    """
    known = n.drop("unknown")
    if known.sum() == 0:
        return no_site_sentence(unit)
    return (
        f"The most frequent site is the **{known.idxmax()}**: {known.max():,} of {known.sum():,} {unit} with a known "
        f"site ({percent(known.max(), known.sum())}). Stronger blue means more (square-root scale); “trunk” can be "
        "chest, abdomen or back."
    )


def no_site_sentence(unit: str) -> str:
    """Say that no body site is known."""
    return f"No body site is known for the {unit} shown."


def sites_sentence(n: pd.Series, unit: str) -> str:
    """Count the unknown sites and the three most frequent ones.

    Args:
        n: Counts by site, ascending.
        unit: What is counted.
    """
    top = n.drop("unknown", errors="ignore")[::-1][:3]
    missing = n.get("unknown", 0)
    text = f"The body site is unknown for {missing:,} of {count(n.sum(), unit)}"
    if len(top) == 3:
        text += f"; {listed(list(top.index))} together make up {percent(top.sum(), n.sum())}"
    return f"{text}."


def site_by_dx_sentence(table: pd.DataFrame, share: pd.DataFrame, unit: str) -> str:
    """Name the diagnosis and site that go together most often.

    Args:
        table: Counts by site and dx.
        share: The same as shares of each diagnosis.
        unit: What is counted.
    """
    known = share.drop("unknown", errors="ignore")
    if known.empty:
        return no_site_sentence(unit)
    dx = str(known.max().idxmax())
    site = str(known[dx].idxmax())
    return (
        f"Shaded by share of each diagnosis. The strongest link is between {PLURALS[dx]} and the {site}: "
        f"{table[dx][site]:,} of {count(table[dx].sum(), unit)} ({percent(known[dx].max())})."
    )
