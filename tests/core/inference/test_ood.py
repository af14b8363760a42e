"""The guard: what it was fitted on is near, what is none is far, and its file holds what was fitted."""

import numpy as np
import pytest

from core.errors import UserError
from core.inference import ood as guards
from core.inference.image_descriptors import COUNT, looks
from core.inference.ood import GUARD, SUMS, fit, nearest, read_guard, write_guard
from core.inference.quality import EMPTY, Quality, assess, faults, fit_limits
from core.labels import DX
from core.release import fit_ood as fitting
from core.release.ood_samples import Negative, negatives
from core.store.card import read_card, write_card
from core.synthetic.lesions import sample_phantom


def test_training_pictures_lie_at_about_one(small_guard, lesions):
    seen, labels = lesions
    found = small_guard.distances(seen.embeddings, seen.looks)
    assert set(found) == {" + ".join(names) for names in SUMS}
    for name in ("mahalanobis", "residual", "neighbours", "looks"):
        assert 0.2 < np.median(found[name]) < 1.1, name
        assert found[name].shape == labels.shape
    together = found["mahalanobis"] + found["residual"] + found["looks"]
    np.testing.assert_allclose(found["mahalanobis + residual + looks"], together)


def test_what_is_far_is_far(small_guard, lesions):
    seen, _ = lesions
    near = small_guard.distances(seen.embeddings, seen.looks)
    away = small_guard.distances(seen.embeddings[:1] * -40, seen.looks[:1] * 5)
    assert all(away[name][0] > near[name].max() for name in near if name != "neighbours")  # which looks at directions


def test_a_picture_is_its_own_nearest_neighbour(small_guard, lesions):
    seen, labels = lesions
    for i in (0, 30, 69):
        first, second, third = small_guard.neighbours(seen.embeddings[i])
        assert first.image_id == f"ISIC_{i:07d}"
        assert first.dx == DX[labels[i]]
        assert 0.98 < first.similarity <= 1
        assert first.similarity >= second.similarity >= third.similarity


def test_what_is_written_is_what_was_fitted(calibrated_folder, small_guard, lesions):
    seen, _ = lesions
    again = read_guard(calibrated_folder, read_card(calibrated_folder))
    expected = small_guard.distances(seen.embeddings, seen.looks)
    for name, values in again.distances(seen.embeddings, seen.looks).items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-3)


def test_a_guard_of_another_export_is_not_used_and_a_spoilt_one_refused(calibrated_folder):
    card = read_card(calibrated_folder)
    assert read_guard(calibrated_folder, card | {"guard": card["guard"] | {"export": "older"}}) is None
    assert read_guard(calibrated_folder, {k: v for k, v in card.items() if k != "guard"}) is None
    path = calibrated_folder / GUARD
    path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    with pytest.raises(UserError, match=r"guard\.npz is not the file"):
        read_guard(calibrated_folder, card)


def test_a_damaged_guard_whose_hash_was_changed_too_is_refused(calibrated_folder):
    from core.store.card import file_facts

    (calibrated_folder / GUARD).write_bytes(b"PK\x03\x04junk")
    card = read_card(calibrated_folder)
    card["guard"] |= file_facts(calibrated_folder / GUARD)
    write_card(calibrated_folder, card)
    with pytest.raises(UserError, match="core calibrate baseline_cnn"):
        read_guard(calibrated_folder, card)


def test_a_missing_diagnosis_is_named():
    with pytest.raises(UserError, match="none of vasc"):
        fit(np.zeros((6, 9)), np.zeros((6, 4)), np.arange(6), ["ISIC_0000000"] * 6)


def test_the_guard_fits_a_file_of_two_megabytes(tmp_path):
    """As large as for HAM10000's 7,009 training pictures and the widest embedding."""
    rng = np.random.default_rng(0)
    labels = np.arange(7009) % 7
    guard = fit(
        rng.normal(size=(7009, 1280)).astype(np.float32), rng.normal(size=(7009, COUNT)), labels,
        [f"ISIC_{i:07d}" for i in range(7009)],
    )  # fmt: skip
    write_guard(guard, tmp_path / GUARD)
    assert (tmp_path / GUARD).stat().st_size < 2_000_000


def test_distance_is_to_the_nearest_class_in_its_own_scale():
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    points = np.array([[2.0, 0.0], [6.0, 0.0], [10.0, 0.0]])
    np.testing.assert_allclose(nearest(points, centres, np.array([1.0, 4.0])), [2.0, 1.0, 0.0])


