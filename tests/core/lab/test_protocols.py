"""Who trains, who tunes and who tests, row by row, in each protocol."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.lab.embeddings import Embeddings
from core.lab.protocols import JITTER, PROTOCOLS, TEST_SHARE, How, Job, image_sides, prepare
from core.labels import DX
from core.resampling.resample import SYNTHETIC

AS_IT_IS = How("none", 1.0, 5, 0)


def side(data: Embeddings, *names: str) -> np.ndarray:
    return np.flatnonzero(data.sides["lesion"].isin(names))


def shows(data: Embeddings, job: Job, train: np.ndarray, validation: np.ndarray, test: np.ndarray) -> bool:
    """Whether a job of untouched rows trains on, tunes on and tests these pictures and no others."""
    found = [(job.train.features, job.train.labels), job.validation, job.tests["test"][:2]]
    return (
        np.array_equal(job.pictures, train)
        and np.array_equal(job.before, data.labels[train])
        and np.array_equal(job.tests["test"][2], test)
        and all(
            np.array_equal(x[:, : data.features.shape[1]], data.features[rows]) and np.array_equal(y, data.labels[rows])
            for (x, y), rows in zip(found, (train, validation, test), strict=True)
        )
    )


def test_the_right_way_goes_by_the_sides_of_the_lesion_split(small: Embeddings) -> None:
    jobs = prepare("right", small, AS_IT_IS)
    assert set(jobs) == {"honest"}
    assert shows(small, jobs["honest"](), side(small, "train"), side(small, "validation"), side(small, "test"))


def test_the_image_split_is_honest_without_the_lesions_of_its_test_side(small: Embeddings) -> None:
    jobs, (train, validation, test) = prepare("image_split", small, AS_IT_IS), image_sides(small)
    assert shows(small, jobs["flattered"](), train, validation, test)
    apart = [rows[~np.isin(small.group[rows], small.group[test])] for rows in (train, validation)]
    assert len(apart[0]) < len(train) and len(apart[1]) < len(validation)
    assert shows(small, jobs["honest"](), *apart, test)


def test_a_split_after_resampling_is_drawn_over_train_and_test_side(small: Embeddings) -> None:
    jobs = prepare("before_split", small, AS_IT_IS)
    pool, validation = side(small, "train", "test"), side(small, "validation")
    flattered, honest = jobs["flattered"](), jobs["honest"]()
    test = flattered.tests["test"][2]
    assert len(test) == pytest.approx(TEST_SHARE * len(pool), rel=0.2)
    kept = pool[flattered.train.origin]
    assert np.array_equal(np.sort(np.concatenate([kept, test])), pool)  # untouched, each row is on one of two sides
    assert np.array_equal(flattered.train.features, small.features[kept])
    assert (flattered.train.weights == 1).all() and len(flattered.train.weights) == len(kept)
    for found, rows in ((flattered.validation, validation), (flattered.tests["test"], test)):
        assert np.array_equal(found[0], small.features[rows]) and np.array_equal(found[1], small.labels[rows])
    x, y, no_pictures = flattered.tests["reported"]
    assert np.array_equal(x, small.features[test]) and np.array_equal(y, small.labels[test])
    assert len(no_pictures) == 0
    assert shows(small, honest, pool[~np.isin(small.group[pool], small.group[test])], validation, test)


def test_any_picture_may_be_held_out_after_resampling(small: Embeddings) -> None:
    pool = side(small, "train", "test")
    seeds = [seed for seed in range(20) if np.random.default_rng(seed).random() < TEST_SHARE]  # hold the first row out
    job = prepare("before_split", small, replace(AS_IT_IS, seed=seeds[0]))["flattered"]()
    assert job.tests["test"][2][0] == pool[0]


def test_a_split_after_resampling_puts_copies_on_both_sides(small: Embeddings) -> None:
    job = prepare("before_split", small, replace(AS_IT_IS, strategy="random_over"))["flattered"]()
    test = job.tests["test"][2]
    assert set(job.pictures[job.train.origin]) & set(test)
    assert len(job.tests["reported"][1]) > len(test) == len(set(test))
    job = prepare("before_split", small, replace(AS_IT_IS, strategy="smote"))["flattered"]()
    assert (job.train.origin == SYNTHETIC).any()
    assert len(job.tests["reported"][1]) > len(job.tests["test"][2])  # what is synthetic is no picture


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_resampled_before_a_job_is_called(
    small: Embeddings, small_metadata: pd.DataFrame, protocol: str
) -> None:
    jobs = prepare(protocol, small, How("smote", 1.0, 200, 0), small_metadata)
    with pytest.raises(UserError, match="looks for 200 neighbours"):
        jobs["honest"]()


@pytest.mark.parametrize("protocol", [p.name for p in PROTOCOLS.values() if p.draws])
def test_the_seed_decides_what_a_protocol_draws(small: Embeddings, protocol: str) -> None:
    def tested(strategy: str, seed: int) -> list[bytes]:
        job = prepare(protocol, small, How(strategy, 1.0, 5, seed))["flattered"]()
        return [x.tobytes() for x, _, _ in job.tests.values()]

    for strategy in ("none", "random_over"):
        assert tested(strategy, 1) == tested(strategy, 1) != tested(strategy, 2)


def test_an_augmented_test_side_is_level_and_altered_feature_by_feature(small: Embeddings) -> None:
    scaled = replace(small, features=small.features * np.arange(1, 9, dtype=np.float32) ** 2)
    jobs, test = prepare("augmented_test", scaled, AS_IT_IS), side(small, "test")
    assert shows(scaled, jobs["honest"](), side(small, "train"), side(small, "validation"), test)
    x, y, rows = jobs["flattered"]().tests["test"]
    assert np.bincount(y).tolist() == [np.bincount(small.labels[test]).max()] * len(DX)
    assert np.array_equal(y, small.labels[rows])
    assert x.dtype == np.float32
    noise = x - scaled.features[rows]
    assert np.array_equal(rows[: len(test)], test) and not noise[: len(test)].any()
    added = noise[len(test) :].std(axis=0)
    assert added == pytest.approx(JITTER * scaled.features[test].std(axis=0), rel=0.15)


def test_a_site_imputed_by_diagnosis_tells_the_diagnosis(small: Embeddings, small_metadata: pd.DataFrame) -> None:
    jobs = prepare("dx_localization", small, AS_IT_IS, small_metadata)
    sides = [side(small, name) for name in ("train", "validation", "test")]
    assert all(shows(small, job(), *sides) for job in jobs.values())
    nevus, site = small.labels == DX.index("nv"), small_metadata.set_index("image_id")["localization"]
    flattered, honest = (
        np.concatenate([job.train.features, job.validation[0], job.tests["test"][0]])[:, small.features.shape[1] :]
        for job in (jobs["flattered"](), jobs["honest"]())
    )
    rows = np.concatenate(sides)
    assert np.array_equal(flattered, np.stack([nevus, ~nevus], axis=1)[rows])  # back and face, by diagnosis
    assert np.array_equal(honest, pd.get_dummies(site.loc[small.image_id[rows].tolist()]).to_numpy())
    assert honest.shape[1] == 3  # unknown stays unknown


def test_the_way_of_confirmation_is_a_feature_only_of_the_wrong_way(
    small: Embeddings, small_metadata: pd.DataFrame
) -> None:
    jobs = prepare("dx_type", small, AS_IT_IS, small_metadata)
    sides = [side(small, name) for name in ("train", "validation", "test")]
    assert all(shows(small, job(), *sides) for job in jobs.values())
    kinds = small_metadata.set_index("image_id")["dx_type"].loc[small.image_id[sides[2]].tolist()]
    wide = small.features.shape[1]
    assert np.array_equal(jobs["flattered"]().tests["test"][0][:, wide:], pd.get_dummies(kinds).to_numpy())
    assert jobs["honest"]().tests["test"][0].shape[1] == wide


def test_metadata_that_lacks_pictures_is_one_sentence(small: Embeddings, small_metadata: pd.DataFrame) -> None:
    with pytest.raises(UserError, match=r"^The installed metadata lacks 2 of the embedded pictures; install all"):
        prepare("dx_type", small, AS_IT_IS, small_metadata[2:])
