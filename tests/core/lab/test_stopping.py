"""However many rows resampling makes, classifiers train for a fair time."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from core.lab.embeddings import FOLDER
from core.lab.protocols import LabeledRows
from core.lab.stopping import (
    DIMENSIONS,
    LEADING,
    MOST_ROUNDS,
    STRIDE,
    fixed_steps_mlp,
    leading,
    validated_boosting,
    validation_loss,
)
from core.labels import DX
from core.store.embeddings_card import read_embeddings_card


def drawn(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(DX)
    return (rng.normal(size=(count, 4)) + 0.7 * labels[:, None]).astype(np.float32), labels


@pytest.mark.parametrize("count", [20, 100, 900])
def test_an_mlp_takes_so_many_steps_whatever_the_number_of_rows(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    seen: list[int] = []
    learn = MLPClassifier.partial_fit

    def counted(self: MLPClassifier, x: np.ndarray, y: np.ndarray, *args: object, **kwargs: object) -> object:
        seen.append(len(y))
        return learn(self, x, y, *args, **kwargs)

    monkeypatch.setattr(MLPClassifier, "partial_fit", counted)
    model = fixed_steps_mlp()((8,), batch_size=64, max_iter=12, random_state=0)
    assert model.fit(*drawn(count)) is model
    assert seen == [min(64, count)] * 12


def test_an_mlp_sees_each_row_once_before_any_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.arange(90, dtype=np.float32)[:, None], np.arange(90) % len(DX)
    seen: list[float] = []
    learn = MLPClassifier.partial_fit

    def kept(self: MLPClassifier, x: np.ndarray, *args: object, **kwargs: object) -> object:
        seen.extend(x[:, 0])
        return learn(self, x, *args, **kwargs)

    monkeypatch.setattr(MLPClassifier, "partial_fit", kept)
    fixed_steps_mlp()((8,), batch_size=30, max_iter=6, random_state=0).fit(x, y)
    assert sorted(seen[:90]) == sorted(seen[90:]) == x[:, 0].tolist()
    assert seen[:90] != seen[90:]


def test_an_mlp_that_is_fitted_again_starts_over() -> None:
    model = fixed_steps_mlp()((8,), batch_size=64, max_iter=5, random_state=0)
    first = model.fit(*drawn(100)).predict_proba(drawn(50)[0])
    assert np.array_equal(model.fit(*drawn(100)).predict_proba(drawn(50)[0]), first)


def test_boosting_keeps_the_rounds_with_the_lowest_validation_loss() -> None:
    (x, y), (x_held, y_held) = drawn(210), drawn(140, 1)
    model = validated_boosting()(max_iter=MOST_ROUNDS, learning_rate=0.5, early_stopping=False, random_state=0)
    model.validation = LabeledRows(x_held, y_held, np.arange(140))
    model.fit(x, y)
    assert model.rounds_ < MOST_ROUNDS and model.rounds_ % STRIDE == 0
    losses = {}
    for rounds in range(STRIDE, model.n_iter_ + 1, STRIDE):
        plain = validated_boosting()(max_iter=rounds, learning_rate=0.5, early_stopping=False, random_state=0).fit(x, y)
        losses[rounds] = validation_loss(plain.predict_proba(x_held), y_held, np.full(7, 1 / 7))
        if rounds == model.rounds_:
            np.testing.assert_allclose(model.predict_proba(x_held), plain.predict_proba(x_held), atol=1e-9)
    assert min(losses, key=losses.__getitem__) == model.rounds_
    assert model.get_params()["max_iter"] == MOST_ROUNDS


def test_without_validation_rows_boosting_uses_all_rounds() -> None:
    model = validated_boosting()(max_iter=7, early_stopping=False, random_state=0).fit(*drawn(140))
    assert model.rounds_ == model.n_iter_ == 7


def test_boosting_reads_the_leading_components_and_the_columns_after_the_embedding() -> None:
    assert read_embeddings_card(FOLDER).dimensions == DIMENSIONS
    columns = leading(np.arange(DIMENSIONS + 3)[None])[0].tolist()
    assert columns == [*range(LEADING), DIMENSIONS, DIMENSIONS + 1, DIMENSIONS + 2]
    assert leading(np.zeros((2, 8))).shape == (2, 8)
