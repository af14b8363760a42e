"""Which rows train, tune and test in each protocol, row by row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.splits import hold_out_validation, load_splits
from core.errors import UserError
from core.lab.embeddings import Embeddings
from core.lab.protocols import JITTER, PROTOCOLS, TEST_SHARE, LabeledRows, TrainingJob, image_split_rows, prepare
from core.labels import DX
from core.resampling.resample import SYNTHETIC
from core.resampling.spec import ResamplingSpec

NONE = ResamplingSpec()


def rows_of(data: Embeddings, *splits: str) -> np.ndarray:
    return np.flatnonzero(data.splits["lesion"].isin(splits) & ~data.splits["near_duplicate"])


def count_by_class(data: Embeddings, rows: np.ndarray) -> list[int]:
    return np.bincount(data.labels[rows], minlength=len(DX)).tolist()


def shows(data: Embeddings, job: TrainingJob, train: np.ndarray, validation: np.ndarray, test: np.ndarray) -> bool:
    """Whether a job of untouched rows trains, tunes and tests on exactly these images."""
    found = [LabeledRows(job.train.features, job.train.labels, train), job.validation, job.tests["test"]]
    return (
        np.array_equal(job.train_rows, train)
        and np.array_equal(job.labels_before, data.labels[train])
        and np.array_equal(job.tests["test"][2], test)
        and all(
            np.array_equal(x[:, : data.features.shape[1]], data.features[rows]) and np.array_equal(y, data.labels[rows])
            for (x, y, _), rows in zip(found, (train, validation, test), strict=True)
        )
    )


def test_the_right_protocol_uses_the_split_by_lesion(small: Embeddings) -> None:
    jobs = prepare("right", small, NONE)
    assert set(jobs) == {"honest"}
    assert shows(small, jobs["honest"](), rows_of(small, "train"), rows_of(small, "validation"), rows_of(small, "test"))


def test_the_image_split_is_honest_without_the_lesions_of_its_test_split(small: Embeddings) -> None:
    jobs, (train, validation, test) = prepare("image_split", small, NONE), image_split_rows(small)
    assert shows(small, jobs["full"](), train, validation, test)
    apart = [rows[~np.isin(small.shown[rows], small.shown[test])] for rows in (train, validation)]
    assert len(apart[0]) < len(train) and len(apart[1]) < len(validation)
    assert shows(small, jobs["honest"](), *apart, test)
    matched = jobs["inflated"]().train_rows
    assert count_by_class(small, matched) == count_by_class(small, apart[0])
    leaks = train[np.isin(small.shown[train], small.shown[test])]
    assert set(matched) <= set(train) and len(set(matched) & set(leaks)) > 0.9 * len(leaks)
    assert shows(small, jobs["inflated"](), matched, validation, test)


def test_a_split_after_resampling_is_drawn_from_training_and_test_rows(small: Embeddings) -> None:
    jobs = prepare("before_split", small, NONE)
    pool, validation = rows_of(small, "train", "test"), rows_of(small, "validation")
    inflated, honest = jobs["full"](), jobs["honest"]()
    test = inflated.tests["test"][2]
    assert len(test) == pytest.approx(TEST_SHARE * len(pool), rel=0.2)
    kept = pool[inflated.train.origin]
    assert np.array_equal(
        np.sort(np.concatenate([kept, test])), pool
    )  # untouched, each row is in one of the two splits
    assert np.array_equal(inflated.train.features, small.features[kept])
    assert (inflated.train.weights == 1).all() and len(inflated.train.weights) == len(kept)
    for found, rows in ((inflated.validation, validation), (inflated.tests["test"], test)):
        assert np.array_equal(found[0], small.features[rows]) and np.array_equal(found[1], small.labels[rows])
    x, y, no_rows = inflated.tests["reported"]
    assert np.array_equal(x, small.features[test]) and np.array_equal(y, small.labels[test])
    assert len(no_rows) == 0
    apart = pool[~np.isin(small.shown[pool], small.shown[test])]
    assert shows(small, honest, apart, validation, test)
    matched = jobs["inflated"]()
    assert np.array_equal(matched.tests["test"][2], test)
    found, wanted = count_by_class(small, pool[matched.train.origin]), count_by_class(small, apart)
    assert found == wanted


def test_any_image_may_be_held_out_after_resampling(small: Embeddings) -> None:
    pool = rows_of(small, "train", "test")
    seeds = [seed for seed in range(20) if np.random.default_rng(seed).random() < TEST_SHARE]  # hold the first row out
    job = prepare("before_split", small, replace(NONE, seed=seeds[0]))["inflated"]()
    assert job.tests["test"][2][0] == pool[0]


def test_a_split_after_resampling_puts_copies_into_both_splits(small: Embeddings) -> None:
    job = prepare("before_split", small, replace(NONE, strategy="random_over"))["full"]()
    test = job.tests["test"][2]
    assert set(job.train_rows[job.train.origin]) & set(test)
    assert len(job.tests["reported"][1]) > len(test) == len(set(test))
    job = prepare("before_split", small, replace(NONE, strategy="smote"))["full"]()
    assert (job.train.origin == SYNTHETIC).any()
    assert len(job.tests["reported"][1]) > len(job.tests["test"][2])  # synthetic rows are not images


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_resampled_before_a_job_runs(small: Embeddings, small_metadata: pd.DataFrame, protocol: str) -> None:
    jobs = prepare(protocol, small, ResamplingSpec("smote", neighbors=200), small_metadata)
    with pytest.raises(UserError, match="looks at 200 neighbours"):
        jobs["honest"]()


@pytest.mark.parametrize("protocol", [p.name for p in PROTOCOLS.values() if p.seeded])
def test_the_seed_decides_what_a_protocol_draws(small: Embeddings, protocol: str) -> None:
    def tested(strategy: str, seed: int) -> list[bytes]:
        job = prepare(protocol, small, ResamplingSpec(strategy, seed=seed))["inflated"]()
        return [x.tobytes() for x, _, _ in job.tests.values()]

    for strategy in ("none", "random_over"):
        assert tested(strategy, 1) == tested(strategy, 1) != tested(strategy, 2)


def test_an_augmented_test_split_is_balanced_and_altered_feature_by_feature(small: Embeddings) -> None:
    scaled = replace(small, features=small.features * np.arange(1, 9, dtype=np.float32) ** 2)
    jobs, test = prepare("augmented_test", scaled, NONE), rows_of(small, "test")
    assert shows(scaled, jobs["honest"](), rows_of(small, "train"), rows_of(small, "validation"), test)
    x, y, rows = jobs["inflated"]().tests["test"]
    assert np.bincount(y).tolist() == [np.bincount(small.labels[test]).max()] * len(DX)
    assert np.array_equal(y, small.labels[rows])
    assert x.dtype == np.float32
    noise = x - scaled.features[rows]
    assert np.array_equal(rows[: len(test)], test) and not noise[: len(test)].any()
    added = noise[len(test) :].std(axis=0)
    assert added == pytest.approx(JITTER * scaled.features[test].std(axis=0), rel=0.15)


def test_a_site_imputed_by_diagnosis_reveals_the_diagnosis(small: Embeddings, small_metadata: pd.DataFrame) -> None:
    jobs = prepare("dx_localization", small, NONE, small_metadata)
    splits = [rows_of(small, name) for name in ("train", "validation", "test")]
    assert all(shows(small, job(), *splits) for job in jobs.values())
    nevus, site = small.labels == DX.index("nv"), small_metadata.set_index("image_id")["localization"]
    inflated, honest = (
        np.concatenate([job.train.features, job.validation[0], job.tests["test"][0]])[:, small.features.shape[1] :]
        for job in (jobs["inflated"](), jobs["honest"]())
    )
    rows = np.concatenate(splits)
    assert np.array_equal(inflated, np.stack([nevus, ~nevus], axis=1)[rows])  # back and face, by diagnosis
    assert np.array_equal(honest, pd.get_dummies(site.loc[small.image_id[rows].tolist()]).to_numpy())
    assert honest.shape[1] == 3  # unknown stays unknown


def test_the_confirmation_method_is_a_feature_only_in_the_wrong_protocol(
    small: Embeddings, small_metadata: pd.DataFrame
) -> None:
    jobs = prepare("dx_type", small, NONE, small_metadata)
    splits = [rows_of(small, name) for name in ("train", "validation", "test")]
    assert all(shows(small, job(), *splits) for job in jobs.values())
    kinds = small_metadata.set_index("image_id")["dx_type"].loc[small.image_id[splits[2]].tolist()]
    wide = small.features.shape[1]
    assert np.array_equal(jobs["inflated"]().tests["test"][0][:, wide:], pd.get_dummies(kinds).to_numpy())
    assert jobs["honest"]().tests["test"][0].shape[1] == wide


def test_metadata_that_lacks_images_is_one_sentence(small: Embeddings, small_metadata: pd.DataFrame) -> None:
    with pytest.raises(UserError, match=r"^The installed metadata lacks 2 of the embedded images; install all"):
        prepare("dx_type", small, NONE, small_metadata[2:])


def test_the_lab_and_training_hold_out_the_same_validation_images() -> None:
    splits = load_splits()
    data = Embeddings(
        splits.index.to_numpy(str), splits["group"].to_numpy(), np.zeros(len(splits), int),
        np.zeros((len(splits), 1), np.float32), splits[["lesion", "image", "near_duplicate"]],
    )  # fmt: skip
    _, held = hold_out_validation(splits.index[splits["image"] == "train"].to_numpy(str))
    assert data.image_id[image_split_rows(data)[1]].tolist() == held.tolist()