def test_a_threshold_lets_most_of_each_diagnosis_pass():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7), 200)
    values = rng.random(1400) + (labels == 6) * 2
    threshold = fitting.fit_threshold(values, labels)
    assert (values <= threshold).mean() >= fitting.ACCEPT
    assert all((values[labels == i] <= threshold).mean() >= fitting.ACCEPT_EACH - 0.01 for i in range(7))


def test_the_simplest_distance_that_nearly_keeps_negatives_farthest_out_is_chosen():
    class Told:
        """Hands on what stands in for embeddings as distances."""

        def distances(self, embeddings, _):
            return {"looks": embeddings[:, 0], "a + b": embeddings[:, 1], "far off": embeddings[:, 2]}

    labels = np.arange(70) % 7
    good = fitting.Features(np.ones((70, 3)), np.zeros((70, 1)), np.zeros((70, 4)))

    def chosen(*distances: float) -> str:
        bad = fitting.Features(np.tile(distances, (10, 1)), np.zeros((10, 1)), np.zeros((10, 4)))
        name, table = fitting.choose(Told(), good, labels, bad)
        assert table["looks"] == {"threshold": 1.0, "refused": float(distances[0] > 1), "margin": distances[0]}
        return name

    assert chosen(1.9, 2.0, 0.5) == "looks"
    assert chosen(1.5, 2.0, 0.5) == "a + b"
    assert chosen(1.9, 2.0, 1.95) == "far off"


def test_rates_count_sources_and_lesions():
    pictures = [Negative(np.zeros((4, 4, 3), np.uint8), kind, source, True) for kind, source in ("xa", "xa", "yb")]
    found = fitting.refused(np.array([True, False, False]), pictures)
    assert found["x"][0] == 0.5 and found["x"][3:] == [2, 1]
    assert found["all"][3:] == [3, 2]
    passed = fitting.accepted(np.array([True, True, False]), np.array([4, 4, 5]), np.array([1, 1, 2]))
    assert passed["mel"][0] == 1 and passed["mel"][3:] == [2, 1]
    assert passed["nv"][0] == 0 and "df" not in passed


def test_looks_do_not_depend_on_resolution():
    image = sample_phantom("mel", 3).image
    large = np.repeat(np.repeat(image, 3, 0), 3, 1)
    assert looks(image).shape == (COUNT,)
    np.testing.assert_allclose(looks(large), looks(image), atol=1e-3)


def test_negatives_are_the_same_each_time_and_no_source_serves_both_ends():
    pytest.importorskip("skimage")
    first, second = negatives(), negatives()
    assert [each.source for each in first] == [each.source for each in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
    chosen, reported = ({each.source for each in first if each.report is side} for side in (False, True))
    assert not chosen & reported
    assert all(each.image.dtype == np.uint8 and each.image.shape[2] == 3 for each in first)
    assert {each.kind for each in first if each.report} == {each.kind for each in first}


LIMITS = {"sharpness": 3.0, "dark": 60.0, "bright": 220.0, "clipped": 0.1, "structure": 5.0}


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((150, 200, 3), 180, np.uint8), "nothing in its middle"),
        (sample_phantom("mel", 3).image // 8, "too dark"),
        (255 - sample_phantom("mel", 3).image // 16, "too bright"),
    ],
    ids=["plain", "dark", "bright"],
)
def test_quality_faults_have_a_name(image, words):
    assert any(words in fault.what for fault in faults(assess(image), LIMITS))


def test_a_blurred_picture_is_blurred_and_a_good_one_has_no_fault():
    import cv2

    image = sample_phantom("mel", 3).image
    assert not faults(assess(image), LIMITS | {"sharpness": assess(image).sharpness - 0.1})
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 6))
    assert assess(blurred).sharpness < assess(image).sharpness - 1
    found = faults(Quality(0, 140, 0.5, 0), LIMITS)
    assert found[0] is EMPTY and len(found) == 3


def test_limits_leave_the_stated_share_outside():
    measured = np.random.default_rng(0).random((1000, 4))
    limits = fit_limits(measured, 0.05)
    assert ((measured[:, 0] < limits["sharpness"]).mean(), (measured[:, 2] > limits["clipped"]).mean()) == (0.05, 0.05)


def test_where_the_components_leave_nothing_no_distance_is_made_of_it(monkeypatch):
    monkeypatch.setattr(guards, "COMPONENTS", 128)
    rng = np.random.default_rng(0)
    labels = np.arange(140) % 7
    embeddings, looks = rng.normal(size=(140, 12)) + labels[:, None], rng.normal(size=(140, 3))
    names = [f"ISIC_{i:07d}" for i in range(140)]
    found = guards.fit(embeddings, looks, labels, names).distances(embeddings, looks)
    assert set(found) == {"mahalanobis", "neighbours", "looks"}
    assert all(np.isfinite(values).all() for values in found.values())
