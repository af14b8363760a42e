"""What a setting is apart from running it."""

from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec


def test_the_baseline_differs_in_the_resampling_alone() -> None:
    setting = Setting(ResamplingSpec("smote", 0.5, neighbors=3, seed=7), "mlp", "resample_first")
    assert setting.baseline() == Setting(ResamplingSpec(seed=7), "mlp", "resample_first")
    assert setting.baseline().baseline() == setting.baseline()
