"""The map of the embeddings in words."""

import pandas as pd

from core.resampling.inspection import Parents
from dashboard.text.format import count, percent
from dashboard.text.phrases import inside


def map_sentence(images: pd.DataFrame, synthetic: pd.DataFrame) -> str:
    """Count what the map shows.

    Args:
        images: One row per training image.
        synthetic: One row per synthetic row shown; column dx.
    """
    if synthetic.empty:
        return f"{count(len(images), 'training images')}; this strategy creates no synthetic rows."
    return (
        f"{count(len(images), 'training images')} (dots) and {len(synthetic):,} of the synthetic rows (crosses). Each "
        "synthetic row lies between two images of its class, often with other classes in between. **Click a cross.**"
    )


def parents_sentence(found: Parents, names: list[str], dx: str, same_lesion: bool) -> str:
    """Say between which two images a synthetic row lies.

    Args:
        found: As from `core.resampling.inspection.find_parents`.
        names: The two images' names.
        dx: The synthetic row's class.
        same_lesion: Whether both images show the same lesion.
    """
    where = f"{percent(found.position)} of the way from {names[0]} to {names[1]}"
    if found.position < 0:
        where = f"beyond {names[0]}, away from {names[1]}, by {percent(-found.position)} of their distance"
    lesions = "the same lesion" if same_lesion else "different lesions"
    near = " No two images explain it exactly; these come closest." if found.distance > 0.01 else ""
    return f"**This synthetic row ({inside(dx)})** lies {where}. The two images show {lesions}.{near}"
