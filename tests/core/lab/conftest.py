"""The metadata that the protocols read, for the images of `small`."""

import numpy as np
import pandas as pd
import pytest

from core.lab.embeddings import Embeddings
from core.labels import DX


@pytest.fixture(scope="session")
def small_metadata(small: Embeddings) -> pd.DataFrame:
    """One row per image, in another order: nevi sit on the back and are followed up, the rest on the face."""
    rng = np.random.default_rng(0)
    nevus = small.labels == DX.index("nv")
    kinds = np.where(rng.random(len(small)) < 0.8, np.where(nevus, "follow_up", "histo"), "consensus")
    site = np.where(rng.random(len(small)) < 0.3, "unknown", np.where(nevus, "back", "face"))
    table = pd.DataFrame({"image_id": small.image_id, "dx": np.array(DX)[small.labels], "dx_type": kinds})
    return table.assign(localization=site, age=50.0, sex="male").sample(frac=1, random_state=0)
