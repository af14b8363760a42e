"""A training run: the phases of a recipe, with a checkpoint after each epoch."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.models.registry import get_model
from core.models.weights import finalize_normalization
from core.training.averaging import AveragedWeights
from core.training.batches import Batches
from core.training.checkpoint import (
    Progress,
    assign,
    begun,
    check_shapes,
    load_checkpoint,
    plain_recipe,
    save_checkpoint,
)
from core.training.features import cached_views, frozen, predict
from core.training.labeled_images import LabeledImages
from core.training.layers import freeze, precision
from core.training.loss import bake_shift, class_priors, recipe_shift, training_loss
from core.training.optimizers import build_optimizer, plateau_rate
from core.training.recipes import Phase, Recipe, check_recipe
from core.training.rows import training_rows
from core.training.start import load_start
from core.training.teacher import new_view, recipe_teacher, view_targets
from core.training.validation import selection_score, validation_figures

Log = Callable[[str], None]


@dataclass
class Run:
    """A training run in progress; its whole state is in `folder`.

    Attributes:
        recipe: The recipe.
        train: Training data.
        validation: Validation data, for early stopping and the choice of the best epoch.
        classes: Number of classes.
        folder: Folder for checkpoints and cached features.
        log: Receives one line per epoch.
        imagenet_weights: Folder with Keras' weight files; default: Keras downloads them.
        devices: Number of devices that share each batch.
    """

    recipe: Recipe
    train: LabeledImages
    validation: LabeledImages
    classes: int
    folder: Path
    log: Log = print
    imagenet_weights: Path | None = None
    devices: int = 1

    def __post_init__(self) -> None:
        """Build the network with its initial weights and compute the class prior of the training set."""
        check_recipe(self.recipe)
        keras.utils.set_random_seed(self.recipe.seed)
        self.spec = get_model(self.recipe.model)
        self.teacher = recipe_teacher(self.recipe)
        self.rows = training_rows(self.recipe, self.train.labels)
        self.prior = class_priors(self.train.labels, self.train.dataset, self.classes)
        self.row_prior = class_priors(self.rows.label, self.train.dataset[self.rows.image], self.classes)
        self.shift = recipe_shift(self.recipe, self.prior, self.row_prior)
        with precision("mixed_bfloat16" if self.recipe.mixed_precision else "float32"):
            self.model = self.spec.build(self.train.images.shape[1:3], self.classes)
        self.progress = Progress(asdict(self.recipe), teachers=self.teacher.hashes if self.teacher else [])
        self.checkpoint = self.folder / "checkpoint.npz"
        self.best = self.folder / "best.npz"
        self.ended_by_hand = False

    def execute(self, finish: bool = False) -> keras.Model:
        """Train to the end, from the checkpoint if there is one.

        Args:
            finish: Stop training and use the best epoch so far.

        Returns:
            The model with the weights of the best validation epoch, adjusted to the natural class prior.

        Raises:
            UserError: The checkpoint is damaged or belongs to another recipe, ImageNet weights are missing, or there is
                no run to finish.
        """
        if finish and not self.best.exists():
            raise UserError(f"{self.folder} contains no run to finish; train without --finish.")
        state = self._resume()
        for index in range(self.progress.phase, 0 if finish else len(self.recipe.phases)):
            if index > self.progress.phase:
                self.progress.phase, self.progress.epoch = index, 0
            self._run_phase(self.recipe.phases[index], state)
            state = {}
            self._take_best()
        if finish:
            self._take_best()
        self.ended_by_hand = finish and not self.progress.complete(self.recipe)
        bake_shift(self.model, self.shift[0])  # probabilities assume HAM10000's class shares
        return self.model

    def _take_best(self) -> None:
        _, best = load_checkpoint(self.best)
        assign(self.model.variables, best["model"])
        finalize_normalization(self.model)

    def _resume(self) -> dict[str, list[Any]]:
        if not self.checkpoint.exists():
            self.progress.start = load_start(self.model, self.recipe, self.shift[0], self.imagenet_weights)
            save_checkpoint(self.checkpoint, self.progress, model=self.model.variables)  # says whose the caches are
            return {}
        progress, state = load_checkpoint(self.checkpoint)
        recipe = plain_recipe(self.recipe)
        if begun(progress.recipe, progress.phase) != begun(recipe, progress.phase):
            raise UserError(f"{self.folder} contains a run of another recipe; pass --fresh to start again.")
        if progress.teachers != self.progress.teachers:
            raise UserError(f"{self.recipe.teacher} has changed since this run began; pass --fresh to start again.")
        assign(self.model.variables, state["model"])
        finalize_normalization(self.model)
        progress.recipe = recipe
        self.progress = progress
        self.log(f"Resuming {self.recipe.model} after {len(progress.history)} epochs.")
        return state

    def _run_phase(self, phase: Phase, state: dict[str, list[Any]]) -> None:
        trainee, train, validation = self._prepare(phase)
        batches = Batches(
            train,
            self.rows.label + self.classes * self.train.dataset[self.rows.image],
            image_index=self.rows.image,
            batch_size=self.recipe.batch_size,
            seed=self.recipe.seed + self.progress.phase,
            augmentation=self.recipe.augmentation,
            class_weights=1 / (self.row_prior.ravel() * self.classes) if self.recipe.class_weights else None,
            views=bool(phase.cached_views or self.teacher),
            balanced=self.recipe.sampling == "balanced",
            steps=phase.steps,
            multiple_of=self.devices,
            mixed=self.recipe.mix,
            targets=self._targets(phase),
        )
        trainee.compile(
            optimizer=build_optimizer(self.recipe, phase, len(batches)),
            loss=training_loss(self.recipe, self.row_prior),
            jit_compile=keras.backend.backend() == "jax",  # XLA takes minutes to compile on TensorFlow's CPU
        )
        trainee.optimizer.build(trainee.trainable_variables)
        if "optimizer" in state:
            assign(trainee.optimizer.variables, state["optimizer"])
        average = self._average(trainee, state, len(batches))
        while self.progress.epoch < phase.epochs and not self.progress.stalled(self.recipe.patience):
            self._run_epoch(phase, trainee, batches, validation, average)

    def _average(self, trainee: keras.Model, state: dict[str, list[Any]], steps: int) -> AveragedWeights | None:
        if not self.recipe.ema:
            return None
        average = AveragedWeights(trainee, self.recipe.ema, state.get("average"), steps * self.progress.epoch)
        if "average" in state:
            check_shapes(trainee.trainable_variables, state["average"])
        return average

    def _run_epoch(
        self,
        phase: Phase,
        trainee: keras.Model,
        batches: Batches,
        validation: NDArray[np.generic],
        average: AveragedWeights | None = None,
    ) -> None:
        start, epoch = time.monotonic(), self.progress.epoch
        if self.teacher and not phase.cached_views:
            view = 1 + len(self.progress.history) + max(each.cached_views for each in self.recipe.phases)
            batches.show(*new_view(self.teacher, self.train.images, view, self.recipe, self.folder))
        batches.set_epoch(epoch)
        if phase.plateau:
            seen = [row["val_accuracy"] for row in self.progress.history[len(self.progress.history) - epoch :]]
            trainee.optimizer.learning_rate = plateau_rate(phase, seen)
        verbose = 1 if sys.stdout.isatty() else 0
        # Batches sets the order; Keras would shuffle again, with a random state that checkpoints don't contain.
        fitted = trainee.fit(
            batches, epochs=epoch + 1, initial_epoch=epoch, shuffle=False, verbose=verbose,
            callbacks=[average] if average else [],
        )  # fmt: skip
        row = {"phase": float(self.progress.phase), "loss": float(fitted.history["loss"][0])}
        with average.applied() if average else nullcontext():
            row |= self._validate(trainee, validation)
            self.progress.epoch += 1
            self.progress.seconds += time.monotonic() - start
            self.progress.history.append(row)
            self._keep_best(row)
        extra = {"average": average.average} if average else {}
        save_checkpoint(
            self.checkpoint, self.progress, model=self.model.variables, optimizer=trainee.optimizer.variables, **extra
        )
        left = (phase.epochs - self.progress.epoch) * (time.monotonic() - start) / 60
        figures = ", ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "phase")
        done = f"Phase {self.progress.phase + 1} epoch {self.progress.epoch}/{phase.epochs}"
        self.log(f"{done}: {figures}; {left:.0f} min left in this phase")

    def _validate(self, trainee: keras.Model, inputs: NDArray[np.generic]) -> dict[str, float]:
        """Compute validation metrics at both operating points, for MILK10k too if it is used."""
        return validation_figures(
            predict(trainee, inputs), self.validation.labels, self.validation.dataset, self.shift, self.prior
        )

    def _keep_best(self, row: dict[str, float]) -> None:
        score = selection_score(row, self.recipe.select)
        if score > self.progress.best or math.isnan(self.progress.best):
            self.progress.best, self.progress.best_epoch = score, len(self.progress.history) - 1
            save_checkpoint(self.best, self.progress, model=self.model.variables)

    def _targets(self, phase: Phase) -> NDArray[np.float32] | None:
        """Return the teacher's probabilities of all cached views, if there are both."""
        if self.teacher is None or not phase.cached_views:
            return None
        with self._timed(f"targets of {self.recipe.teacher} cached"):
            return view_targets(self.teacher, self.train.images, phase.cached_views, self.recipe, self.folder)

    def _prepare(self, phase: Phase) -> tuple[keras.Model, NDArray[np.generic], NDArray[np.generic]]:
        """Return the network to fit in this phase, its training inputs and its validation inputs."""
        freeze(self.model, phase)
        if not phase.cached_views:
            return self.model, self.train.images, self.validation.images
        cut = self.model.get_layer(phase.trainable_from).input
        lower, upper = frozen(keras.Model(self.model.input, cut)), keras.Model(cut, self.model.output)
        with self._timed(f"{phase.cached_views + 1} views of each image cached"):
            path = self.folder / f"view{self.progress.phase}"
            views = cached_views(lower, self.train.images, phase.cached_views, self.recipe, path)
        return upper, views, lower(self.validation.images).astype(np.float16)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Count the time of the `with` block as training time."""
        start = time.monotonic()
        yield
        self.progress.seconds += time.monotonic() - start
        self.log(f"{what} in {time.monotonic() - start:.0f} s")
