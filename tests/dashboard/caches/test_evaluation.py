"""What the caches of the leaderboard's lower half keep."""

from dashboard.caches import evaluation, predictions


def test_no_cache_keeps_the_weights_of_all_draws() -> None:
    name = "baseline_cnn"
    assert len(evaluation.curves_of(name).areas) and len(evaluation.reliability_of(name))
    kept = evaluation._bootstrap(name, "test", predictions.model_stamp(name))
    assert "weights" not in vars(kept)
