import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.evaluation.calibration import temperature_of
from core.evaluation.leaderboard import load_scores
from core.evaluation.served import served_scores
from core.inference.fitted import read_fitted
from core.inference.model import open_model
from core.store.card import read_card


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite_ensemble"])
@pytest.mark.parametrize("split", ["validation", "test"])
def test_probabilities_are_those_that_the_classify_page_shows(name: str, split: str) -> None:
    folder = TRAINED_MODELS / name
    fitted = read_fitted(folder, open_model(folder)).calibration
    raw, served = load_scores(folder, split), served_scores(folder, split)  # type: ignore[arg-type]
    assert fitted is not None
    np.testing.assert_allclose(served.probabilities, fitted.apply(raw.probabilities))
    assert np.abs(served.probabilities - raw.probabilities).max() > 0.01
    assert served.image_id.tolist() == raw.image_id.tolist()


def test_a_model_that_is_not_served_keeps_its_probabilities() -> None:
    folder = TRAINED_MODELS / "metadata_only"
    assert temperature_of(read_card(folder)) is None
    np.testing.assert_array_equal(
        served_scores(folder, "test").probabilities, load_scores(folder, "test").probabilities
    )
