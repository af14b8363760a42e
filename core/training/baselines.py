"""A baseline without images: age, sex and body site of the patient alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.config import SEED, TRAINED_MODELS
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.labels import DX
from core.store.card import Card
from core.store.datasets import HAM10000, licence
from core.store.results import write_results
from core.store.training_facts import BaselineFit, DataFacts, TrainingFacts
from core.training.card_facts import data_facts, hardware, versions

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

METADATA_ONLY = "metadata_only"
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Candidates for the inverse strength of regularization, chosen on validation."""
Log = Callable[[str], None]


def train_metadata_only(dataset: Dataset, out: Path = TRAINED_MODELS, log: Log = print) -> Path:
    """Fit a logistic regression on age, sex and body site, and write its folder.

    It doesn't use dx_type: how a lesion was confirmed is known only afterwards, and gives much of the diagnosis away.

    Args:
        dataset: HAM10000 or a part of it.
        out: Where the folder goes.
        log: Called with one line per candidate.

    Returns:
        The folder: card.json and predictions.csv; a model this small needs no weights file.

    Raises:
        UserError: A part of the split is empty.
    """
    from sklearn.metrics import balanced_accuracy_score

    start = time.monotonic()
    split = split_for(dataset)
    facts = dataset.metadata.set_index("image_id").loc[split.index, ["age", "sex", "localization"]]
    parts = {str(part): (facts.loc[rows.index], rows["dx"]) for part, rows in split.groupby("split", observed=True)}
    prior = parts["train"][1].value_counts(normalize=True).reindex(list(DX), fill_value=1 / len(split)).to_numpy()
    scores: dict[float, float] = {}
    for strength in STRENGTHS:
        predicted = _predict(_model(strength).fit(*parts["train"]), parts["validation"][0])
        labels = np.array(DX)[(predicted / prior).argmax(axis=1)]
        scores[strength] = float(balanced_accuracy_score(parts["validation"][1], labels))
        log(f"C = {strength}: validation balanced accuracy {scores[strength]:.4f}")
    model = _model(best := max(scores, key=scores.__getitem__)).fit(*parts["train"])
    held_out = {part: _predict(model, parts[part][0]) for part in ("validation", "test")}
    fitted = BaselineFit(best, {str(c): round(score, 5) for c, score in scores.items()})
    card = _card(model, fitted, data_facts(split, "lesion", dataset), round(time.monotonic() - start))
    return write_results(out / METADATA_ONLY, card, held_out, split)


def _model(strength: float) -> Pipeline:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer

    age = make_pipeline(SimpleImputer(strategy="median"), SplineTransformer(n_knots=5, extrapolation="constant"))
    columns = make_column_transformer((age, ["age"]), (OneHotEncoder(handle_unknown="ignore"), ["sex", "localization"]))
    return make_pipeline(columns, LogisticRegression(C=strength, max_iter=2000, random_state=SEED))


def _predict(model: Pipeline, facts: pd.DataFrame) -> np.ndarray:
    """Predict probabilities, (n, 7) in the order of DX; 0 for classes without training data."""
    predicted = pd.DataFrame(model.predict_proba(facts), columns=model.classes_)
    return predicted.reindex(columns=list(DX), fill_value=0.0).to_numpy(np.float64)


def _card(model: Pipeline, fitted: BaselineFit, data: DataFacts, seconds: int) -> Card:
    regression = model[-1]
    parameters = int(regression.coef_.size + regression.intercept_.size)
    return Card(
        name=METADATA_ONLY,
        kind="baseline",
        architecture=METADATA_ONLY,
        parameters=parameters,
        data=data,
        training=TrainingFacts(seconds, SEED, hardware(), versions("scikit-learn", "numpy", "pandas")),
        text="Logistic regression on age, sex and body site, without images.",
        source="This project",
        trainable_parameters=parameters,
        licence=licence([HAM10000]),
        baseline=fitted,
    )
