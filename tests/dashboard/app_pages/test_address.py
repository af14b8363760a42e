"""What is chosen stands in the address: a link opens the same view, nonsense opens the first one, Reset goes back."""

from typing import Any, NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.metrics import METRICS
from core.lab.measures import LABELS
from core.lab.setting import Setting
from core.labels import DX
from core.labels import NAMES as DX_NAMES
from core.resampling.spec import ResamplingSpec
from dashboard.text.lab import setting_text
from dashboard.text.models import model_label
from dashboard.views.gradcam.gallery import OPEN
from dashboard.views.gradcam.scores import AGAINST
from dashboard.views.lab.result import matrix_key
from dashboard.views.leaderboard.comparisons import QUESTIONS
from tests.dashboard.pages import checked, visit

SINGLE, ENSEMBLE = "efficientnet_lite0", "efficientnet_lite_ensemble"


class Control(NamedTuple):
    """One control of a page.

    Attributes:
        page: Its script.
        key: Its key, and its name in the address.
        value: What is chosen.
        written: How the address has it.
        place: What else the address names, so that it is shown.
    """

    page: str
    key: str
    value: Any
    written: str
    place: dict[str, str]


LEADERBOARD = {"model": SINGLE}
THRESHOLD = LEADERBOARD | {"show": "Threshold"}
WRONG = LEADERBOARD | {"other": "Wrong protocols"}
CLASSIFY = {"model": SINGLE, "source": "Synthetic lesion"}
GALLERY = {"model": SINGLE}
MATRICES = {"show": "Lab", "detail": "Confusion matrices"}
SMOTE = Setting(ResamplingSpec("smote"))
CONTROLS = [
    Control("leaderboard", "cell-true", "bcc", DX_NAMES["bcc"], LEADERBOARD),
    Control("leaderboard", "cell-predicted", "akiec", DX_NAMES["akiec"], LEADERBOARD),
    Control("leaderboard", "cell-model", SINGLE, model_label(SINGLE), {"against": model_label(SINGLE)}),
    Control("leaderboard", "pair", "leak", QUESTIONS["leak"], WRONG),
    Control("leaderboard", "pair-measure-labels", "accuracy", METRICS["accuracy"].label, WRONG),
    Control("leaderboard", f"threshold-{SINGLE}-melanoma", 70.0, "70", THRESHOLD),
    Control("leaderboard", "prevalence-melanoma", 2.0, "2", THRESHOLD),
    Control("classify", "example", 3, "3", CLASSIFY),
    Control("classify", f"opacity-{SINGLE}", 20, "20", CLASSIFY),
    Control("split_resampling", "measure", "macro_f1", LABELS["macro_f1"], {}),
    Control("split_resampling", "network-measure", "brier", METRICS["brier"].label, {"show": "Small network"}),
    Control("split_resampling", "gap-measure", "macro_f1", LABELS["macro_f1"], {"show": "Wrong protocols"}),
    Control("split_resampling", "unit", "lesions", "lesions", {"show": "Split"}),
    Control("split_resampling", matrix_key(0, SMOTE), SMOTE.baseline(), setting_text(SMOTE.baseline()), MATRICES),
    Control("split_resampling", matrix_key(1, SMOTE), SMOTE, setting_text(SMOTE), MATRICES),
    Control("gradcam_gallery", "gallery-page-5", 2, "2", GALLERY),
    Control("gradcam_gallery", "pair-dx", "nv", DX_NAMES["nv"], GALLERY | {"view": "Right and wrong"}),
    Control("gradcam_gallery", "pair", 2, "2", GALLERY | {"view": "Right and wrong"}),
    Control("gradcam_gallery", "models-dx", "nv", DX_NAMES["nv"], GALLERY | {"view": "Models compared"}),
    Control(
        "gradcam_gallery", "models-image-mel", "synthetic-mel-0002", "synthetic-mel-0002",
        GALLERY | {"view": "Models compared"},
    ),
    Control(
        "gradcam_gallery", "layer-maps-image", 0, f"{DX_NAMES[DX[0]]}: synthetic-{DX[0]}-0000",
        GALLERY | {"view": "Layers compared"},
    ),
    Control("gradcam_gallery", "against", False, AGAINST[False], GALLERY | {"view": "Scores"}),
]  # fmt: skip
NAMES = {
    "leaderboard": "leaderboard",
    "classify": "classify",
    "gradcam_gallery": "gradcam",
    "split_resampling": "splits",
}
"""Of a page's Reset, by its script."""
EACH = pytest.mark.parametrize("control", CONTROLS, ids=lambda each: f"{each.page}-{each.key}")


