"""The dermatoscopic images of any dataset that this project reads, with the lesion that each shows."""

from dataclasses import dataclass
from pathlib import Path

from core.data.metadata import holds_ham10000, load_dataset
from core.data.milk10k import DERMATOSCOPIC, METADATA_FILE, load_milk10k
from core.errors import UserError


@dataclass(frozen=True)
class ImageSet:
    """Images of one dataset.

    Attributes:
        name: Of the dataset.
        image_id: (n,) names.
        lesion_id: (n,) lesion that each shows.
        paths: (n,) files.
    """

    name: str
    image_id: tuple[str, ...]
    lesion_id: tuple[str, ...]
    paths: tuple[Path, ...]


def read_image_set(folder: Path) -> ImageSet:
    """List the images of HAM10000 or MILK10k, whichever the folder holds.

    Of MILK10k, lesions that training leaves out are listed too, close-ups without a dermatoscope aren't.

    Raises:
        UserError: The folder holds neither of them or no image, or a table has errors.
    """
    if (folder / METADATA_FILE).is_file():
        milk, name = load_milk10k(folder, left_out=True), "MILK10k"
        rows, images = milk.metadata[milk.metadata["kind"] == DERMATOSCOPIC], milk.images
    elif holds_ham10000(folder):
        dataset, name = load_dataset(folder), "HAM10000"
        rows, images = dataset.with_images, dict(dataset.images)
    else:
        raise UserError(f"{folder} contains neither HAM10000 nor MILK10k; give the folder that holds their tables.")
    if rows.empty:
        raise UserError(f"{folder} contains {name}'s tables but none of its images; download them too.")
    return ImageSet(name, tuple(rows["image_id"]), tuple(rows["lesion_id"]), tuple(images[i] for i in rows["image_id"]))
