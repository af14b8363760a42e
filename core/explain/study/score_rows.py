"""Rows of the table of heatmap scores: one image's heatmaps against its lesion, and baselines without the image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.metrics import decide
from core.explain.localization import SCORES, fit
from core.explain.study.explainers import Explainer, LayerExplainer
from core.explain.study.others import OTHER
from core.explain.study.pairs import read_pair
from core.labels import DX
from core.store.predictions import Scores

NARROW = "narrow_energy"
"""Share of the center prior inside the lesion at half its width: it depends on the width, as the other scores don't."""
CENTER = tuple(f"center_{name}" for name in SCORES)


@dataclass(frozen=True)
class Scorer:
    """Score one row of the predictions; see the arguments of `core.explain.study.scores.score_heatmaps`."""

    predicted: Scores
    explainer: Explainer | LayerExplainer
    dataset: Dataset
    masks: Path
    center: NDArray[np.float32]
    narrow: NDArray[np.float32]

    def __call__(self, row: int) -> tuple[list[dict[str, Any]], dict[tuple[str, str], NDArray[np.float32]]] | str:
        """Return a row's table rows and heatmaps by image and target; or why it can't be scored."""
        name = str(self.predicted.image_id[row])
        try:
            image, mask = read_pair(self.dataset, self.masks, name)
        except UserError as error:
            return str(error)
        predicted = int(decide(self.predicted.probabilities[row : row + 1], self.predicted.prior, "accuracy")[0])
        truth = int(self.predicted.truth[row])
        head = {"image_id": name, "group": int(self.predicted.group[row]), "dx": DX[truth], "predicted": DX[predicted]}
        besides = dict(zip(CENTER, fit(self.center, mask), strict=True)) | {
            NARROW: fit(self.narrow, mask).energy,
            "area": float(mask.mean()),
        }
        targets = {"predicted": predicted} if predicted == truth else {"predicted": predicted, "true": truth}
        heat = self.explainer.explain(image, list(targets.values()))
        cams = {(name, target): heat[..., i] for i, target in enumerate(targets)}
        rows = [
            head | {"target": target} | fit(cam, mask)._asdict() | dict.fromkeys(OTHER) | besides
            for (_, target), cam in cams.items()
        ]
        return rows, cams