def opened(page: str, **query: str) -> AppTest:
    return visit(f"app_pages/{page}", **query)


def query_of(page: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


@EACH
@pytest.mark.usefixtures("no_dataset")
def test_a_link_opens_what_was_chosen_and_reset_goes_back(control: Control) -> None:
    page = opened(control.page, **control.place)
    first = page.session_state[control.key]
    assert first != control.value
    assert control.key not in query_of(page)
    page = opened(control.page, **control.place, **{control.key: control.written})
    assert page.session_state[control.key] == control.value
    assert control.key in query_of(page)
    page.button(key=f"{'lab' if control.place is MATRICES else NAMES[control.page]}-reset").click().run()
    assert control.key not in query_of(checked(page))
    if control.key in page.session_state:  # a control of another tab than the first is gone
        assert page.session_state[control.key] == first


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.usefixtures("no_dataset")
def test_reset_leaves_no_value_for_a_control_that_is_not_there(script: str) -> None:
    """Other pages have controls of the same keys: "measure" on the splits page, "pair" in the gallery."""
    page = opened(script)
    there = {key: key in page.session_state for key in ("measure", "pair", "slice", "models-dx", "miss-cost")}
    page.button(key=f"{NAMES[script]}-reset").click().run()
    assert {key: key in checked(page).session_state for key in there} == there


@EACH
@pytest.mark.parametrize("value", ["nonsense", "-1e99", "<script>alert(1)</script>"])
@pytest.mark.usefixtures("no_dataset")
def test_nonsense_opens_what_stands_there_at_first(control: Control, value: str) -> None:
    first = opened(control.page, **control.place).session_state[control.key]
    page = opened(control.page, **control.place, **{control.key: value})
    assert page.session_state[control.key] == first
    assert control.key not in query_of(page) and not page.error


@pytest.mark.usefixtures("no_dataset")
def test_an_untouched_cell_and_threshold_follow_the_model() -> None:
    for key, place in (("cell-true", {}), (f"threshold-{SINGLE}-melanoma", {"show": "Threshold"})):
        page = opened("leaderboard", **place)
        page.selectbox(key="model").select(SINGLE)
        shown = checked(page.run()).session_state[key]
        assert shown == opened("leaderboard", model=SINGLE, **place).session_state[key]
        assert key not in query_of(page)


@pytest.mark.usefixtures("no_dataset")
def test_the_enlarged_image_stands_in_the_address_until_it_is_closed() -> None:
    page = opened("gradcam_gallery", **GALLERY)
    page.button("open-synthetic-bcc-0000").click().run()
    assert query_of(checked(page))[OPEN] == "synthetic-bcc-0000"
    assert page.selectbox("large-dx-synthetic-bcc-0000")
    linked = opened("gradcam_gallery", **GALLERY, **{OPEN: "synthetic-vasc-0003"})
    assert linked.selectbox("large-dx-synthetic-vasc-0003")
    lost = opened("gradcam_gallery", **GALLERY, **{OPEN: "<b>none</b>"})
    assert not lost.error and OPEN not in query_of(lost)
    assert not any(str(each.key).startswith("large-dx") for each in lost.selectbox)
