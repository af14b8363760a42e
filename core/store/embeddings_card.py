"""The card of the lab's embeddings (trained_models/embeddings/embeddings.json): how they were made, and their files."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.files import replacing
from core.store.names import EMBEDDINGS_CARD
from core.store.stored import StoredFile
from core.store.training_facts import SplitScheme
from core.store.typed_json import FieldError, from_json, to_json

_AGAIN = "fetch it again or run `python -m core embed`"


@dataclass(frozen=True)
class FrozenWeights:
    """The network's weights, which are never trained here."""

    package: str
    sha256: str
    trained_on: str


@dataclass(frozen=True)
class Candidate:
    """Features that were tried.

    Attributes:
        features: Depths and statistics, a key of `core.lab.reduction.COMBINATIONS`.
        dimensions: After PCA.
        explained: Share of the variance that these explain.
        balanced_accuracy: On validation.
        error: Its standard error.
    """

    features: str
    dimensions: int
    explained: float
    balanced_accuracy: float
    error: float


@dataclass(frozen=True)
class FeatureSelection:
    """How depths and dimensions were selected: by which score and rule, among which candidates."""

    by: str
    rule: str
    compared: tuple[Candidate, ...]


@dataclass(frozen=True)
class EmbeddingsCard:
    """All that is known of the embeddings, apart from the arrays that lie beside the card.

    Attributes:
        network: Name in `core.models.registry`.
        weights: Of the network.
        input_size: (height, width) in pixels.
        depths: Stages whose features are used.
        statistics: What is computed of each channel.
        dimensions: Length of an embedding.
        fitted_on: Rows that standardisation and PCA were fitted on.
        explained_variance: Share of the variance that each dimension explains.
        selection: How depths and dimensions were selected.
        split_scheme: The split that they were fitted with.
        split_sha256: Of the splits' table.
        seed: Of everything random.
        arrays: The embeddings.
        map: The same in two dimensions, for display.
        map_text: How the map was made.
        licence: Of the arrays.
        has_seen_test_lesions: Whether the network was trained on any.
        fine_tuned: Whether the network was trained on HAM10000.
    """

    network: str
    weights: FrozenWeights
    input_size: tuple[int, int]
    depths: tuple[str, ...]
    statistics: tuple[str, ...]
    dimensions: int
    fitted_on: str
    explained_variance: tuple[float, ...]
    selection: FeatureSelection
    split_scheme: SplitScheme
    split_sha256: str
    seed: int
    arrays: StoredFile
    map: StoredFile
    map_text: str
    licence: str
    has_seen_test_lesions: bool
    fine_tuned: bool


def read_embeddings_card(folder: Path) -> EmbeddingsCard:
    """Read the card of the embeddings in `folder`.

    Raises:
        UserError: It is missing or damaged, or a field is missing, unknown or of another type; the message names the
            file and the field.
    """
    where = f"{folder.name}/{EMBEDDINGS_CARD}"
    try:
        return from_json(EmbeddingsCard, json.loads((folder / EMBEDDINGS_CARD).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{where} is missing; {_AGAIN}.") from None
    except FieldError as error:
        raise UserError(f"{where}: {error}; {_AGAIN}.") from error
    except (ValueError, OSError) as error:
        raise UserError(f"{where} is damaged; {_AGAIN}.") from error


def write_embeddings_card(folder: Path, card: EmbeddingsCard) -> None:
    """Write the card in one step."""
    with replacing(folder / EMBEDDINGS_CARD) as beside:
        beside.write_text(json.dumps(to_json(card), indent=2, allow_nan=False) + "\n", encoding="utf-8")
