"""A training run: phases of a recipe, a checkpoint each epoch, and the files that a finished run leaves behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.models.pretrained import load_imagenet
from core.models.registry import get_model
from core.training.averaging import AveragedWeights
from core.training.batches import Batches
from core.training.checkpoint import Progress, assign, check_shapes, load_checkpoint, save_checkpoint
from core.training.features import predict, view_features
from core.training.labeled_images import LabeledImages
from core.training.layers import freeze, precision
from core.training.loss import bake_shift, class_prior, logit_adjusted_crossentropy, shift_to_natural
from core.training.optimizers import build_optimizer, plateau_rate
from core.training.recipes import Phase, Recipe
from core.training.rows import training_rows
from core.training.validation import selection_score, validation_figures

Log = Callable[[str], None]


@dataclass
class Run:
    """A training run in progress; its whole state lies in `folder`.

    Attributes:
        recipe: What to do.
        train: What to learn from.
        validation: What choices are made on.
        classes: Number of diagnoses.
        folder: Where checkpoints and cached features lie.
        log: Told one line an epoch.
        imagenet_weights: Folder with Keras' weight files; without it Keras fetches them from the network.
        devices: How many devices share each batch.
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
        """Build the network with its starting weights and the class prior of the training set."""
        keras.utils.set_random_seed(self.recipe.seed)
        self.spec = get_model(self.recipe.model)
        self.rows = training_rows(self.recipe, self.train.labels)
        self.datasets = 1 + int(self.train.dataset.max())
        self.prior = self._priors(self.train.labels, self.train.dataset)
        self.told = self._priors(self.rows.label, self.train.dataset[self.rows.picture])
        level = self.recipe.sampling == "balanced" or self.recipe.class_weights
        seen = np.full_like(self.told, 1 / self.classes) if level else self.told
        self.shift = shift_to_natural(self.prior, self.told, seen, self.recipe.logit_adjustment)
        with precision("mixed_bfloat16" if self.recipe.mixed_precision else "float32"):
            self.model = self.spec.build(self.train.images.shape[1:3], self.classes)
        self.progress = Progress(asdict(self.recipe))
        self.checkpoint = self.folder / "checkpoint.npz"
        self.best = self.folder / "best.npz"
        self.ended_by_hand = False

    def _priors(self, labels: NDArray[np.int64], dataset: NDArray[np.int64]) -> NDArray[np.float64]:
        """Class shares of each dataset, (datasets, classes)."""
        return np.stack([class_prior(labels[dataset == each], self.classes) for each in range(self.datasets)])

    def execute(self, finish: bool = False) -> keras.Model:
        """Train to the end, from the checkpoint if there is one.

        Args:
            finish: Train no more; take the best epoch that the checkpoint has seen.

        Returns:
            The model with the weights of the best validation epoch, for the natural class prior.

        Raises:
            UserError: The checkpoint is damaged or another recipe's, ImageNet weights are not installed, or there is
                nothing to finish.
        """
        if finish and not self.best.exists():
            raise UserError(f"{self.folder} holds no run to finish; train without --finish.")
        state = self._resume()
        for index in range(self.progress.phase, 0 if finish else len(self.recipe.phases)):
            if index > self.progress.phase:
                self.progress.phase, self.progress.epoch = index, 0
            self._run_phase(self.recipe.phases[index], state)
            state = {}
            self._take_best()
        if finish:
            self._take_best()
        self.ended_by_hand = finish
        bake_shift(self.model, self.shift[0])  # answers for HAM10000's class shares
        return self.model

    def _take_best(self) -> None:
        _, best = load_checkpoint(self.best)
        assign(self.model.variables, best["model"])

    def _resume(self) -> dict[str, list[Any]]:
        if not self.checkpoint.exists():
            if self.spec.imagenet:
                load_imagenet(self.model, self.spec.imagenet, self.imagenet_weights)
            return {}
        progress, state = load_checkpoint(self.checkpoint)
        recipe = _plain(self.recipe)
        if _begun(progress.recipe, progress.phase) != _begun(recipe, progress.phase):
            raise UserError(f"{self.folder} holds a run of another recipe; pass --fresh to start anew.")
        assign(self.model.variables, state["model"])
        progress.recipe = recipe
        self.progress = progress
        self.log(f"Resuming {self.recipe.model} after {len(progress.history)} epochs.")
        return state

    def _run_phase(self, phase: Phase, state: dict[str, list[Any]]) -> None:
        trainee, train, validation = self._prepare(phase)
        batches = Batches(
            train,
            self.rows.label + self.classes * self.train.dataset[self.rows.picture],
            pictures=self.rows.picture,
            batch_size=self.recipe.batch_size,
            seed=self.recipe.seed + self.progress.phase,
            augmentation=self.recipe.augmentation,
            class_weights=1 / (self.told.ravel() * self.classes) if self.recipe.class_weights else None,
            views=bool(phase.cached_views),
            balanced=self.recipe.sampling == "balanced",
            steps=phase.steps,
            multiple_of=self.devices,
        )
        trainee.compile(
            optimizer=build_optimizer(self.recipe, phase, len(batches)),
            loss=logit_adjusted_crossentropy(self.told, self.recipe.logit_adjustment, self.recipe.focal_gamma),
            jit_compile=keras.backend.backend() == "jax",  # XLA takes minutes to compile on TensorFlow's CPU
        )
        trainee.optimizer.build(trainee.trainable_variables)
        if "optimizer" in state:
            assign(trainee.optimizer.variables, state["optimizer"])
        average = self._average(trainee, state, len(batches))
        while self.progress.epoch < phase.epochs and not self._stalled():
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
        batches.set_epoch(epoch)
        if phase.plateau:
            seen = [row["val_accuracy"] for row in self.progress.history[len(self.progress.history) - epoch :]]
            trainee.optimizer.learning_rate = plateau_rate(phase, seen)
        verbose = 1 if sys.stdout.isatty() else 0
        # Batches decides the order; Keras would shuffle it once more, by a state that no checkpoint holds.
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
        """Validation figures of the current weights, at both operating points; of MILK10k too where it has a part."""
        return validation_figures(
            predict(trainee, inputs), self.validation.labels, self.validation.dataset, self.shift, self.prior
        )

    def _keep_best(self, row: dict[str, float]) -> None:
        score = selection_score(row, self.recipe.select)
        if not score <= self.progress.best:
            self.progress.best, self.progress.best_epoch = score, len(self.progress.history) - 1
            save_checkpoint(self.best, self.progress, model=self.model.variables)

    def _stalled(self) -> bool:
        since_best = len(self.progress.history) - 1 - self.progress.best_epoch
        return self.progress.epoch > 0 and min(since_best, self.progress.epoch) >= self.recipe.patience

    def _prepare(self, phase: Phase) -> tuple[keras.Model, NDArray[np.generic], NDArray[np.generic]]:
        """The network to fit in this phase, its training inputs and its validation inputs."""
        freeze(self.model, phase)
        if not phase.cached_views:
            return self.model, self.train.images, self.validation.images
        cut = self.model.get_layer(phase.trainable_from).input
        lower, upper = keras.Model(self.model.input, cut), keras.Model(cut, self.model.output)
        start = time.monotonic()
        views = [
            view_features(
                lower, self.train.images, view, self.recipe, self.folder / f"view{self.progress.phase}_{view}.npy"
            )
            for view in range(phase.cached_views + 1)
        ]
        self.progress.seconds += time.monotonic() - start
        self.log(f"{len(views)} views of each picture cached in {time.monotonic() - start:.0f} s")
        return upper, np.stack(views), predict(lower, self.validation.images).astype(np.float16)


def _begun(recipe: dict[str, Any], phase: int) -> dict[str, Any]:
    """What may no longer change once a run is in that phase: all but the phases to come."""
    return recipe | {"phases": recipe["phases"][: phase + 1]}


def _plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON gives it back (tuples are lists)."""
    import json

    plain: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return plain
