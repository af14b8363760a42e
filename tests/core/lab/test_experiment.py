"""Each strategy, classifier and protocol of the lab runs, and a bad setting gives one sentence."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.bootstrap import report
from core.evaluation.calibration import correct_prior
from core.lab.classifiers import CLASSIFIERS
from core.lab.embeddings import FOLDER, Embeddings, load_embeddings
from core.lab.experiment import SHOWN, check, describe, run_setting, train_and_test
from core.lab.measures import DRAWS, MEASURES, Outcome, tune_factors
from core.lab.protocols import PROTOCOLS, TrainingJob, get_protocol, image_split_rows, prepare
from core.lab.setting import Setting
from core.labels import DX
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_runs_and_measures_itself(small: Embeddings, strategy: str) -> None:
    result = run_setting(Setting(ResamplingSpec(strategy)), small)
    test = small.splits["lesion"].to_numpy() == "test"
    assert sorted(result.own.raw.image_id) == sorted(small.image_id[test])
    assert np.allclose(result.own.raw.probabilities.sum(axis=1), 1)
    values = result.measures.set_index("measure")
    assert values["value"].between(0, 2).all()
    assert (values["low"] <= values["high"]).all()
    assert values.loc["balanced_accuracy", "value"] > 1 / len(DX)
    assert result.gaps.empty and result.inflated is None
    assert describe(result)["strategy"] == strategy


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_classifier_runs_and_its_seed_decides(small: Embeddings, classifier: str) -> None:
    setting = Setting(ResamplingSpec("random_over", seed=3), classifier)
    once, again = (run_setting(setting, small).own.raw.probabilities for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("protocol", [p.name for p in PROTOCOLS.values() if p.name != "right"])
def test_every_wrong_protocol_is_compared_with_an_honest_one_on_the_same_lesions(
    small: Embeddings, small_metadata: pd.DataFrame, protocol: str
) -> None:
    result = run_setting(Setting(ResamplingSpec("random_over"), "knn", protocol), small, small_metadata)
    assert result.inflated is not None
    assert set(result.inflated.raw.image_id) == set(result.honest.raw.image_id)
    gaps = result.gaps.set_index("measure")
    assert gaps["gap"].to_numpy() == pytest.approx((gaps["inflated"] - gaps["honest"]).to_numpy())
    if protocol in ("image_split", "before_split", "dx_type"):
        assert gaps.loc["balanced_accuracy", "gap"] > 0
    if protocol == "augmented_test":
        assert gaps.loc["macro_f1", "gap"] > 0
    assert (result.reported is not None) is get_protocol(protocol).matched


def test_nothing_of_a_test_lesion_is_in_honest_training(small: Embeddings) -> None:
    for protocol in ("right", "image_split", "before_split"):
        jobs = prepare(protocol, small, ResamplingSpec("smote"))
        job = jobs["honest"]()
        assert not set(small.group[job.train_rows]) & set(small.group[job.tests["test"][2]])
        if "inflated" in jobs:
            job = jobs["inflated"]()
            assert set(small.group[job.train_rows]) & set(small.group[job.tests["test"][2]])


def test_an_eighth_of_the_image_splits_training_images_is_held_out_for_validation(small: Embeddings) -> None:
    train, validation, test = image_split_rows(small)
    assert len(train) + len(validation) + len(test) == len(small)
    assert len(validation) == pytest.approx((len(train) + len(validation)) / 8, abs=1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Setting(ResamplingSpec("smite")), "no resampling strategy 'smite'"),
        (Setting(classifier="oracle"), "no classifier 'oracle'"),
        (Setting(protocol="cheating"), "no protocol 'cheating'"),
        (Setting(ResamplingSpec(sampling_strength=-0.1)), "between 0 and 1, not -0.1"),
        (Setting(ResamplingSpec(sampling_strength=1.01)), "between 0 and 1, not 1.01"),
        (Setting(ResamplingSpec("class_weights"), "knn"), "k-nearest neighbours can't use class weights"),
        (Setting(ResamplingSpec("smote", neighbors=200)), "training rows; choose .* neighbours or fewer"),
        (Setting(ResamplingSpec("near_miss", neighbors=200)), "training rows; choose .* neighbours or fewer"),
        (Setting(ResamplingSpec("smote", neighbors=0)), "at least 1 neighbour"),
        (Setting(ResamplingSpec("enn", neighbors=700)), "Edited nearest neighbours"),
        (Setting(protocol="dx_type"), "only the installed dataset has"),
    ],
)
def test_a_setting_that_cannot_work_is_one_sentence(small: Embeddings, setting: Setting, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        run_setting(setting, small)
    assert "\n" not in str(error.value)


def test_enn_that_deletes_a_class_names_it(small: Embeddings) -> None:
    mixed = replace(small, features=np.random.default_rng(0).normal(size=small.features.shape).astype(np.float32))
    with pytest.raises(
        UserError, match=r"leaves fewer than two rows of .*\(.*\); choose fewer than 5 neighbours or another"
    ):
        run_setting(Setting(ResamplingSpec("enn")), mixed)


def test_whatever_a_step_raises_ends_the_run(small: Embeddings) -> None:
    def stop(share: float, text: str) -> None:  # noqa: ARG001
        if text.startswith("Training"):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_setting(Setting(), small, on_step=stop)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_sampling_strength_may_be_0_or_1(strength: float) -> None:
    check(Setting(ResamplingSpec(sampling_strength=strength)))


def test_each_step_of_a_run_is_reported_before_it_starts(small: Embeddings) -> None:
    steps: list[tuple[float, str]] = []
    result = run_setting(
        Setting(ResamplingSpec("none"), "knn", "image_split"), small, on_step=lambda *step: steps.append(step)
    )
    shares, texts = zip(*steps, strict=True)
    assert result.inflated is not None
    rows = [f"{outcome.counts['after'].sum():,}" for outcome in (result.inflated, result.honest)]
    every = len(prepare("image_split", small, ResamplingSpec("none"))["full"]().train.labels)
    assert list(texts) == [
        "Resampling the training rows (wrong protocol)", f"Training on {rows[0]} rows (wrong protocol)",
        "Resampling the training rows", f"Training on {rows[1]} rows",
        "Resampling the training rows (wrong protocol, all its images)",
        f"Training on {every:,} rows (wrong protocol, all its images)", "Computing confidence intervals",
    ]  # fmt: skip
    assert shares[0] == 0 and shares[-1] < 1
    assert (np.diff(shares) > 0).all()
    shown = prepare("image_split", small, ResamplingSpec("none"))["inflated"]().train_rows
    assert np.array_equal(result.train_rows, shown)  # of the wrong protocol, like everything else that is shown


def test_a_result_keeps_some_synthetic_rows_with_their_diagnoses(small: Embeddings) -> None:
    setting = Setting(ResamplingSpec("smote"), "knn")
    rows = prepare("right", small, setting.resampling)["honest"]().train
    made = {row.tobytes(): label for row, label in zip(rows.features, rows.labels, strict=True)}
    real = {row.tobytes() for row in small.features}
    once, again = (run_setting(setting, small) for _ in range(2))
    shown = [row.tobytes() for row in once.synthetic]
    assert len(shown) == len(set(shown)) == SHOWN
    assert not set(shown) & real
    assert once.synthetic_labels.tolist() == [made[row] for row in shown]
    assert np.array_equal(once.synthetic, again.synthetic)
    assert len(run_setting(Setting(classifier="knn"), small).synthetic) == 0


def test_a_result_reports_the_predicted_classes(small: Embeddings) -> None:
    result = run_setting(Setting(ResamplingSpec("random_over"), "knn"), small)
    pd.testing.assert_frame_equal(result.classes, report(result.own.raw, "balanced", DRAWS))


def test_what_the_wrong_protocol_reports_is_measured_on_its_own_rows(small: Embeddings) -> None:
    setting = Setting(ResamplingSpec("random_over"), "knn", "before_split")
    jobs = prepare("before_split", small, setting.resampling)
    job = jobs["full"]()
    found = train_and_test(setting, job, small)["reported"]
    rows = len(job.tests["reported"][1])
    assert len(found.raw.truth) == len(set(found.raw.image_id)) == len(set(found.raw.group)) == rows
    whole = {key: metric(found.scores(which)) for key, (metric, which) in MEASURES.items()}
    assert run_setting(setting, small).reported == pytest.approx(whole)
    assert whole["calibration_error"] != whole["calibration_error_raw"]
    assert set(jobs["inflated"]().tests) == {"test"}  # it trains on too few images to be what anybody would report


def test_what_a_split_by_image_reports_is_of_all_its_training_images(small: Embeddings) -> None:
    setting = Setting(ResamplingSpec("random_over"), "knn", "image_split")
    result = run_setting(setting, small)
    full = train_and_test(setting, prepare("image_split", small, setting.resampling)["full"](), small)["test"]
    metric, which = MEASURES["balanced_accuracy"]
    assert result.reported is not None and result.reported["balanced_accuracy"] == metric(full.scores(which))
    assert result.inflated is not None and len(result.inflated.raw.truth) == len(full.raw.truth)


def test_a_row_of_a_table_names_the_setting_and_every_figure(small: Embeddings) -> None:
    setting = Setting(ResamplingSpec("random_over", seed=2), "knn")
    result = run_setting(setting, small)
    row = describe(result)
    assert list(row) == [
        *asdict(setting.resampling),
        "classifier",
        "protocol",
        *(f"{key}{end}" for key in MEASURES for end in ("", "_low", "_high")),
    ]
    figures = result.measures.set_index("measure").loc["calibration_error"]
    assert row["seed"] == 2
    ends = [row[f"calibration_error{end}"] for end in ("", "_low", "_high")]
    assert ends == figures[["value", "low", "high"]].tolist()


class Softmax:
    """A classifier that has nothing to learn: features in, probabilities out."""

    classes_ = np.arange(len(DX))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.exp(x[:, : len(DX)]) / np.exp(x[:, : len(DX)]).sum(axis=1, keepdims=True)


def outcome_of(setting: Setting, data: Embeddings) -> tuple[TrainingJob, Outcome]:
    job = prepare("right", data, setting.resampling)["honest"]()
    return job, train_and_test(setting, job, data, lambda *_: Softmax())["test"]


def test_an_outcome_names_its_images_and_their_lesions(small: Embeddings) -> None:
    job, outcome = outcome_of(Setting(), small)
    rows = job.tests["test"][2]
    assert np.array_equal(outcome.raw.group, small.group[rows])
    assert np.array_equal(outcome.raw.image_id, small.image_id[rows])
    trained = [len(set(small.group[job.train_rows[job.labels_before == i]])) for i in range(len(DX))]
    pd.testing.assert_series_equal(outcome.lesions, pd.Series(trained, list(DX), name="lesions"))


def test_only_strategies_that_decide_move_the_decision(small: Embeddings) -> None:
    level = np.full(len(DX), 1 / len(DX))
    job, none = outcome_of(Setting(), small)
    assert none.raw.prior == pytest.approx(level)
    nature = np.bincount(job.labels_before) / len(job.labels_before)
    half = outcome_of(Setting(ResamplingSpec("logit_adjustment", sampling_strength=0.5)), small)[1]
    assert half.raw.prior == pytest.approx(np.sqrt(nature))  # the share to the power of the sampling strength
    x, y, _ = job.validation
    moved = outcome_of(Setting(ResamplingSpec("threshold")), small)[1]
    assert moved.raw.prior == pytest.approx(1 / tune_factors(Softmax().predict_proba(x), y))
    assert not np.allclose(moved.raw.prior, moved.raw.prior[0])


def test_probabilities_are_corrected_from_what_was_learned_to_nature(small: Embeddings) -> None:
    level = np.full(len(DX), 1 / len(DX))
    job, none = outcome_of(Setting(), small)
    nature = np.bincount(job.labels_before) / len(job.labels_before)
    assert none.corrected.prior == pytest.approx(nature)
    assert none.corrected.probabilities == pytest.approx(none.raw.probabilities)  # nature is what it learned from
    expected = correct_prior(none.raw.probabilities, level, nature)
    for strategy in ("random_over", "balanced_bagging", "balanced_forest"):  # levelled by rows, or by the ensemble
        assert outcome_of(Setting(ResamplingSpec(strategy)), small)[1].corrected.probabilities == pytest.approx(
            expected
        )


def test_the_prior_is_corrected_by_its_ratio() -> None:
    raw, level = np.array([[0.5, 0.5, 0, 0, 0, 0, 0]]), np.full(7, 1 / 7)
    nature = np.array([0.6, 0.2, 0.04, 0.04, 0.04, 0.04, 0.04])
    assert correct_prior(raw, level, nature)[0, :2] == pytest.approx([0.75, 0.25])
    assert correct_prior(raw, nature, nature) == pytest.approx(raw)


def test_tuned_factors_raise_balanced_accuracy() -> None:
    truth = np.repeat(np.arange(7), (20, 20, 20, 20, 20, 500, 20))
    raw = np.full((len(truth), 7), 0.02)
    raw[:, 5] = 0.5
    raw[np.arange(len(truth)), truth] += 0.2
    predicted = (raw * tune_factors(raw, truth)).argmax(axis=1)
    assert (predicted == truth).all()
    assert (raw.argmax(axis=1)[truth != 5] == 5).all()


def test_the_metadata_protocols_run_on_the_real_dataset(real_ham: Dataset) -> None:
    if not FOLDER.is_dir():
        pytest.skip("no embeddings")
    result = run_setting(Setting(protocol="dx_type"), load_embeddings(), real_ham.metadata)
    assert result.gaps.set_index("measure").loc["macro_f1", "gap"] > 0


@pytest.mark.parametrize("classifier", [name for name, entry in CLASSIFIERS.items() if not entry.seeded])
def test_entries_without_a_seed_do_not_depend_on_it(small: Embeddings, classifier: str) -> None:
    for strategy in ("none", "tomek_links", "near_miss"):
        assert not STRATEGIES[strategy].seeded
        first, second = (
            run_setting(Setting(ResamplingSpec(strategy, seed=s), classifier), small).own.raw for s in (0, 1)
        )
        assert np.array_equal(first.probabilities, second.probabilities)
