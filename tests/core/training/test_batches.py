import numpy as np
import pytest

from core.training.batches import Batches


def batches(inputs: np.ndarray, **options: object) -> Batches:
    return Batches(inputs, np.arange(10), batch_size=4, seed=3, **options)  # type: ignore[arg-type]


def test_an_epoch_holds_each_image_once_in_an_order_of_its_own() -> None:
    data = batches(np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8))
    orders = []
    for epoch in (0, 1):
        data.set_epoch(epoch)
        rows = [data[step] for step in range(len(data))]
        for inputs, labels in rows:
            np.testing.assert_array_equal(inputs[:, 0, 0, 0], labels)
        orders.append(np.concatenate([labels for _, labels in rows]).tolist())
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))


def test_features_take_one_view_an_image_and_all_views_over_epochs() -> None:
    views = np.stack([np.full((10, 1, 1, 1), 100 * view) + np.arange(10).reshape(10, 1, 1, 1) for view in range(3)])
    data = batches(views, views=True)
    seen = set()
    for epoch in range(10):
        data.set_epoch(epoch)
        for step in range(len(data)):
            inputs, labels = data[step]
            np.testing.assert_array_equal(inputs[:, 0, 0, 0] % 100, labels)
            seen |= set((inputs[:, 0, 0, 0] // 100).tolist())
    assert seen == {0, 1, 2}


def test_class_weights_reach_the_batch() -> None:
    weights = np.arange(10) * 0.5
    _, labels, sample_weights = batches(np.zeros((10, 2, 2, 3), np.uint8), class_weights=weights)[0]
    np.testing.assert_array_equal(sample_weights, weights[labels])


def test_balanced_sampling_draws_each_class_equally_often() -> None:
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    data = Batches(np.zeros((1000, 1), np.uint8), labels, batch_size=50, seed=0, balanced=True)
    drawn = np.concatenate([data[step][1] for step in range(len(data))])
    assert len(drawn) == 1000
    assert (np.abs(np.bincount(drawn) - 1000 / 3) < 60).all()


def test_rows_point_at_images_and_steps_bound_an_epoch() -> None:
    inputs = np.arange(4, dtype=np.uint8).reshape(4, 1)
    images, labels = np.array([3, 3, 0, 1, 2, 3, 0]), np.arange(7)
    data = Batches(inputs, labels, batch_size=2, seed=1, image_index=images, steps=2)
    shown, shown_labels = zip(*(data[step] for step in range(len(data))), strict=True)
    assert len(data) == 2 and len(np.concatenate(shown_labels)) == 4
    np.testing.assert_array_equal(np.concatenate(shown)[:, 0], images[np.concatenate(shown_labels)])


@pytest.mark.parametrize(("devices", "rows"), [(1, 11), (2, 10), (4, 8)])
def test_every_batch_divides_over_the_devices(devices: int, rows: int) -> None:
    data = Batches(np.zeros((11, 1), np.uint8), np.arange(11), batch_size=4, seed=0, multiple_of=devices)
    sizes = [len(data[step][1]) for step in range(len(data))]
    assert sum(sizes) == rows and not any(size % devices for size in sizes)


def test_a_teachers_probabilities_are_those_of_the_view_that_is_shown() -> None:
    views = (10 * np.arange(3)[:, None] + np.arange(10)).astype(np.uint8)[..., None]
    data = batches(views, views=True, targets=np.repeat(views, 2, axis=2).astype(np.float32))
    for step in range(len(data)):
        inputs, targets = data[step]
        np.testing.assert_array_equal(targets[:, 0], inputs[:, 0] % 10)
        np.testing.assert_array_equal(targets[:, 1:], np.repeat(inputs, 2, axis=1))


def test_views_are_replaced_with_their_targets() -> None:
    data = batches(np.zeros((5, 10, 1), np.uint8), views=True, targets=np.zeros((5, 10, 2), np.float32))
    data.show(np.arange(10, dtype=np.uint8).reshape(1, 10, 1), np.ones((1, 10, 2), np.float32))
    data.set_epoch(1)
    for inputs, targets in (data[step] for step in range(len(data))):
        np.testing.assert_array_equal(inputs[:, 0], targets[:, 0])
        assert (targets[:, 1:] == 1).all()


def test_a_teachers_probabilities_need_views() -> None:
    with pytest.raises(ValueError, match="those of views"):
        batches(np.zeros((10, 1), np.uint8), targets=np.zeros((1, 10, 2), np.float32))
