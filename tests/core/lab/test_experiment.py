"""Settings of the lab: each strategy, classifier and protocol runs, and bad ones give one sentence."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.bootstrap import report
from core.lab.classifiers import CLASSIFIERS
from core.lab.embeddings import FOLDER, Embeddings, load_embeddings
from core.lab.experiment import SHOWN, Setting, check, describe, how, run_setting, train_and_test
from core.lab.measures import DRAWS, MEASURES, Outcome, correct_prior, of, tune_factors
from core.lab.protocols import PROTOCOLS, How, Job, image_sides, prepare
from core.labels import DX
from core.resampling.strategies import STRATEGIES


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_runs_and_measures_itself(small: Embeddings, strategy: str) -> None:
    result = run_setting(Setting(strategy), small)
    test = small.sides["lesion"].to_numpy() == "test"
    assert sorted(result.own.said.image_id) == sorted(small.image_id[test])
    assert np.allclose(result.own.said.probabilities.sum(axis=1), 1)
    values = result.measures.set_index("measure")
    assert values["value"].between(0, 2).all()
    assert (values["low"] <= values["high"]).all()
    assert values.loc["balanced_accuracy", "value"] > 1 / len(DX)
    assert result.gaps.empty and result.flattered is None
    assert describe(result)["strategy"] == strategy


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_classifier_runs_and_its_seed_decides(small: Embeddings, classifier: str) -> None:
    setting = Setting("random_over", classifier, seed=3)
    once, again = (run_setting(setting, small).own.said.probabilities for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("protocol", [p.name for p in PROTOCOLS.values() if p.name != "right"])
def test_every_wrong_protocol_stands_beside_an_honest_one_on_the_same_lesions(
    small: Embeddings, small_metadata: pd.DataFrame, protocol: str
) -> None:
    result = run_setting(Setting("random_over", "knn", protocol), small, small_metadata)
    assert result.flattered is not None
    assert set(result.flattered.said.image_id) == set(result.honest.said.image_id)
    gaps = result.gaps.set_index("measure")
    assert gaps["gap"].to_numpy() == pytest.approx((gaps["flattered"] - gaps["honest"]).to_numpy())
    if protocol in ("image_split", "before_split", "dx_type"):
        assert gaps.loc["balanced_accuracy", "gap"] > 0
    if protocol == "augmented_test":
        assert gaps.loc["macro_f1", "gap"] > 0
    assert (result.reported is not None) is (protocol == "before_split")


def test_nothing_of_a_test_lesion_is_in_honest_training(small: Embeddings) -> None:
    for protocol in ("right", "image_split", "before_split"):
        jobs = prepare(protocol, small, How("smote", 1.0, 5, 0))
        job = jobs["honest"]()
        assert not set(small.group[job.pictures]) & set(small.group[job.tests["test"][2]])
        if "flattered" in jobs:
            job = jobs["flattered"]()
            assert set(small.group[job.pictures]) & set(small.group[job.tests["test"][2]])


def test_the_image_split_gives_up_an_eighth_for_validation(small: Embeddings) -> None:
    train, validation, test = image_sides(small)
    assert len(train) + len(validation) + len(test) == len(small)
    assert len(validation) == pytest.approx((len(train) + len(validation)) / 8, abs=1)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (Setting("smite"), "no resampling strategy 'smite'"),
        (Setting(classifier="oracle"), "no classifier 'oracle'"),
        (Setting(protocol="cheating"), "no protocol 'cheating'"),
        (Setting(amount=-1), "between 0 and 100 %, not -1"),
        (Setting(amount=101), "between 0 and 100 %, not 101"),
        (Setting("class_weights", "knn"), "k-nearest neighbours has no loss"),
        (Setting("smote", neighbors=200), "training rows; choose .* neighbours or fewer"),
        (Setting("near_miss", neighbors=200), "training rows; choose .* neighbours or fewer"),
        (Setting("smote", neighbors=0), "at least 1 neighbour"),
        (Setting("enn", neighbors=700), "Edited nearest neighbours"),
        (Setting(protocol="dx_type"), "only the installed dataset has"),
    ],
)
def test_a_setting_that_cannot_work_is_one_sentence(small: Embeddings, setting: Setting, words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        run_setting(setting, small)
    assert "\n" not in str(error.value)


def test_enn_that_deletes_a_class_names_it(small: Embeddings) -> None:
    mixed = replace(small, features=np.random.default_rng(0).normal(size=small.features.shape).astype(np.float32))
    with pytest.raises(UserError, match=r"leaves less than two rows of .*\(.*\); choose fewer neighbours than 5"):
        run_setting(Setting("enn"), mixed)


def test_whatever_a_step_raises_ends_the_run(small: Embeddings) -> None:
    def stop(share: float, text: str) -> None:  # noqa: ARG001
        if text.startswith("Training"):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_setting(Setting(), small, on_step=stop)


@pytest.mark.parametrize("amount", [0, 100])
def test_the_way_may_be_none_or_all(amount: int) -> None:
    check(Setting(amount=amount))


def test_the_steps_of_a_run_are_told_before_they_are_taken(small: Embeddings) -> None:
    told: list[tuple[float, str]] = []
    result = run_setting(Setting("none", "knn", "image_split"), small, on_step=lambda *step: told.append(step))
    shares, texts = zip(*told, strict=True)
    assert result.flattered is not None
    rows = [f"{outcome.counts['after'].sum():,}" for outcome in (result.flattered, result.honest)]
    assert list(texts) == [
        "Resampling the training rows, the wrong way", f"Training on {rows[0]} rows, the wrong way",
        "Resampling the training rows", f"Training on {rows[1]} rows", "Drawing lesions for the intervals",
    ]  # fmt: skip
    assert shares[0] == 0 and shares[-1] < 1
    assert (np.diff(shares) > 0).all()
    assert np.array_equal(result.pictures, image_sides(small)[0])  # the wrong way's, as everything else shown


def test_a_result_keeps_some_synthetic_rows_with_their_diagnoses(small: Embeddings) -> None:
    setting = Setting("smote", "knn")
    rows = prepare("right", small, how(setting))["honest"]().train
    made = {row.tobytes(): label for row, label in zip(rows.features, rows.labels, strict=True)}
    real = {row.tobytes() for row in small.features}
    once, again = (run_setting(setting, small) for _ in range(2))
    shown = [row.tobytes() for row in once.synthetic]
    assert len(shown) == len(set(shown)) == SHOWN
    assert not set(shown) & real
    assert once.synthetic_labels.tolist() == [made[row] for row in shown]
    assert np.array_equal(once.synthetic, again.synthetic)
    assert len(run_setting(Setting(classifier="knn"), small).synthetic) == 0


def test_a_result_reports_the_diagnoses_that_were_said(small: Embeddings) -> None:
    result = run_setting(Setting("random_over", "knn"), small)
    pd.testing.assert_frame_equal(result.classes, report(result.own.said, "balanced", DRAWS))


def test_what_the_wrong_way_reports_is_measured_on_its_own_rows(small: Embeddings) -> None:
    setting = Setting("random_over", "knn", "before_split")
    job = prepare("before_split", small, how(setting))["flattered"]()
    found = train_and_test(setting, job, small)["reported"]
    rows = len(job.tests["reported"][1])
    assert len(found.said.truth) == len(set(found.said.image_id)) == len(set(found.said.group)) == rows
    whole = {key: metric(of(found, which)) for key, (metric, which) in MEASURES.items()}
    assert run_setting(setting, small).reported == pytest.approx(whole)
    assert whole["ece"] != whole["ece_raw"]


def test_a_row_of_a_table_names_the_setting_and_every_figure(small: Embeddings) -> None:
    setting = Setting("random_over", "knn", seed=2)
    result = run_setting(setting, small)
    row = describe(result)
    assert list(row) == [*asdict(setting), *(f"{key}{end}" for key in MEASURES for end in ("", "_low", "_high"))]
    figures = result.measures.set_index("measure").loc["ece"]
    assert (row["seed"], row["ece"], row["ece_low"]) == (2, figures["value"], figures["low"])
    assert row["ece_high"] == figures["high"]


class Softmax:
    """A classifier that has nothing to learn: features in, probabilities out."""

    classes_ = np.arange(len(DX))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.exp(x[:, : len(DX)]) / np.exp(x[:, : len(DX)]).sum(axis=1, keepdims=True)


def outcome_of(setting: Setting, data: Embeddings) -> tuple[Job, Outcome]:
    job = prepare("right", data, how(setting))["honest"]()
    return job, train_and_test(setting, job, data, lambda *_: Softmax())["test"]


def test_an_outcome_names_its_pictures_and_their_lesions(small: Embeddings) -> None:
    job, outcome = outcome_of(Setting(), small)
    rows = job.tests["test"][2]
    assert np.array_equal(outcome.said.group, small.group[rows])
    assert np.array_equal(outcome.said.image_id, small.image_id[rows])
    trained = [len(set(small.group[job.pictures[job.before == i]])) for i in range(len(DX))]
    pd.testing.assert_series_equal(outcome.lesions, pd.Series(trained, list(DX), name="lesions"))


def test_only_what_decides_moves_the_decision(small: Embeddings) -> None:
    level = np.full(len(DX), 1 / len(DX))
    job, none = outcome_of(Setting(), small)
    assert none.said.prior == pytest.approx(level)
    nature = np.bincount(job.before) / len(job.before)
    half = outcome_of(Setting("logit_adjustment", amount=50), small)[1]
    assert half.said.prior == pytest.approx(np.sqrt(nature))  # the share to the power of the way
    x, y = job.validation
    moved = outcome_of(Setting("threshold"), small)[1]
    assert moved.said.prior == pytest.approx(1 / tune_factors(Softmax().predict_proba(x), y))
    assert not np.allclose(moved.said.prior, moved.said.prior[0])


def test_probabilities_are_corrected_from_what_was_learned_to_nature(small: Embeddings) -> None:
    level = np.full(len(DX), 1 / len(DX))
    job, none = outcome_of(Setting(), small)
    nature = np.bincount(job.before) / len(job.before)
    assert none.corrected.prior == pytest.approx(nature)
    assert none.corrected.probabilities == pytest.approx(none.said.probabilities)  # nature is what it learned from
    expected = correct_prior(none.said.probabilities, level, nature)
    for strategy in ("random_over", "balanced_bagging", "balanced_forest"):  # levelled by rows, or by the ensemble
        assert outcome_of(Setting(strategy), small)[1].corrected.probabilities == pytest.approx(expected)


def test_the_prior_is_corrected_by_its_ratio() -> None:
    raw, level = np.array([[0.5, 0.5, 0, 0, 0, 0, 0]]), np.full(7, 1 / 7)
    nature = np.array([0.6, 0.2, 0.04, 0.04, 0.04, 0.04, 0.04])
    assert correct_prior(raw, level, nature)[0, :2] == pytest.approx([0.75, 0.25])
    assert correct_prior(raw, nature, nature) == pytest.approx(raw)


def test_tuned_factors_raise_balanced_accuracy() -> None:
    truth = np.repeat(np.arange(7), (20, 20, 20, 20, 20, 500, 20))
    chances = np.full((len(truth), 7), 0.02)
    chances[:, 5] = 0.5
    chances[np.arange(len(truth)), truth] += 0.2
    said = (chances * tune_factors(chances, truth)).argmax(axis=1)
    assert (said == truth).all()
    assert (chances.argmax(axis=1)[truth != 5] == 5).all()


def test_the_metadata_protocols_run_on_the_real_dataset(real_ham: Dataset) -> None:
    if not FOLDER.is_dir():
        pytest.skip("no embeddings")
    result = run_setting(Setting(protocol="dx_type"), load_embeddings(), real_ham.metadata)
    assert result.gaps.set_index("measure").loc["macro_f1", "gap"] > 0


@pytest.mark.parametrize("classifier", [name for name, entry in CLASSIFIERS.items() if not entry.draws])
def test_a_seed_that_decides_nothing_is_said_to(small: Embeddings, classifier: str) -> None:
    for strategy in ("none", "tomek_links", "near_miss"):
        assert not STRATEGIES[strategy].draws
        first, second = (run_setting(Setting(strategy, classifier, seed=s), small).own.said for s in (0, 1))
        assert np.array_equal(first.probabilities, second.probabilities)
