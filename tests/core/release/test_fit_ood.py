import numpy as np

from core.release import fit_ood as fitting
from core.release.ood_samples import OODSample
from core.store.fitted_facts import Candidate


def test_a_threshold_lets_most_of_each_diagnosis_pass():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7), 200)
    values = rng.random(1400) + (labels == 6) * 2
    threshold = fitting.fit_threshold(values, labels)
    assert (values <= threshold).mean() >= fitting.ACCEPT
    assert all((values[labels == i] <= threshold).mean() >= fitting.ACCEPT_EACH - 0.01 for i in range(7))


def test_the_simplest_distance_with_nearly_the_largest_margin_is_chosen():
    class Given:
        """Returns the columns of the embeddings as distances."""

        def distances(self, embeddings, _):
            return {"image_descriptors": embeddings[:, 0], "a + b": embeddings[:, 1], "far off": embeddings[:, 2]}

    labels = np.arange(70) % 7
    good = fitting.Features(np.ones((70, 3)), np.zeros((70, 1)), np.zeros((70, 4)))

    def chosen(*distances: float) -> str:
        bad = fitting.Features(np.tile(distances, (10, 1)), np.zeros((10, 1)), np.zeros((10, 4)))
        name, table = fitting.choose(Given(), good, labels, bad)
        assert table["image_descriptors"] == Candidate(1.0, float(distances[0] > 1), distances[0])
        return name

    assert chosen(1.9, 2.0, 0.5) == "image_descriptors"
    assert chosen(1.5, 2.0, 0.5) == "a + b"
    assert chosen(1.9, 2.0, 1.95) == "far off"


def test_rates_count_sources_and_lesions():
    samples = [OODSample(np.zeros((4, 4, 3), np.uint8), kind, source, True) for kind, source in ("xa", "xa", "yb")]
    found = fitting.refused(np.array([True, False, False]), samples)
    assert (found["x"].share.value, found["x"].images, found["x"].cases) == (0.5, 2, 1)
    assert (found["all"].images, found["all"].cases) == (3, 2)
    passed = fitting.accepted(np.array([True, True, False]), np.array([4, 4, 5]), np.array([1, 1, 2]))
    assert (passed["mel"].share.value, passed["mel"].images, passed["mel"].cases) == (1, 2, 1)
    assert passed["nv"].share.value == 0 and "df" not in passed
