"""The lab's charts in words: which strategies help, what harms calibration, and what wrong protocols add."""

import math

import pandas as pd

from core.lab.classifiers import CLASSIFIERS
from core.lab.measures import LABELS, MEASURES
from core.lab.protocols import PROTOCOLS
from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES
from core.stats import clear_after_holm
from dashboard.text.format import change, count, first_row, signed
from dashboard.text.phrases import PLURALS, inside_label, listed

MEANINGS = {
    "balanced_accuracy": "the mean, over the diagnoses, of the share of images that is found; 1 is best",
    "macro_f1": "the mean, over the diagnoses, of a balance of recall and precision; 1 is best",
    "melanoma_sensitivity": "the share of melanomas that is found; 1 is best",
    "calibration_error_raw": "how far the model's confidence and the share of right predictions lie apart; 0 is best",
    "calibration_error": "how far confidence and the share of right predictions lie apart, after correcting the "
    "probabilities for how common each diagnosis is; 0 is best",
    "brier_raw": "the mean squared distance between probabilities and truth; 0 is best",
    "brier": "the mean squared distance between probabilities and truth, after correcting the probabilities for how "
    "common each diagnosis is; 0 is best",
}
"""What each measure of the lab is."""


def setting_text(setting: Setting) -> str:
    """Describe a setting in a few words.

    Example:
        >>> setting_text(Setting(ResamplingSpec("smote", neighbors=3)))
        'SMOTE, Logistic regression, k = 3'
    """
    spec, default = setting.resampling, ResamplingSpec()
    parts = [STRATEGIES[spec.strategy].label, CLASSIFIERS[setting.classifier].label]
    if setting.protocol != "right":
        parts.append(inside_label(PROTOCOLS[setting.protocol].label))
    changes = {
        "sampling_strength": f"strength {spec.sampling_strength:g}", "neighbors": f"k = {spec.neighbors}",
        "seed": f"seed {spec.seed}",
    }  # fmt: skip
    parts += [text for key, text in changes.items() if getattr(spec, key) != getattr(default, key)]
    return ", ".join(parts)


def better_and_worse(rows: pd.DataFrame, measure: str) -> tuple[list[str], list[str]]:
    """Find the strategies that are clearly better and clearly worse than no resampling, after Holm's correction.

    Args:
        rows: One split scheme's and one classifier's rows of `core.lab.tables.grid_table`.
        measure: A key of `MEASURES`.
    """
    clear = clear_after_holm(*(rows[f"{measure}_gap{end}"] for end in ("", "_low", "_high")))
    up, down = (rows.loc[clear == sign, "strategy"].tolist() for sign in (1, -1))
    return (up, down) if MEASURES[measure][0].higher_is_better else (down, up)


def _names(strategies: list[str]) -> str:
    return listed([STRATEGIES[name].label.replace("The ", "the ") for name in strategies])


def strategies_sentence(rows: pd.DataFrame, measure: str) -> str:
    """Count the strategies that clearly beat doing nothing, and name those that are clearly worse.

    Args:
        rows: As for `better_and_worse`.
        measure: A key of `MEASURES`.
    """
    better, worse = better_and_worse(rows, measure)
    tried = int((rows["strategy"] != "none").sum())
    values = rows[measure]
    best = first_row(rows, values == (values.max() if MEASURES[measure][0].higher_is_better else values.min()))
    noun, verb = ("strategy" if tried == 1 else "strategies"), ("beat" if len(better) > 1 else "beats")
    text = (
        f"**{len(better) or 'None'} of {tried} {noun} clearly {verb} doing nothing** on {inside_label(LABELS[measure])}"
    )
    text += f"; best: {STRATEGIES[best['strategy']].label} ({best[measure]:.3f})" if better else ""
    return f"{text}. " + (f"Clearly worse: {_names(worse)}." if worse else "None is clearly worse.")


def calibration_sentence(rows: pd.DataFrame) -> str:
    """Say which strategies harm calibration, and how much correcting the prior repairs.

    Args:
        rows: As for `better_and_worse`.
    """
    _, worse = better_and_worse(rows, "calibration_error_raw")
    if not worse:
        return "No strategy clearly harms calibration."
    hurt = rows[rows["strategy"].isin(worse)]
    errors = _range(hurt["calibration_error_raw"])
    none = rows.loc[rows["strategy"] == "none", "calibration_error_raw"].iloc[0]
    repaired = int((hurt["calibration_error"] < hurt["calibration_error_raw"]).sum())
    which = f" ({_names(worse)})" if len(worse) <= 3 else ""
    return (
        f"**{len(worse)} {'strategies' if len(worse) > 1 else 'strategy'} clearly "
        f"{'harm' if len(worse) > 1 else 'harms'} calibration**{which}: calibration error {errors}, "
        f"compared with {none:.3f} without resampling. Correcting the probabilities for the natural class shares "
        f"lowers it for {repaired} of them; the median of all is then {hurt['calibration_error'].median():.3f}."
    )


def _range(values: pd.Series) -> str:
    low, high = f"{values.min():.3f}", f"{values.max():.3f}"
    return low if low == high else f"{low} to {high}"


