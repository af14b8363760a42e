"""Figures as their authors reported them, on other test sets than ours: never to be mixed into our leaderboard."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from core.models.pretrained import APPLICATION_FILES
from core.models.registry import ModelSpec, all_models

REPORTED_FILE = Path(__file__).with_name("reported.csv")
PER_CLASS_FILE = Path(__file__).with_name("reported_per_class.csv")


def reported() -> pd.DataFrame:
    """Return one row for each model as reported.

    Returns:
        Columns source, name (the registry's, for the two source projects), network, test_set, lesions_apart ("no"
        where images of one lesion are in both training and test data, which inflates the score), then the metrics, NaN
        where not reported: accuracy, validation_accuracy, balanced_accuracy, macro_f1 (with macro_f1_low and
        macro_f1_high), macro_auc, loss.
    """
    return pd.read_csv(REPORTED_FILE)


def reported_per_class() -> pd.DataFrame:
    """Return the notebook's classification reports: columns name, dx, precision, recall, f1."""
    return pd.read_csv(PER_CLASS_FILE)


ENSEMBLES = {"ensemble_inception_densenet": ("inceptionv3_full", "densenet201_full")}
"""Reported ensembles that are no network of their own, with their members."""


def not_reproduced(trained: Collection[str]) -> pd.DataFrame:
    """Return the models that have no trained weights here, with what was reported of them and what would train them.

    Args:
        trained: Registry names of the models that were trained here, whole or damaged.

    Returns:
        Columns name, source, parameters, accuracy, test_set and lesions_apart (as reported; missing where nothing
        was), status, command. In the order of the registry, ensembles last; never to be ranked among ours.
    """
    figures = reported().dropna(subset=["name"]).drop_duplicates("name").set_index("name")
    rows = []
    for name in [*all_models(), *ENSEMBLES]:
        if name in trained:
            continue
        stored = figures.loc[name].to_dict() if name in figures.index else {}
        members = [all_models()[member] for member in ENSEMBLES.get(name, (name,))]
        row = {"name": name, "source": members[0].source, "parameters": sum(spec.parameters for spec in members)}
        row |= {key: stored.get(key) for key in ("accuracy", "test_set", "lesions_apart")}
        row["status"] = "reported, not reproduced here" if stored else "not trained here"
        command = train_command(*members)
        if name in ENSEMBLES:
            command += f" && python -m core ensemble {name} {' '.join(ENSEMBLES[name])}"
        rows.append(row | {"command": command})
    columns = ["name", "source", "parameters", "accuracy", "test_set", "lesions_apart", "status", "command"]
    return pd.DataFrame(rows, columns=columns).astype({"accuracy": float})


def train_command(*models: ModelSpec) -> str:
    """The command that trains models of the registry; DIR holds Keras' ImageNet weight files, where they need some."""
    needs_files = any(spec.imagenet in APPLICATION_FILES for spec in models)
    names = " ".join(spec.name for spec in models)
    return f"python -m core train {names}{' --imagenet-weights DIR' if needs_files else ''}"
