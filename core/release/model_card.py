"""A model's card as Hugging Face reads it: README.md with metadata in YAML.

Format: https://huggingface.co/docs/hub/model-cards and its model-index.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.config import TRAINED_MODELS
from core.evaluation.metrics import METRICS
from core.labels import DIAGNOSES, NAMES
from core.stats import Estimate
from core.store.card import Card
from core.store.datasets import HAM10000, MILK10K, UNKNOWN_TRAINING, learned_from
from core.store.evaluation_facts import SplitFigures
from core.store.provenance import current

TAGS = ["image-classification", "dermatoscopy", "skin-lesions", "HAM10000", "LiteRT", "Grad-CAM"]
NOTICE = "For teaching and research only. This is not a medical device and gives no diagnosis."
UNKNOWN_LICENCE = "The model's licence is not known here: ask whoever trained it."
CITATION = """@article{tschandl2018ham10000,
  title = {The HAM10000 dataset, a large collection of multi-source dermatoscopic images of common pigmented skin
    lesions},
  author = {Tschandl, Philipp and Rosendahl, Cliff and Kittler, Harald},
  journal = {Scientific Data}, volume = {5}, pages = {180161}, year = {2018}, doi = {10.1038/sdata.2018.161}
}"""


def model_card(card: Card, where: Path = TRAINED_MODELS) -> str:
    """Write the card as README.md.

    Args:
        card: Of an evaluated model.
        where: Folder of the folders of an ensemble's members.
    """
    return f"---\n{_yaml(_metadata(card, where))}---\n\n{_body(card, where)}"


def _metadata(card: Card, where: Path) -> dict[str, Any]:
    learned = learned_from(card, where)
    return {
        "license": "cc-by-nc-4.0" if learned else "unknown",
        "language": "en",
        "library_name": "litert",
        "pipeline_tag": "image-classification",
        "tags": TAGS,
        **({"datasets": list(learned)} if learned else {}),
        "metrics": ["accuracy", "balanced_accuracy", "f1", "roc_auc"],
        "model-index": [{"name": card.name, "results": [_result(*each) for each in _tested(card).items()]}],
    }


def _tested(card: Card) -> dict[str, SplitFigures]:
    """Return the test figures by dataset."""
    found = {HAM10000: card.evaluation.test} if card.evaluation else {}
    other = current(card, card.other_clinics)
    return found | ({MILK10K: other.test} if other else {})


def _result(dataset: str, figures: SplitFigures) -> dict[str, Any]:
    metrics = [
        {"type": name, "value": each.value, "name": METRICS[name].label}
        for name, each in figures.metrics.items()
        if name in METRICS and not math.isnan(each.value)
    ]
    task = {"type": "image-classification", "name": "Image classification"}
    return {
        "task": task,
        "dataset": {"type": dataset.lower(), "name": f"{dataset}, test split by lesion", "split": "test"},
        "metrics": metrics,
    }


def _body(card: Card, where: Path) -> str:
    height, width = card.require_input_size()
    classes = "\n".join(f"| {i} | {each.dx} | {NAMES[each.dx]} |" for i, each in enumerate(DIAGNOSES))
    parts = [
        f"# {card.name}",
        f"{card.text} Classifies dermatoscopic images of skin lesions into the seven diagnoses of HAM10000. "
        f"{card.parameters:,} parameters, input {height} x {width} pixels (height x width).",
        f"**{NOTICE}**",
        f"## Results\n\n{_results(card)}",
        f"## Classes\n\n| index | code | diagnosis |\n| --: | --- | --- |\n{classes}",
        "## Use\n\n```sh\npip install ai-edge-litert numpy opencv-python-headless\npython example.py image.jpg\n```\n\n"
        "`example.py` crops and scales the image as in training, runs the graph and prints calibrated probabilities. "
        "They assume class shares as in HAM10000.",
        f"## Training\n\n{_training(card, where)}",
        f"## Licence and citation\n\n{card.licence or UNKNOWN_LICENCE}\n\n```bibtex\n{CITATION}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _results(card: Card) -> str:
    tested = _tested(card)
    sizes = [f"{name} ({each.images:,} images, {each.lesions:,} lesions)" for name, each in tested.items()]
    lines = [f"| test split, by lesion | {' | '.join(sizes)} |", f"| --- |{' --- |' * len(sizes)}"]
    for name, metric in METRICS.items():
        cells = [_cell(each.metrics[name]) if name in each.metrics else "" for each in tested.values()]
        lines.append(f"| {metric.label} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", "95% intervals from resamples of lesions."])


def _cell(each: Estimate) -> str:
    if math.isnan(each.value):
        return "undefined"
    return f"{each.value:.3f}" + ("" if math.isnan(each.low) else f" [{each.low:.3f}, {each.high:.3f}]")


def _training(card: Card, where: Path) -> str:
    learned = learned_from(card, where)
    if not learned:
        return f"{UNKNOWN_TRAINING} The complete card with hashes and versions is card.json."
    shares = ", ".join(f"{dx} {n:,}" for dx, n in card.data.train_counts.items())
    text = f"Trained on HAM10000's training images of a split by {card.data.split_scheme} ({shares})."
    if MILK10K in learned:
        text += " Also on MILK10k's training images, of a split by lesion."
    if card.training.teachers:
        names = ", ".join(each.name for each in card.training.teachers)
        text += f" Besides the diagnoses it learned from the mean probabilities of {names}."
    if card.training.start:
        text += f" It started from the weights of {card.training.start.name}."
    if card.training.seconds:
        text += f" {card.training.seconds / 3600:.1f} hours, seed {card.training.seed}."
    return f"{text} The complete card with the recipe, hashes and versions is card.json."


def _yaml(value: Any, indent: int = 0) -> str:
    """Write mappings and lists as YAML blocks; scalars as JSON, which is YAML too."""
    pad, lines = "  " * indent, []
    items = value.items() if isinstance(value, Mapping) else [(None, each) for each in value]
    for key, item in items:
        head = f"{pad}-" if key is None else f"{pad}{key}:"
        nested = isinstance(item, Mapping | list)
        if not nested:
            lines.append(f"{head} {json.dumps(item)}\n")
        elif key is None:
            lines.append(f"{head} {_yaml(item, indent + 1).lstrip()}")
        else:
            lines.append(f"{head}\n{_yaml(item, indent + 1)}")
    return "".join(lines)
