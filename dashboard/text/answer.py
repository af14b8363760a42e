"""A model's answer for one picture, in words."""

import math

import pandas as pd

from core.labels import NAMES
from core.stats import DRAWS
from dashboard.text import phrases
from dashboard.text.phrases import PLURALS, amount

INTERVAL = "95% interval"


def percent(part: float, whole: float) -> str:
    """As `phrases.percent`, kept on one line."""
    return phrases.percent(part, whole)


def likely(probability: float) -> str:
    """A probability in words; what is below a thousandth is not told apart."""
    return percent(probability, 1) if probability >= 0.001 else "under 0.1%"


def answer_sentence(rows: pd.DataFrame) -> str:
    """The two most probable diagnoses in words."""
    columns = ["dx", "probability"]
    first, second = rows.sort_values("probability", ascending=False)[columns].head(2).itertuples(index=False)
    return (
        f"Among pictures like those of HAM10000, the model gives **{NAMES[first.dx]}** {likely(first.probability)} "
        f"and {NAMES[second.dx]} {likely(second.probability)}. This is not a diagnosis."
    )


def prior_sentence(card_counts: dict[str, int], top: str, balanced: str) -> str:
    """What class shares the probabilities assume, and what changes if all seven were equally common.

    Args:
        card_counts: Training pictures by diagnosis.
        top: The most probable diagnosis.
        balanced: The diagnosis most probable against its share in training.
    """
    common = max(card_counts, key=lambda dx: card_counts[dx])
    share = percent(card_counts[common], sum(card_counts.values()))
    same = "would stay first" if balanced == top else f"{NAMES[balanced]} would come first"
    subject = f"{NAMES[top]} " if balanced == top else ""
    return (
        f"The probabilities assume HAM10000's shares, where {share} of the training pictures are {PLURALS[common]}; "
        f"were all seven diagnoses equally common, {subject}{same}."
    )


def record_sentence(row: pd.Series, model: str) -> str:
    """How good a model is at one diagnosis on the test split.

    Args:
        row: Of `core.evaluation.bootstrap.report`: dx, pictures, lesions, recall and precision with _low and _high.
        model: Its name.
    """
    pictures, name = int(row["pictures"]), NAMES[row["dx"]]
    if not pictures:
        return f"The test split holds no {PLURALS[row['dx']]}."
    found = (
        f"Of the {amount(pictures, 'test pictures')} of {PLURALS[row['dx']]}, {model} found "
        f"**{round(row['recall'] * pictures):,}** ({_with_interval(row, 'recall')})"
    )
    if math.isnan(row["precision"]):
        return f"{found}; it never answered {name} on a test picture."
    return f"{found}; when it answered {name}, it was right in {_with_interval(row, 'precision')}."


def counts_sentence(said: pd.DataFrame, row: pd.Series, model: str) -> str:
    """How many test pictures of a diagnosis a model gets right, and what it calls most of the others.

    Args:
        said: Rows of that true diagnosis, as `core.evaluation.decisions.decisions` returns them.
        row: As for `record_sentence`.
        model: Its name.
    """
    dx = row["dx"]
    if said.empty:
        return f"The test split holds no {PLURALS[dx]}."
    right = int((said["said"] == dx).sum())
    text = f"{model} is right on **{right:,} of {amount(len(said), 'test pictures')} of {PLURALS[dx]}**"
    wrong = said.loc[said["said"] != dx, "said"].value_counts()
    if wrong.empty:
        return f"{text}."
    most = f"most often with {NAMES[str(wrong.index[0])]} ({wrong.iloc[0]:,})"
    return f"{text} ({_with_interval(row, 'recall')}) and wrong on {len(said) - right:,}, {most}."


def source_line(report: pd.DataFrame) -> str:
    """What stands under such figures: data, split, size, operating point, kind of interval."""
    size = f"{amount(report['pictures'].sum(), 'pictures')} of {amount(report['lesions'].sum(), 'lesions')}"
    return (
        f"HAM10000, test split, by lesion, n = {size}; the most probable diagnosis is the answer; "
        f"{INTERVAL}s from {DRAWS:,} resamples of lesions"
    )


def heatmap_sentence(dx: str, empty: bool, rows: int, columns: int) -> str:
    """What a heatmap means, and what not."""
    if empty:
        return f"**Nothing in this picture speaks for {NAMES[dx]}** at the model's last convolution: no heatmap."
    return (
        f"Bright is where the last convolution speaks for **{NAMES[dx]}** (Grad-CAM, {rows} x {columns} cells). It "
        "shows what weighed in the answer, not whether the answer is right, and it is no outline of the lesion."
    )


def _with_interval(row: pd.Series, name: str) -> str:
    value, low, high = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(low):
        return percent(value, 1)
    return f"{percent(value, 1)}, {INTERVAL} {percent(low, 1).removesuffix('%')} to {percent(high, 1)}"
