"""What a card says of a model's heatmaps: the stored ones, their scores, their checks."""

from dataclasses import dataclass

from core.stats import Measured
from core.store.stored import MadeFrom, StoredFile


@dataclass(frozen=True)
class Heatmaps:
    """Heatmaps of test images, in heatmaps.npz: (number, rows, columns)."""

    file: StoredFile
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class LayerMaps:
    """A few images across layers and methods, in layer_maps.npz."""

    file: StoredFile
    made_from: MadeFrom
    images: int
    seed: int


@dataclass(frozen=True)
class Center:
    """Where lesions lie in training: mean and standard deviation of position, as shares of height and width."""

    y: float
    x: float
    sd_y: float
    sd_x: float


@dataclass(frozen=True)
class Speed:
    """Heatmaps by LiteRT against tf-keras-vis: images a second, and differences of heatmaps in [0, 1]."""

    images: int
    litert: float
    tf_keras_vis: float
    max_difference: Measured
    mean_difference: Measured


@dataclass(frozen=True)
class CamScores:
    """Heatmaps scored against lesion masks, in cam_scores.csv, or those of LayerCAM in layer_cam_scores.csv.

    Attributes:
        file: The table.
        made_from: The predictions and export that were scored.
        images: Images scored.
        tested: Images of the test split.
        left_out: Images that could not be scored.
        without_evidence: Rows whose heatmap is empty.
        images_per_second: Scored.
        center: The center prior.
        speed: Of a single network, by Grad-CAM.
    """

    file: StoredFile
    made_from: MadeFrom
    images: int
    tested: int
    left_out: int
    without_evidence: int
    images_per_second: float | None
    center: Center
    speed: Speed | None = None


@dataclass(frozen=True)
class CamChecks:
    """Sanity checks of heatmaps, in cam_checks.csv, or those of LayerCAM in layer_cam_checks.csv."""

    file: StoredFile
    made_from: MadeFrom
    draws: int
    seed: int


@dataclass(frozen=True)
class CamMethods:
    """Ways to explain a prediction compared, in cam_methods.csv.

    Attributes:
        file: The table.
        made_from: The predictions and export that were explained.
        best: The method with the highest mean score on validation images.
        draws: Of the intervals.
        seed: Of everything random.
    """

    file: StoredFile
    made_from: MadeFrom
    best: str
    draws: int
    seed: int


@dataclass(frozen=True)
class SyntheticGallery:
    """Predictions and heatmaps of the gallery's synthetic lesions, in synthetic.npz.

    Attributes:
        file: The arrays.
        made_from: The export that predicted them; of an ensemble its predictions, which its members' stand for.
        parameters: SHA-256 of the parameters that the lesions were drawn from.
        center: The center prior that the heatmaps were compared with, if there was one.
    """

    file: StoredFile
    made_from: MadeFrom
    parameters: str
    center: Center | None = None