def works_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Count for each measure how many strategies are clearly better and clearly worse than none, and name the best.

    Args:
        rows: As for `better_and_worse`.
    """
    tried = int((rows["strategy"] != "none").sum())
    none = rows[rows["strategy"] == "none"]
    found = []
    for measure in ("balanced_accuracy", "macro_f1", "melanoma_sensitivity", "calibration_error_raw"):
        better, worse = better_and_worse(rows, measure)
        best = rows.sort_values(measure, ascending=not MEASURES[measure][0].higher_is_better).iloc[0]
        found.append({
            "Metric": LABELS[measure],
            "Clearly better than none": f"{len(better)} of {tried}",
            "Clearly worse": f"{len(worse)} of {tried}",
            "Best": f"{STRATEGIES[best['strategy']].label}, {best[measure]:.3f}",
            "None": f"{none[measure].iloc[0]:.3f}",
        })  # fmt: skip
    return pd.DataFrame(found)


def gap_table(rows: pd.DataFrame) -> pd.DataFrame:
    """List what each wrong protocol changes, the largest change first.

    Args:
        rows: One measure's rows of `core.lab.tables.protocol_table`, for one strategy and classifier.
    """
    clear = clear_after_holm(rows["gap"], rows["low"], rows["high"]) != 0
    table = pd.DataFrame({
        "Wrong protocol": [PROTOCOLS[name].label for name in rows["protocol"]],
        "Honest": rows["honest"].map("{:.3f}".format).to_numpy(),
        "Change on the same images": [change(*each) for each in rows[["gap", "low", "high"]].to_numpy()],
        "Clear": ["yes" if each else "no" for each in clear],
    })  # fmt: skip
    if _has_sizes(rows):
        sizes = rows[["size", "size_low", "size_high"]].to_numpy()
        table["From more training images"] = ["" if math.isnan(each[0]) else change(*each) for each in sizes]
    return table.iloc[rows["gap"].abs().reset_index(drop=True).sort_values(ascending=False).index]


def gap_sentence(rows: pd.DataFrame, measure: str) -> str:
    """Say which wrong protocols clearly change a score, and by how much; of several only the largest change.

    Args:
        rows: One measure's rows of `core.lab.tables.protocol_table`, for one strategy and classifier.
        measure: A key of `MEASURES`.
    """
    clear = rows[clear_after_holm(rows["gap"], rows["low"], rows["high"]) != 0]
    clear = clear.sort_values("gap", key=abs, ascending=False)
    label = inside_label(LABELS[measure])
    if clear.empty:
        return f"No clear difference in {label}."
    row = clear.iloc[0]
    largest = f"“{PROTOCOLS[row['protocol']].label}” **{change(row['gap'], row['low'], row['high'])}**"
    if len(rows) == 1:
        return f"Change in {label} on the same test images: {largest}.{_size_sentence(rows)}"
    counted = f"{len(clear)} of {len(rows)} wrong protocols clearly {'change' if len(clear) > 1 else 'changes'} {label}"
    return f"{counted} on the same test images, most of all {largest}.{MORE_IMAGES if _has_sizes(rows) else ''}"


MORE_IMAGES = (
    " To be fair, both scores come from training on equally many images of each class. Left alone, the wrong protocol "
    "would have more of them; the hollow marks show what these change, apart from the leak."
)


def _has_sizes(rows: pd.DataFrame) -> bool:
    return "size" in rows and bool(rows["size"].notna().any())


def _size_sentence(rows: pd.DataFrame) -> str:
    """Say what a larger training set adds to a wrong protocol's score, apart from the leak."""
    if not _has_sizes(rows):
        return ""
    parts = [
        f"“{PROTOCOLS[row['protocol']].label}” {change(row['size'], row['size_low'], row['size_high'])}"
        for row in rows.dropna(subset="size").to_dict("records")
    ]
    return f"{MORE_IMAGES.rstrip('.')}: {listed(parts)}."


def protocols_title(rows: pd.DataFrame, measure: str) -> str:
    """Count the wrong protocols that clearly raise a score.

    Args:
        rows: As for `gap_sentence`, of every measure.
        measure: A key of `MEASURES`.
    """
    gaps = rows[rows["measure"] == measure]
    clear = clear_after_holm(gaps["gap"], gaps["low"], gaps["high"])
    return f"{(clear > 0).sum()} of {len(gaps)} wrong protocols clearly raise {inside_label(LABELS[measure])}"


def diagnosis_sentence(table: pd.DataFrame, measure: str, label: str, other: str) -> str:
    """Say which class gains most and which loses most.

    Args:
        table: Columns dx, with_strategy, without.
        measure: "recall" or "precision".
        label: The strategy's name.
        other: What it is compared with.
    """
    difference = (table["with_strategy"].fillna(0) - table["without"].fillna(0)).set_axis(table["dx"])
    if not difference.any():
        return f"{measure.capitalize()} is the same with {label} as with {other}."
    up, down = str(difference.idxmax()), str(difference.idxmin())
    parts = []
    if difference[up] > 0:
        parts.append(f"rises most for {PLURALS[up]} ({signed(difference[up], 2)})")
    if difference[down] < 0:
        parts.append(f"falls most for {PLURALS[down]} ({signed(difference[down], 2)})")
    return f"{measure.capitalize()} **{' and '.join(parts)}** compared with {other}."


def confusion_sentence(confusion: pd.DataFrame) -> str:
    """Count correct predictions and missed melanomas.

    Args:
        confusion: (7, 7) counts, true classes in rows.
    """
    right, total = int(confusion.to_numpy().trace()), int(confusion.to_numpy().sum())
    melanomas = confusion.loc[["mel"]].iloc[0]
    missed = int(melanomas.sum() - melanomas["mel"])
    return (
        f"{right:,} of {count(total, 'predictions')} are right; {missed:,} of {melanomas.sum():,} melanomas are missed."
    )
