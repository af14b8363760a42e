"""A run on synthetic lesions: learns, resumes exactly, stops early, and leaves files that load."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.models.registry import get_model
from core.training.checkpoint import load_checkpoint, save_checkpoint
from core.training.features import predict
from core.training.labeled_images import LabeledImages
from core.training.layers import freeze
from core.training.recipe_table import get_recipe
from core.training.recipes import Phase, Recipe
from core.training.run import Run


def small_run(folder: Path, recipe: Recipe, lines: list[str] | None = None, side: int = 16) -> Run:
    rng = np.random.default_rng(0)
    labels = np.arange(28) % 7
    images = (rng.integers(0, 60, (28, side, side, 3)) + 25 * labels[:, None, None, None]).astype(np.uint8)
    folder.mkdir(exist_ok=True)
    data = LabeledImages(images, labels, 0 * labels)
    return Run(recipe, data, data, 7, folder, lines.append if lines is not None else lambda _: None)


def small_recipe(*phases: Phase, **changes: object) -> Recipe:
    return replace(get_recipe("baseline_cnn"), batch_size=8, phases=phases, **changes)  # type: ignore[arg-type]


def test_a_killed_run_resumes_to_the_very_same_weights(tmp_path: Path) -> None:
    recipe = small_recipe(Phase(2, 1e-3), Phase(2, 1e-3, trainable_from="dense"), logit_adjustment=0.5, ema=0.9)
    straight = small_run(tmp_path / "a", recipe)
    expected = straight.execute().get_weights()
    for kill_after in (1, 3):
        folder = tmp_path / f"b{kill_after}"
        killed = small_run(folder, recipe)
        epochs = iter(range(kill_after))
        original = killed._run_epoch

        def until_killed(*args: object, epochs: object = epochs, original: object = original) -> None:
            if next(epochs, None) is None:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            original(*args)  # type: ignore[operator]

        killed._run_epoch = until_killed  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            killed.execute()
        resumed = small_run(folder, recipe)
        weights = resumed.execute().get_weights()
        assert resumed.progress.history == straight.progress.history
        for ours, theirs in zip(weights, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_cached_features_train_only_the_upper_part(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(Phase(1, 1e-3, trainable_from="dense", cached_views=2)))
    before = run.model.get_layer("conv1").get_weights()
    dense = run.model.get_layer("dense").get_weights()
    run.execute()
    np.testing.assert_array_equal(run.model.get_layer("conv1").get_weights()[0], before[0])
    assert (run.model.get_layer("dense").get_weights()[0] != dense[0]).any()
    assert len(list((tmp_path / "run").glob("view0_*.npy"))) == 3


def test_frozen_batch_normalization_stays_as_it_was_while_the_rest_learns() -> None:
    import keras

    inputs = keras.Input((8, 8, 3))
    conv = keras.layers.Conv2D(4, 3, name="conv")
    norm = keras.layers.BatchNormalization(name="norm")
    pooled = keras.layers.GlobalAveragePooling2D()(norm(conv(inputs)))
    model = keras.Model(inputs, keras.layers.Dense(7, activation="softmax")(pooled))
    freeze(model, Phase(1, 1e-2, freeze_batch_norm=True))
    before = conv.get_weights()[0], norm.get_weights()
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", jit_compile=False)
    model.train_on_batch(np.random.default_rng(0).uniform(0, 9, (7, 8, 8, 3)), np.arange(7))
    assert (conv.get_weights()[0] != before[0]).any()
    for now, then in zip(norm.get_weights(), before[1], strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_average_of_the_weights_is_what_is_kept(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(Phase(2, 1e-3, cosine=False), ema=0.99))
    kept = run.execute().get_layer("dense").get_weights()[0]
    _, best = load_checkpoint(run.best)
    _, last = load_checkpoint(run.checkpoint)
    shape = kept.shape
    [averaged] = [value for value in last["average"] if value.shape == shape]
    [moved] = [value for value in last["model"] if value.shape == shape]
    [stored] = [value for value in best["model"] if value.shape == shape]
    np.testing.assert_array_equal(kept, stored)
    assert (averaged != moved).any()
    assert run.progress.best_epoch == 0 or (kept == averaged).all()


def test_bfloat16_is_for_computing_only(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(Phase(1, 1e-3), mixed_precision=True))
    layer = run.model.get_layer("conv1")
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    run.execute()
    assert get_model("baseline_cnn").build((16, 16), 7).get_layer("conv1").compute_dtype == "float32"


@pytest.mark.parametrize("changes", [{"sampling": "balanced"}, {"class_weights": True}, {"logit_adjustment": 1.0}])
def test_whatever_training_saw_the_model_predicts_for_the_natural_prior(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    """Images that show nothing: the prediction must be the class shares, whether or not training was balanced."""
    labels = np.repeat(np.arange(7), [40, 20, 10, 10, 10, 5, 5])
    grey = LabeledImages(np.full((100, 8, 8, 3), 128, np.uint8), labels, 0 * labels)
    (tmp_path / "run").mkdir()
    recipe = small_recipe(Phase(30, 3e-3, cosine=True), augmentation=None, patience=30, **changes)
    run = Run(recipe, grey, grey, 7, tmp_path / "run", lambda _: None)
    run._validate = lambda *_: {"val_accuracy": 0.0, "val_balanced_accuracy": len(run.progress.history)}  # type: ignore
    predicted = predict(run.execute(), grey.images[:1])[0]
    np.testing.assert_allclose(predicted, np.bincount(labels) / 100, atol=0.05)


def test_two_datasets_each_have_their_own_class_shares(tmp_path: Path) -> None:
    """Images that show nothing: the prediction must be HAM10000's shares, whatever MILK10k's are."""
    labels = np.repeat(np.arange(7), [40, 20, 10, 10, 10, 5, 5])
    both = np.concatenate([labels, labels[::-1] // 3 * 3])
    dataset = np.repeat([0, 1], 100)
    grey = LabeledImages(np.full((200, 8, 8, 3), 128, np.uint8), both, dataset)
    (tmp_path / "run").mkdir()
    recipe = small_recipe(Phase(30, 3e-3), augmentation=None, patience=30, logit_adjustment=1.0, select="log_loss")
    run = Run(recipe, grey, grey, 7, tmp_path / "run", lambda _: None)
    probabilities = predict(run.execute(), grey.images[:1])[0]
    np.testing.assert_allclose(probabilities, np.bincount(labels) / 100, atol=0.05)
    assert {"val_loss", "val_milk10k_loss"} <= set(run.progress.history[0])


def test_a_run_that_stops_improving_ends_early_with_its_best_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.3, 0.6, 0.5, 0.4, 0.9])
    validate = {"val_loss": 1.0, "val_accuracy": 0.5}
    monkeypatch.setattr(Run, "_validate", lambda *_: validate | {"val_balanced_accuracy": next(scores)})
    run = small_run(tmp_path / "run", small_recipe(Phase(5, 1e-3), patience=2))
    kept: list[np.ndarray] = []
    keep = run._keep_best
    run._keep_best = lambda row: (keep(row), kept.append(run.model.get_weights()[0]))  # type: ignore
    model = run.execute()
    assert len(run.progress.history) == 4
    assert run.progress.best_epoch == 1
    np.testing.assert_array_equal(model.get_weights()[0], kept[1])


def test_a_checkpoint_from_before_a_field_was_added_resumes(tmp_path: Path) -> None:
    recipe = small_recipe(Phase(1, 1e-3))
    older = small_run(tmp_path / "run", recipe)
    older.progress.recipe.pop("mix")
    older.execute()
    lines: list[str] = []
    again = small_run(tmp_path / "run", recipe, lines)
    again.execute()
    assert lines[0].startswith("Resuming") and len(again.progress.history) == 1
    with pytest.raises(UserError, match="another recipe"):
        small_run(tmp_path / "run", replace(recipe, mix=0.5)).execute()


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    small_run(tmp_path / "run", small_recipe(Phase(1, 1e-3))).execute()
    with pytest.raises(UserError, match="another recipe; pass --fresh"):
        small_run(tmp_path / "run", small_recipe(Phase(2, 1e-3))).execute()


def test_a_run_begun_when_images_had_another_name_resumes(tmp_path: Path) -> None:
    first = Phase(1, 1e-3)
    begun = small_run(tmp_path / "run", small_recipe(first))
    begun.execute()
    progress, variables = load_checkpoint(begun.checkpoint)
    progress.recipe["rows"] = "images"
    save_checkpoint(begun.checkpoint, progress, **variables)
    resumed = small_run(tmp_path / "run", small_recipe(first, Phase(1, 1e-4)))
    resumed.execute()
    assert [row["phase"] for row in resumed.progress.history] == [0, 1]
    assert load_checkpoint(resumed.checkpoint)[0].recipe["rows"] == "images"


def test_a_run_can_be_finished_with_its_best_epoch_so_far(tmp_path: Path) -> None:
    recipe = small_recipe(Phase(3, 1e-3))
    with pytest.raises(UserError, match="no run to finish"):
        small_run(tmp_path / "run", recipe).execute(finish=True)
    killed = small_run(tmp_path / "run", recipe)
    after_two = iter([1, 1])
    epoch = killed._run_epoch
    killed._run_epoch = lambda *args: (next(after_two), epoch(*args))  # type: ignore
    with pytest.raises((StopIteration, RuntimeError)):
        killed.execute()
    finished = small_run(tmp_path / "run", recipe)
    model = finished.execute(finish=True)
    assert len(finished.progress.history) == 2 and finished.ended_by_hand
    best = load_checkpoint(tmp_path / "run" / "best.npz")[1]["model"]
    for ours, theirs in zip(model.variables, best, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), theirs)


def test_a_phase_to_come_may_change_before_it_begins(tmp_path: Path) -> None:
    first = Phase(1, 1e-3)
    small_run(tmp_path / "run", small_recipe(first)).execute()
    longer = small_run(tmp_path / "run", small_recipe(first, Phase(2, 1e-4)))
    longer.execute()
    assert [row["phase"] for row in longer.progress.history] == [0, 1, 1]
    assert len(longer.progress.recipe["phases"]) == 2


def test_a_layer_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no layer 'block9'"):
        small_run(tmp_path / "run", small_recipe(Phase(1, 1e-3, trainable_from="block9"))).execute()


@pytest.mark.parametrize("recipe", [small_recipe(Phase(1, 1e-3)), small_recipe(Phase(9, 0.0), patience=1)])
def test_a_complete_run_ended_by_its_recipe_even_if_asked_to_finish(tmp_path: Path, recipe: Recipe) -> None:
    small_run(tmp_path / "run", recipe).execute()
    again = small_run(tmp_path / "run", recipe)
    again.execute(finish=True)
    assert not again.ended_by_hand


def test_a_network_learns_from_a_teacher_besides_its_labels(tmp_path: Path) -> None:
    phase = Phase(2, 1e-3, trainable_from="dense", cached_views=1)
    recipe = small_recipe(phase, teacher="baseline_cnn", teacher_weight=0.9)
    run = small_run(tmp_path / "run", recipe)
    learned = run.execute().get_weights()
    assert run.teacher and [member.name for member in run.teacher.members] == ["baseline_cnn"]
    cached = tmp_path / "run" / "teacher_1.npy"
    np.testing.assert_allclose(np.load(cached).sum(axis=1), 1, rtol=1e-5)
    alone = small_run(tmp_path / "alone", replace(recipe, teacher="")).execute().get_weights()
    assert any((ours != theirs).any() for ours, theirs in zip(learned, alone, strict=True))
    np.save(cached, np.eye(7, dtype=np.float32)[np.zeros(28, int)])  # targets are read again after an interruption
    resumed = small_run(tmp_path / "run", replace(recipe, phases=(replace(phase, epochs=3),)))
    assert (resumed._targets(phase)[1, :, 0] == 1).all()  # type: ignore[index]
    changed = small_run(tmp_path / "run", recipe)
    changed.progress.teachers = ["weights of another training"]
    with pytest.raises(UserError, match="baseline_cnn has changed since this run began"):
        changed.execute()


def test_without_cached_views_a_teacher_sees_each_epochs_own(tmp_path: Path) -> None:
    recipe = small_recipe(
        Phase(1, 1e-3, trainable_from="dense", cached_views=1), Phase(2, 1e-3, trainable_from="conv3"),
        teacher="baseline_cnn", start="baseline_cnn",
    )  # fmt: skip
    whole = small_run(tmp_path / "whole", recipe, side=64)
    learned = whole.execute().get_weights()
    targets = [np.load(tmp_path / "whole" / f"teacher_{view}.npy") for view in range(5) if view != 2]
    assert not any(np.array_equal(one, other) for one, other in combinations(targets, 2))
    assert whole.progress.start == whole.progress.teachers[0]

    interrupted = small_run(tmp_path / "parts", replace(recipe, phases=recipe.phases[:1]), side=64)
    interrupted.execute()
    parts = small_run(tmp_path / "parts", recipe, side=64)
    for ours, theirs in zip(parts.execute().get_weights(), learned, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_epoch_that_diverged_never_takes_the_best_ones_place(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(Phase(1, 1e-3), select="log_loss"))
    for loss in (float("nan"), 0.4, float("nan"), 0.5):
        run.progress.history.append({"val_loss": loss})
        run._keep_best(run.progress.history[-1])
    assert run.progress.best_epoch == 1
    assert load_checkpoint(run.best)[0].best_epoch == 1


def test_views_cached_for_another_recipe_are_not_taken(tmp_path: Path) -> None:
    phase = Phase(1, 1e-3, trainable_from="dense", cached_views=1)
    run = small_run(tmp_path / "run", small_recipe(phase))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    run._run_epoch = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    assert (tmp_path / "run" / "view0_1.npy").exists()
    with pytest.raises(UserError, match="another recipe"):
        small_run(tmp_path / "run", small_recipe(phase, augmentation=None)).execute()
    assert len(small_run(tmp_path / "run", small_recipe(phase)).execute().get_weights()) > 0
