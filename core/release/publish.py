"""Write the folder that one uploads to a model hub: graphs, labels, card, and example code that runs."""

from pathlib import Path

from core.errors import UserError
from core.files import replacing
from core.inference.fitted import read_fitted
from core.inference.model import FLIPS, open_model, read_export
from core.labels import DX
from core.release.model_card import model_card
from core.store.card import read_card
from core.store.names import CARD, EXPORT
from core.store.provenance import check_members

TEMPLATE = Path(__file__).parent / "example.py.txt"


def publish(folder: Path, out: Path) -> Path:
    """Write a model's folder for a model hub.

    Args:
        folder: trained_models/NAME, exported and evaluated.
        out: Made if absent; must be empty.

    Returns:
        The folder `out`.

    Raises:
        UserError: The model isn't exported or evaluated or was added from a file, or `out` isn't an empty folder.
    """
    card = read_card(folder)
    if card.evaluation is None:
        raise UserError(f"{card.name} has no scores yet; run `python -m core evaluate {card.name}`.")
    if card.export and card.export.adapter:
        raise UserError(f"{card.name} was added from a file; publish that file.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} isn't an empty folder; name another one.")
    parts = check_members(folder, card) or [folder]
    graphs = {f"{part.name}.tflite" if card.members else EXPORT: read_export(part) for part in parts}
    fitted = read_fitted(folder, open_model(folder))
    temperature = fitted.calibration.temperature if fitted.calibration else 1.0
    texts = {
        "labels.txt": "\n".join(DX) + "\n",
        "README.md": model_card(card, folder.parent),
        "example.py": _example(list(graphs), bool(card.members), temperature),
    }
    files = graphs | {CARD: (folder / CARD).read_bytes()} | {name: text.encode() for name, text in texts.items()}
    for name, data in files.items():
        with replacing(out / name) as beside:
            beside.write_bytes(data)
    return out


def _example(graphs: list[str], flips: bool, temperature: float) -> str:
    text = TEMPLATE.read_text(encoding="utf-8")
    values = {"GRAPHS": graphs, "FLIPS": list(FLIPS if flips else FLIPS[:1]), "TEMPERATURE": temperature}
    for name, value in values.items():
        text = text.replace(f"@{name}@", repr(value))
    return text
